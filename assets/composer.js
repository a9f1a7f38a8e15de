// The composer: drafts, completions, files by drop and paste, and five seconds to think again.
import { parse, refresh } from "./live.js";
import { say } from "./said.js";

const HOLD = 5000; // ms
const CARRIED = 50000; // bytes that a browser sends on when the page is gone
const form = document.querySelector(".composer");
const field = form?.comment;
const files = form?.files;
let saved = field?.value;
let saving;

export function compose() {
  // What another page held back is sent by this one.
  const held = read();
  if (held) hold(held);
  addEventListener("pagehide", () => flush(true));
  window.onbeforeunload = ask;
  if (!form) return;
  field.oninput = () => {
    clearTimeout(saving);
    saving = setTimeout(save, 600);
    form.dataset.typed = Date.now();
  };
  form.onchange = ({ target }) => target.name === "kind" && field.value && save(true);
  form.onkeydown = ({ key, ctrlKey, metaKey }) => {
    if (key === "Enter" && (ctrlKey || metaKey)) form.requestSubmit();
  };
  form.onsubmit = send;
  form.ondrop = form.onpaste = take;
  form.ondragover = (event) => event.preventDefault();
}

function save(anyway, keepalive) {
  clearTimeout(saving);
  if (field.value === saved && !anyway) return;
  saved = field.value;
  fetch(`/api/v1/desk/tickets/${form.dataset.draft}/draft`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ internal: form.kind.value === "note", comment: field.value }),
    keepalive,
  }).catch(() => (saved = undefined));
}

function take(event) {
  const given = (event.dataTransfer ?? event.clipboardData).files;
  if (!given.length) return;
  event.preventDefault();
  files.files = together([...files.files, ...given]);
}

function together(all) {
  const list = new DataTransfer();
  for (const file of all) list.items.add(file);
  return list.files;
}

// What is sent is held back: text where the next page finds it, a message with files in this one.
function send(event) {
  event.preventDefault();
  flush();
  save();
  const given = new FormData(form, event.submitter);
  form.key.value = crypto.randomUUID();
  const next = given.get("then") === "next" && given.get("next-ticket");
  const held = { address: form.action, until: Date.now() + HOLD };
  if (files.files.length) {
    packed = Object.assign(held, { given, next, files: together(files.files) });
    files.value = "";
  } else {
    given.delete("files");
    held.sent = `${new URLSearchParams(given)}`;
    sessionStorage.held = JSON.stringify(held);
    leaving = next;
    if (next) return location.assign(next);
  }
  field.value = saved = "";
  hold(held);
}

let timer, leaving, shown, packed, sending;
const body = ({ given, sent }) => given ?? new URLSearchParams(sent);
const read = () => JSON.parse(sessionStorage.held ?? null);

function hold(held) {
  shown = say("held");
  shown.querySelector("[data-undo]").onclick = () => {
    forget();
    shown.remove();
    restore(held);
  };
  timer = setTimeout(flush, held.until - Date.now());
}

function forget() {
  clearTimeout(timer);
  packed = undefined;
  delete sessionStorage.held;
}

// Puts a message back to where it was written, before what was written there since. It keeps its key, so that it is not said
// twice if it was taken after all; unless the server's page has another.
function restore(held) {
  if (held.address !== form?.action) return;
  const given = body(held);
  form.key.value = held.key ?? given.get("key");
  field.value = [given.get("comment"), field.value].filter(Boolean).join("\n\n");
  files.files = together([...(held.files ?? []), ...files.files]);
  field.focus();
}

// Sends what is held back. When the page is left, the browser carries it on by itself.
async function flush(isLeft) {
  if (field) save(false, true);
  const held = packed ?? read();
  if (leaving || !held) return;
  forget();
  const failed = await (held.files && !isLeft ? upload(held) : post(held));
  shown?.remove();
  if (failed === undefined) return held.next ? location.assign(held.next) : refresh();
  restore(held);
  const said = say("unsent");
  if (failed) said.firstElementChild.textContent = failed;
}

// What went wrong, in the server's words if there are any; nothing if all is well.
async function post(held) {
  const keepalive = !(held.sent?.length > CARRIED);
  const answer = await fetch(held.address, { method: "POST", body: body(held), keepalive, redirect: "manual" }).catch(() => {});
  if (answer?.type !== "opaqueredirect") return words(held, (await answer?.text()) ?? "");
}

function words(held, html) {
  const page = parse(html);
  held.key = page.querySelector(".composer [name=key]")?.value;
  return page.querySelector(".composer .problem, h1 + p")?.textContent.trim() ?? "";
}

// As `post`, and shows how far it is.
function upload(held) {
  shown = say("sending");
  const bar = shown.querySelector("progress");
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    sending = request;
    request.upload.onprogress = ({ loaded, total }) => (bar.value = loaded / total);
    request.onloadend = () => {
      sending = undefined;
      const isTaken = request.status === 200 && request.responseURL !== held.address;
      done(isTaken ? undefined : words(held, request.responseText));
    };
    request.open("POST", held.address);
    request.send(held.given);
  });
}

// Files that are too large to be carried on are sent while the reader is asked whether to leave.
function ask(event) {
  if (packed && [...packed.files].reduce((sum, { size }) => sum + size, 0) > CARRIED) flush();
  if (sending) event.preventDefault();
}

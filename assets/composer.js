// The composer: drafts, completions, files by drop and paste, and five seconds to think again.
import { refresh } from "./live.js";
import { say } from "./said.js";

const SECONDS = 5;
const HELD = "held";
const form = document.querySelector(".composer");
const field = form?.querySelector("textarea");
const files = form?.querySelector("[type=file]");
const kind = () => form.elements.kind.value;
const ticket = form?.dataset.draft;
let saved = field?.value;
let saving;

export function compose() {
  // What another page held back is sent by this one.
  const held = read();
  if (held) hold(held);
  addEventListener("pagehide", () => flush());
  if (!form) return;
  field.addEventListener("input", () => {
    clearTimeout(saving);
    saving = setTimeout(save, 600);
    form.dataset.typed = Date.now();
  });
  form.addEventListener("change", (event) => event.target.name === "kind" && field.value && save(true));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", send);
  for (const name of ["drop", "paste"]) form.addEventListener(name, take);
  form.addEventListener("dragover", (event) => event.preventDefault());
}

function save(anyway, keepalive = false) {
  clearTimeout(saving);
  if (field.value === saved && anyway !== true) return;
  saved = field.value;
  fetch(`/api/v1/desk/tickets/${ticket}/draft`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ internal: kind() === "note", comment: field.value }),
    keepalive,
  }).catch(() => (saved = undefined));
}

function take(event) {
  const given = (event.dataTransfer ?? event.clipboardData).files;
  if (!given.length) return;
  event.preventDefault();
  const all = new DataTransfer();
  for (const file of [...files.files, ...given]) all.items.add(file);
  files.files = all.files;
}

// Text is held back; a message with files goes at once, because no page after this one could send them.
function send(event) {
  if (files.files.length || event.defaultPrevented) return;
  event.preventDefault();
  flush();
  save();
  const given = new FormData(form, event.submitter);
  given.delete("files");
  const then = given.get("then");
  const held = { address: form.action, ticket, sent: new URLSearchParams(given).toString(), until: Date.now() + SECONDS * 1000 };
  sessionStorage.setItem(HELD, JSON.stringify(held));
  if (then === "next") {
    leaving = true;
    return location.assign(given.get("next-ticket"));
  }
  field.value = saved = "";
  hold(held);
}

let timer, leaving, shown;
const read = () => JSON.parse(sessionStorage.getItem(HELD));

function hold(held) {
  shown = say("held");
  shown.querySelector("[data-undo]").addEventListener("click", () => {
    clearTimeout(timer);
    sessionStorage.removeItem(HELD);
    shown.remove();
    if (held.ticket !== ticket) return;
    const given = new URLSearchParams(held.sent);
    field.value = given.get("comment");
    field.focus();
  });
  timer = setTimeout(() => flush(), held.until - Date.now());
}

// Sends what is held back. When the page is left, the browser carries it on by itself.
async function flush() {
  if (field && field.value !== saved) save(false, true);
  const held = leaving ? undefined : read();
  if (!held) return;
  clearTimeout(timer);
  sessionStorage.removeItem(HELD);
  const answer = await fetch(held.address, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: held.sent,
    keepalive: true,
    redirect: "manual",
  }).catch(() => undefined);
  shown?.remove();
  if (answer?.type !== "opaqueredirect") return say("unsent");
  refresh();
}

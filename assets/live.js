// What changes on the server shows up on the page: it is fetched anew, and what differs takes the place of what was there.
import { localise } from "./times.js";

const PATIENCE = 4000; // ms that the connection may be gone before it is said
const PAUSE = 700; // ms between two looks at the page
export const parse = (html) => new DOMParser().parseFromString(html, "text/html");
const one = (at) => document.querySelector(at);
let { last } = document.body.dataset;
let source, gone, due, running;

export function follow() {
  if (!last) return;
  connect();
  addEventListener("online", connect);
  // Browsers keep six connections to a server: pages that nobody sees must not take them.
  addEventListener("visibilitychange", () => (document.hidden ? source?.close() : connect()));
}

function connect() {
  source?.close();
  source = new EventSource(`/api/v1/desk/events?after=${last}`);
  source.onopen = () => {
    clearTimeout(gone);
    gone = undefined;
    one(".away").hidden = true;
  };
  source.onmessage = (event) => {
    last = event.lastEventId;
    due ??= setTimeout(refresh, PAUSE);
  };
  source.onerror = () => {
    gone ??= setTimeout(() => (one(".away").hidden = false), PATIENCE);
    // A refusal ends it for good: whoever is signed out is led to the sign-in by the page itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => document.hidden || (connect(), refresh()), PATIENCE);
  };
}

export async function refresh() {
  due = undefined;
  if (running) return (due ??= setTimeout(refresh, PAUSE));
  running = true;
  try {
    const answer = await fetch(location.href);
    if (answer.redirected) return location.reload();
    if (!answer.ok) return;
    const page = parse(await answer.text());
    localise(page);
    for (const old of document.querySelectorAll("[data-part]")) {
      const fresh = page.getElementById(old.id);
      if (fresh) replace(old, fresh);
    }
  } catch {
    // The stream of events says when the connection is gone, and when it is back.
  } finally {
    running = false;
  }
}

function replace(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.hasAttribute("data-keyed")) return replaceEach(old, fresh);
  const [list, other] = [old, fresh].map((part) => part.querySelector("[data-keyed]"));
  if (list && other) return replaceEach(list, other);
  // Nobody's choice is taken from under them.
  if (!old.contains(document.activeElement)) old.replaceWith(fresh);
}

function replaceEach(list, fresh) {
  const pane = list.closest(".scroll");
  const isAtEnd = pane && pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
  const wanted = [...fresh.children].map((item) => {
    const old = list.children.namedItem(item.id);
    if (old?.isEqualNode(item)) return old;
    if (!old) item.classList.add("arrived");
    else if (old.querySelector(":checked")) item.querySelector("input").checked = true;
    item.wanted = old?.contains(document.activeElement);
    return item;
  });
  wanted.forEach((item, place) => {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  while (list.children.length > wanted.length) list.lastChild.remove();
  wanted.find((item) => item.wanted)?.querySelector("a")?.focus({ preventScroll: true });
  const arrived = list.querySelectorAll(".arrived");
  setTimeout(() => arrived.forEach((item) => item.classList.remove("arrived")), 2000);
  if (!pane || !arrived.length) return;
  if (isAtEnd) pane.scrollTop = pane.scrollHeight;
  const changed = one(".changed");
  changed.hidden = isAtEnd && !one("textarea")?.value;
  changed.querySelector("a").hash = arrived[0].id;
}

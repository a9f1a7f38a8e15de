// Keys. What has a key says so by `aria-keyshortcuts`; only moving through the list is known here.
const isWriting = (at) => at.matches("input:not([type=checkbox], [type=radio]), textarea, select");
const isSeen = (at) => at.checkVisibility({ visibilityProperty: true });
let afterG;

export function listen() {
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && key === "k") return act(event, "Control+k");
    if (key === "Escape") return target.closest("dialog")?.close() ?? target.blur();
    if (isCommand || event.altKey || !("keys" in document.body.dataset)) return;
    if (isWriting(target) || document.querySelector("dialog:modal")) return;
    const name = Date.now() - afterG < 1500 ? `g ${key}` : key;
    afterG = key === "g" ? Date.now() : 0;
    if (!act(event, name)) move(event);
  });
  for (const opener of document.querySelectorAll("[data-opens]")) {
    opener.onclick = () => document.getElementById(opener.dataset.opens).showModal();
  }
}

// Does what has the key: follows a link, presses a button, leads into a field.
export function press(name) {
  const at = [...document.querySelectorAll(`[aria-keyshortcuts="${name}"]`)].find((at) => isSeen(at) || at.type === "radio" || at.closest("[popover]"));
  if (!at) return false;
  if (!isSeen(at)) at.closest("[popover]")?.showPopover();
  if (at.type === "radio") {
    at.checked = true;
    at.dispatchEvent(new Event("change", { bubbles: true }));
    at.form.querySelector("textarea").focus();
  } else if (at.matches("select, input")) {
    at.focus();
    if (at.matches("select")) at.showPicker?.();
  } else at.click();
  return true;
}

function act(event, name) {
  if (!press(name)) return false;
  event.preventDefault();
  return true;
}

function move(event) {
  const step = { j: 1, k: -1, o: 0, x: 0 }[event.key];
  if (step === undefined) return;
  const rows = [...document.querySelectorAll(".row")];
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const at = now < 0 ? rows.findIndex((row) => row.matches(".current")) : now;
  const row = rows[at + step] ?? (step ? (rows[at] ?? rows[0]) : undefined);
  const aim = row?.querySelector(event.key === "x" ? ".choose" : ".subject");
  // Where there is no room for the list, the next ticket comes up at once.
  if (step && aim && isSeen(aim)) aim.focus();
  else aim?.click();
  event.preventDefault();
}

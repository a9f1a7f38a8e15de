// Keys. What has a key says so by `aria-keyshortcuts`; only moving through the list is known here.
const isWriting = (at) => at.matches("input:not([type=checkbox], [type=radio]), textarea, select");
const isSeen = (at) => at.checkVisibility({ visibilityProperty: true });
let afterG;

export function listen() {
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if ((event.ctrlKey || event.metaKey) && key === "k") return act(event, "Control+k");
    if (key === "Escape") return target.closest("dialog")?.close() ?? target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || !("keys" in document.body.dataset)) return;
    if (isWriting(target) || document.querySelector("dialog:modal")) return;
    const name = Date.now() - afterG < 1500 ? `g ${key}` : key;
    afterG = key === "g" ? Date.now() : 0;
    if (!act(event, name)) move(event);
  });
  for (const opener of document.querySelectorAll("[data-opens]")) {
    opener.addEventListener("click", () => document.getElementById(opener.dataset.opens).showModal());
  }
}

// Does what has the key: follows a link, presses a button, leads into a field.
export function press(name) {
  const all = document.querySelectorAll(`[aria-keyshortcuts="${name}"]`);
  const at = [...all].find((at) => isSeen(at) || at.type === "radio" || at.closest("[popover]"));
  if (!at) return false;
  const drawer = at.closest("[popover]");
  if (drawer && !isSeen(at)) drawer.showPopover();
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
  const done = press(name);
  if (done) event.preventDefault();
  return done;
}

function move(event) {
  const rows = [...document.querySelectorAll(".row")];
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const at = now < 0 ? rows.findIndex((row) => row.classList.contains("current")) : now;
  const subject = (row) => row?.querySelector(".subject");
  switch (event.key) {
    case "j":
    case "k": {
      const next = event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0);
      const link = subject(rows[next]);
      // Where there is no room for the list, the next ticket comes up at once.
      if (link && !isSeen(link)) link.click();
      else link?.focus();
      break;
    }
    case "o":
      subject(rows[at])?.click();
      break;
    case "x":
      rows[at]?.querySelector(".choose")?.click();
      break;
    default:
      return;
  }
  event.preventDefault();
}

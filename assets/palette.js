// The palette: what the server offers for what is typed.
import { press } from "./keys.js";

export function palette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  const entries = () => [...list.querySelectorAll(".entry")];
  let asked = 0;

  const offer = async () => {
    const number = ++asked;
    const query = new URLSearchParams({ q: field.value, next: location.pathname + location.search });
    const answer = await fetch(`${dialog.dataset.from}?${query}`).catch(() => undefined);
    if (answer?.redirected) return location.reload();
    const html = answer?.ok ? await answer.text() : "";
    if (number === asked) list.innerHTML = html;
  };
  dialog.addEventListener("toggle", () => dialog.open && offer());
  dialog.addEventListener("close", () => (field.value = list.innerHTML = ""));
  field.addEventListener("input", offer);
  dialog.addEventListener("keydown", (event) => {
    const all = entries();
    const at = all.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (event.key === "Enter" && at < 0) all[0]?.click();
    else if (next === undefined || event.key === "Enter") return;
    else (all[next] ?? field).focus();
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const key = event.target.closest("[data-press]")?.dataset.press;
    if (!key) return;
    dialog.close();
    press(key);
  });
}

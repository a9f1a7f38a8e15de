// The palette: what the server offers for what is typed.
import { press } from "./keys.js";
import { html } from "./server.js";

export function palette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  let asked = 0;

  const offer = async () => {
    const number = ++asked;
    const offered = await html(dialog.dataset.from, { q: field.value, next: location.pathname + location.search });
    if (number === asked) list.innerHTML = offered ?? "";
  };
  dialog.ontoggle = () => dialog.open && offer();
  dialog.onclose = () => (field.value = list.innerHTML = "");
  field.oninput = offer;
  dialog.onkeydown = (event) => {
    const all = [...list.querySelectorAll(".entry")];
    const at = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) (all[at + step] ?? field).focus();
    else if (event.key === "Enter" && at < 0) all[0]?.click();
    else return;
    event.preventDefault();
  };
  list.onclick = ({ target }) => {
    const key = target.closest("[data-press]")?.dataset.press;
    if (!key) return;
    dialog.close();
    press(key);
  };
}

// Canned replies after `::`, colleagues after an `@`.
import { html } from "./server.js";

const SIGNS = /(?:^|\s)(::|@)([^\s:@]*)$/;

export function complete() {
  const list = document.getElementById("completions");
  const field = list?.nextElementSibling;
  if (!field) return;
  let typed;
  const close = () => {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    const end = field.selectionStart;
    field.setRangeText(option.dataset.insert, end - typed.length, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };
  const mark = (option) => {
    for (const other of list.children) other.ariaSelected = String(other === option);
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  field.addEventListener("input", async () => {
    const found = field.value.slice(0, field.selectionStart).match(SIGNS);
    if (!found) return close();
    const [, sign, q] = found;
    typed = sign + q;
    const offered = await html("/desk/completions", { kind: sign === "@" ? "staff" : "canned", q });
    if (typed !== sign + q) return;
    list.innerHTML = offered ?? "";
    if (!list.firstElementChild) return close();
    list.hidden = false;
    mark(list.firstElementChild);
  });
  field.onkeydown = (event) => {
    if (list.hidden || event.ctrlKey || event.metaKey) return;
    const all = [...list.children];
    const at = all.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(all[(at + step + all.length) % all.length]);
    else if (event.key === "Enter" || event.key === "Tab") choose(all[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  field.onblur = close;
  list.onmousedown = (event) => {
    event.preventDefault();
    choose(event.target.closest("li"));
  };
}

// What the browser offers below a field comes from the server.
export function suggest() {
  for (const field of document.querySelectorAll("[data-suggests]")) {
    field.oninput = async () => {
      const q = field.value;
      const offered = await html(field.dataset.suggests, { q });
      if (q === field.value) field.list.innerHTML = offered ?? "";
    };
  }
}

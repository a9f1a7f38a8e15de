// Canned replies after `::`, colleagues after an `@`.
const SIGNS = /(?:^|\s)(::|@)([^\s:@]*)$/;

export function complete() {
  const list = document.getElementById("completions");
  const field = list?.nextElementSibling;
  if (!field) return;
  let typed;
  const options = () => [...list.children];
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
    for (const other of options()) other.ariaSelected = String(other === option);
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  field.addEventListener("input", async () => {
    const found = field.value.slice(0, field.selectionStart).match(SIGNS);
    if (!found) return close();
    const [, sign, q] = found;
    typed = sign + q;
    const query = new URLSearchParams({ kind: sign === "@" ? "staff" : "canned", q });
    const answer = await fetch(`/desk/completions?${query}`).catch(() => undefined);
    if (!answer?.ok || typed !== sign + q) return;
    list.innerHTML = await answer.text();
    list.hidden = !list.children.length;
    if (list.hidden) close();
    else mark(list.firstElementChild);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.ctrlKey || event.metaKey) return;
    const all = options();
    const at = all.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(all[(at + step + all.length) % all.length]);
    else if (event.key === "Enter" || event.key === "Tab") choose(all[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  field.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    choose(event.target.closest("li"));
  });
}

// What the browser offers below a field comes from the server.
export function suggest() {
  for (const field of document.querySelectorAll("[data-suggests]")) {
    field.addEventListener("input", async () => {
      const q = field.value;
      const answer = await fetch(`${field.dataset.suggests}?${new URLSearchParams({ q })}`).catch(() => undefined);
      if (answer?.ok && q === field.value) field.list.innerHTML = await answer.text();
    });
  }
}

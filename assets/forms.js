// Forms that are sent when a field changes, forms that are sent once, and moments in the viewer's zone.
export function saveByThemselves() {
  addEventListener("change", ({ target }) => {
    // A day is typed in parts, each of which makes another day.
    if (target.form?.matches("[data-saves-itself], [data-filters]") && target.type !== "date") target.form.requestSubmit();
  });
}

// How many tickets are chosen is said by the style sheet too, but not to screen readers.
export function countChosen() {
  addEventListener("change", () => {
    const count = document.querySelector(".chosen output");
    if (count) count.value = document.querySelectorAll(".choose:checked").length;
  });
}

export function sendOnce() {
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
  });
  // A form that comes back from the browser's memory can be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
}

export function inZone() {
  for (const form of document.querySelectorAll("[data-zoned]")) {
    const zone = form.querySelector("[data-zone]");
    if (zone) zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
    form.onsubmit = () => {
      const moment = form.querySelector("[type=datetime-local]")?.value;
      form.elements.offset.value = new Date(moment || Date.now()).getTimezoneOffset();
    };
  }
}

// Forms that are sent when a field changes, forms that are sent once, and moments in the viewer's zone.
export function saveByThemselves() {
  document.addEventListener("change", ({ target }) => {
    // A day is typed in parts, each of which makes another day.
    if (target.form?.matches("[data-saves-itself], [data-filters]") && target.type !== "date") target.form.requestSubmit();
  });
}

export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
  });
}

export function inZone() {
  for (const form of document.querySelectorAll("[data-zoned]")) {
    const zone = form.querySelector("[data-zone]");
    if (zone) zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
    form.addEventListener("submit", () => {
      const moment = form.querySelector("[type=datetime-local]")?.value;
      form.elements.offset.value = (moment ? new Date(moment) : new Date()).getTimezoneOffset();
    });
  }
}

// Forms that are sent when a field changes, and forms that are sent once.
export function saveByThemselves(root) {
  for (const form of root.querySelectorAll("[data-saves-itself], [data-filters]")) {
    // A day is typed in parts, each of which makes another day.
    form.addEventListener("change", (event) => event.target.type !== "date" && form.requestSubmit());
  }
}

export function sendOnce(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
  });
}

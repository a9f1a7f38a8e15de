// Moments in the viewer's own zone.
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (isNaN(at)) continue;
    if ("full" in time.dataset) time.textContent = full.format(at);
    else time.title = full.format(at);
  }
}

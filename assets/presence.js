// Who else looks at the ticket, and who writes. With it goes how far the ticket was seen: the browser may have fetched the
// page long before somebody looked at it.
const EVERY = 10000; // ms
const WRITING = 15000; // ms since the last key

export function bePresent() {
  const place = document.getElementById("presence");
  if (!place) return;
  const { ticket, seen } = document.body.dataset;
  const form = document.querySelector(".composer");
  const isWriting = () => Date.now() - form?.dataset.typed < WRITING;
  const tell = async (state) => {
    const answer = await fetch(`/desk/tickets/${ticket}/presence`, { method: "POST", body: new URLSearchParams({ state, seen }), keepalive: true }).catch(() => {});
    const html = state === "gone" || !answer?.ok ? "" : await answer.text();
    if (place.innerHTML !== html) place.innerHTML = html;
  };
  const now = () => document.hidden || tell(isWriting() ? "writing" : "looking");
  let wrote;
  addEventListener("input", ({ target }) => {
    if (target.form !== form || wrote) return;
    wrote = true;
    setTimeout(now);
  });
  now();
  setInterval(() => ((wrote = isWriting()), now()), EVERY);
  addEventListener("visibilitychange", () => (document.hidden ? tell("gone") : now()));
}

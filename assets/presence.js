// Who else looks at the ticket, and who writes.
const EVERY = 10000; // ms
const WRITING = 15000; // ms since the last key

export function bePresent() {
  const place = document.getElementById("presence");
  const form = place?.closest("form");
  if (!form) return;
  const address = `/desk/tickets/${document.body.dataset.ticket}/presence`;
  const isWriting = () => Date.now() - form.dataset.typed < WRITING;
  const tell = async (state) => {
    const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ state }), keepalive: true }).catch(() => 0);
    if (state === "gone" || !answer.ok) return;
    const html = await answer.text();
    if (place.innerHTML !== html) place.innerHTML = html;
  };
  const now = () => document.hidden || tell(isWriting() ? "writing" : "looking");
  let wrote;
  form.addEventListener("input", () => {
    if (!wrote) setTimeout(now);
    wrote = true;
  });
  now();
  setInterval(() => ((wrote = isWriting()), now()), EVERY);
  document.addEventListener("visibilitychange", () => (document.hidden ? tell("gone") : now()));
  addEventListener("pagehide", () => tell("gone"));
}

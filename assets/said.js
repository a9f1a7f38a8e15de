// What was done is said for five seconds, longer while somebody is about to undo it.
const SECONDS = 5;

export function letGo(root) {
  const said = root.querySelector(".said");
  if (!said) return;
  let left = SECONDS;
  const timer = setInterval(() => {
    if (said.matches(":hover, :focus-within") || document.hidden) return;
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    said.remove();
  }, 1000);
}

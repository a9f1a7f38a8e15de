// What was done is said for five seconds, longer while somebody is about to undo it.
export function letGo(said) {
  if (!said) return;
  let left = 5;
  const timer = setInterval(() => {
    if (said.matches(":hover, :focus-within") || document.hidden) return;
    if (--left) return;
    clearInterval(timer);
    said.remove();
  }, 1000);
}

// Says what the template `name` has, in the place of what is being said.
export function say(name) {
  for (const said of document.querySelectorAll(".said")) said.remove();
  const said = document.getElementById(name).content.cloneNode(true).firstElementChild;
  document.body.append(said);
  return said;
}

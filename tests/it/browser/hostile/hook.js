// Runs in every document before anything else does, and notes what no page of ours ever does.
(() => {
  const note = (what) => (window.__noted ??= []).push(what);
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => note(`it calls ${name}`);
  document.addEventListener("securitypolicyviolation", (event) =>
    note(`it breaks the policy: ${event.effectiveDirective} ${event.blockedURI}`));
})();

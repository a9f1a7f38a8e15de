// What is wrong with the document: what it has done, and what in it could do something. `arguments[0]` is what it must
// show letter by letter.
const found = [...(window.__noted ?? [])];
const cut = (text) => (text.length > 160 ? `${text.slice(0, 160)}…` : text);
if (window.__pwned) found.push("it sets a variable");
if (document.title === "pwned") found.push("it changes the title");
if (!/^(text\/(html|plain)|application\/(problem\+)?json|image\/(png|gif|jpeg|webp))$/.test(document.contentType)) {
  found.push(`it is shown as ${document.contentType}`);
}

const FOREIGN = new Set(("applet area audio base canvas embed frame frameset iframe map marquee math noembed noframes noscript object " +
  "param picture plaintext portal source style track video xmp").split(" "));
const DRAWN = new Set(["svg", "path", "circle", "rect", "line", "polyline", "polygon", "ellipse", "g"]);
const ADDRESSES = ["href", "src", "action", "formaction", "data", "poster", "background", "cite", "ping", "xlink:href", "srcset", "manifest"];
const WRITTEN = new Set("a blockquote br code del em hr li ol p pre strong table tbody td th thead tr ul b".split(" "));
const OURS = /^\/(desk|help)(\/|$)/;
const LOADED = /^\/(assets\/|(desk|help)\/attachments\/\d+\/picture$)/;

const isOurs = (url, paths) => url.origin === location.origin && paths.test(url.pathname);

function judgeAddress(at, name, value) {
  let url;
  try {
    url = new URL(value, document.baseURI);
  } catch {
    return "an address that cannot be read";
  }
  const isWritten = at.closest(".text");
  if (at.localName === "a" && name === "href" && isWritten) {
    const safe = ["http:", "https:", "mailto:"].includes(url.protocol) && at.rel === "nofollow noopener noreferrer";
    return safe && !isOurs(url, /./) ? undefined : "a link that somebody wrote";
  }
  if (["img", "script", "link"].includes(at.localName)) return isOurs(url, LOADED) ? undefined : "it loads something";
  return isOurs(url, OURS) ? undefined : "an address that is not ours";
}

function judge(at) {
  const tag = at.localName;
  if (at.namespaceURI === "http://www.w3.org/2000/svg" ? !DRAWN.has(tag) : FOREIGN.has(tag)) return "a foreign element";
  if (at instanceof HTMLUnknownElement || tag.includes("-") || at.isContentEditable) return "an unknown element";
  if (tag === "script" && (at.text || at.type !== "module")) return "a script in the page";
  if (tag === "meta" && at.httpEquiv) return "an order to the browser";
  if (tag === "link" && !["icon", "stylesheet"].includes(at.rel)) return "a link to something else";
  if (at.closest(".text") && !at.matches(".text")) {
    if (!WRITTEN.has(tag)) return "an element that nobody may write";
    const other = at.getAttributeNames().find((name) => !["href", "rel", "start"].includes(name) && at.className !== "plain");
    if (other) return `an attribute that nobody may write: ${other}`;
  }
  for (const { name, value } of at.attributes) {
    if (name.startsWith("on") || name === "style" || name === "srcdoc") return `a foreign attribute: ${name}`;
    if (ADDRESSES.includes(name)) {
      const wrong = judgeAddress(at, name, value);
      if (wrong) return wrong;
    }
  }
}

const shown = [];
function look(root) {
  for (const at of root.querySelectorAll("*")) {
    const wrong = judge(at);
    if (wrong) found.push(`${wrong}: ${cut(at.outerHTML)}`);
    for (const { value } of at.attributes) shown.push(value);
    if (at.matches("input, textarea")) shown.push(at.value);
    if (at.localName === "template") look(at.content);
  }
}
// The page of the API's documentation is another's work: what counts there is what it does.
if (document.contentType === "text/html" && !location.pathname.startsWith("/docs/")) look(document);
shown.push(document.documentElement.textContent);

// The same is done in Rust: spaces, controls and what stands for what cannot be shown are no letters.
const letters = (text) => text.replace(/[\s\p{Cc}\ufffd\ufeff]/gu, "");
const all = letters(shown.join("\n"));
return { found: found.slice(0, 20), missing: [...arguments[0].keys()].filter((place) => !all.includes(arguments[0][place])) };

// What scripts add to pages that work without them.
import { localise } from "./times.js";
import { saveByThemselves, sendOnce } from "./forms.js";
import { letGo } from "./said.js";

document.documentElement.classList.add("has-script");
localise(document);
saveByThemselves(document);
sendOnce(document);
letGo(document);
// A page that comes back from the browser's memory was left long ago.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// The latest is what matters of a conversation.
const conversation = document.querySelector(".scroll");
if (conversation && !location.hash) conversation.scrollTop = conversation.scrollHeight;

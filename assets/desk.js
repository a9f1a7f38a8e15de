// What scripts add to pages that work without them.
import { compose } from "./composer.js";
import { complete, suggest } from "./completions.js";
import { countChosen, inZone, saveByThemselves, sendOnce } from "./forms.js";
import { listen } from "./keys.js";
import { follow } from "./live.js";
import { palette } from "./palette.js";
import { bePresent } from "./presence.js";
import { letGo } from "./said.js";
import { localise } from "./times.js";

document.documentElement.classList.add("has-script");
localise(document);
saveByThemselves();
inZone();
letGo(document.querySelector(".said"));
compose();
complete();
suggest();
sendOnce();
countChosen();
listen();
palette();
bePresent();
follow();
// A page that comes back from the browser's memory was left long ago.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// The latest is what matters of a conversation.
const conversation = document.querySelector(".scroll");
if (conversation && !location.hash) conversation.scrollTop = conversation.scrollHeight;

// What scripts add to the pages of requesters, and to signing in.
import { saveByThemselves, sendOnce } from "./forms.js";
import { letGo } from "./said.js";
import { localise } from "./times.js";

document.documentElement.classList.add("has-script");
localise(document);
saveByThemselves();
letGo(document.querySelector(".said"));
sendOnce();

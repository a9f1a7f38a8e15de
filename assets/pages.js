// What scripts add to the pages of requesters, and to signing in.
import { saveByThemselves, sendOnce } from "./forms.js";
import { letGo } from "./said.js";
import { localise } from "./times.js";

document.documentElement.classList.add("has-script");
localise(document);
saveByThemselves();
letGo(document.querySelector(".said"));
sendOnce();
// A form that comes back from the browser's memory can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

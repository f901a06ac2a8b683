// The shop's page: draws what changed, and sends what is clicked.
import { element, listen, post } from "./live.js";

const { lang } = document.documentElement.dataset;
const notice = document.getElementById("notice");

let hiding;
function say(words) {
  notice.textContent = words;
  notice.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { notice.hidden = true; }, 4000);
}

/** Replace a part, unless somebody is typing in it; a details that was open stays open. */
function draw(html) {
  const fresh = element(html);
  const old = document.getElementById(fresh.id);
  if (!old || old.outerHTML === fresh.outerHTML) return;
  const focused = old.contains(document.activeElement) && document.activeElement.name === "price" && document.activeElement;
  if (focused) {
    const box = [...fresh.querySelectorAll('[name="price"]')].find((one) => one.form.dataset.do === focused.form.dataset.do);
    if (box) box.value = focused.value;
  }
  old.replaceWith(fresh);
}

const source = listen(`/events?lang=${lang}`, { part: ({ html }) => draw(html) });
window.addEventListener("pagehide", () => source.close());

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const what = event.submitter?.value || event.target.dataset.do;
  await post(`/do/${what}?lang=${lang}`, new FormData(event.target)).catch((error) => say(error.message));
});

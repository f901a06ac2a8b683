// The console's page: draws what changed. Nothing here acts on a conversation.
import { element, listen, put } from "./live.js";

const { lang, contact, position } = document.documentElement.dataset;
const live = document.getElementById("live");
const story = document.getElementById("story");
const steps = document.getElementById("steps");
const usual = live.textContent;
const atEnd = () => story.scrollHeight - story.scrollTop - story.clientHeight < 120;
const toEnd = () => story.scrollTo({ top: story.scrollHeight });

/** Draw a step; details a colleague has opened stay open, and the newest stays in view for who is looking at it. */
function draw(html) {
  const follow = atEnd();
  const old = document.getElementById(element(html).id);
  const open = old ? [...old.querySelectorAll("details")].map((one) => one.open) : [];
  const [fresh, isNew] = put(html, steps);
  fresh.querySelectorAll("details").forEach((one, n) => { one.open = Boolean(open[n]); });
  if (isNew) fresh.classList.add("fresh");
  if (follow) toEnd();
}

const watching = Number(position) > 0 || !contact;
const source = listen(`/console/events?${new URLSearchParams({ lang, contact: watching ? contact : "", after: position })}`, {
  list({ html }) { document.getElementById("list").replaceWith(element(html)); },
  step({ html }) { draw(html); },
});
source.addEventListener("open", () => { live.textContent = usual; live.classList.remove("off"); });
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) location.assign(`/console/login?lang=${lang}`);
  live.textContent = live.dataset.offline;
  live.classList.add("off");
});
window.addEventListener("pagehide", () => source.close());
if (steps && watching) toEnd();

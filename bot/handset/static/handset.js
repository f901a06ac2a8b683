// The phone's page: draws what the server sends, and sends what the person does.
import { element, post, put, stay } from "./live.js";
import { closeSheet, openSheet, showAbout, showPicture, toast } from "./sheet.js";
import { hear } from "./sound.js";

const root = document.documentElement;
const { phone, lang } = root.dataset;
const scroll = document.getElementById("scroll");
const typing = document.getElementById("typing");
const text = document.getElementById("text");
const panel = document.getElementById("panel");
const veil = document.getElementById("veil");
const offline = document.getElementById("offline");
const newest = document.getElementById("newest");

const GAP_MS = 10 * 60 * 1000; // silence after which the time is shown again
const TYPING_MS = 5000; // how often the bot is told that the person is typing
const NEAR_PX = 120; // so close to the end, a new message scrolls into view by itself

const act = (what, fields) => post(`/handset/${what}?lang=${lang}`, { phone, ...fields });
const talk = () => document.getElementById("talk");
const texts = () => document.getElementById("texts");
const complain = (error) => toast(error.message);

// ---------------------------------------------------------------- drawing

const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(lang, { month: "short", day: "numeric" });

function stamp(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return `${today ? root.dataset.today : day.format(date)} ${clock.format(date)}`;
}

/** Put the time above every message of a list that follows a silence. */
function showTimes(list) {
  list.querySelectorAll(".when").forEach((old) => old.remove());
  let last = 0;
  for (const item of list.querySelectorAll("[data-at]:not(.gone)")) {
    const at = Number(item.dataset.at);
    if (at - last > GAP_MS) {
      const when = document.createElement("li");
      when.className = "when";
      when.textContent = stamp(at);
      item.before(when);
    }
    last = at;
  }
}

const toEnd = (box, behavior = "instant") => box.scrollTo({ top: box.scrollHeight, behavior });
const nearEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;

/** A message is read when a good part of it, or as much as fits, has been on a screen that somebody looks at. */
const reading = new IntersectionObserver((entries) => {
  if (document.visibilityState !== "visible") return;
  const seen = entries.filter((one) => one.intersectionRatio >= 0.4 || one.intersectionRect.height > scroll.clientHeight * 0.4);
  const ids = seen.map((one) => one.target.dataset.unread).filter(Boolean);
  if (!ids.length) return;
  seen.forEach((one) => { delete one.target.dataset.unread; reading.unobserve(one.target); });
  act("read", { ids: ids.join(",") }).catch(() => {});
}, { root: scroll, threshold: [0, 0.1, 0.2, 0.4] });

function watchUnread() {
  talk().querySelectorAll("[data-unread]").forEach((item) => { reading.unobserve(item); reading.observe(item); });
}

function settle() {
  for (const list of [talk(), texts()]) {
    showTimes(list);
    list.querySelectorAll("img").forEach((image) => {
      if (image.complete && !image.naturalWidth) image.parentElement.classList.add("broken");
    });
  }
  document.querySelectorAll(".deck").forEach((deck) => {
    const track = deck.querySelector(".track");
    deck.classList.toggle("still", track.scrollWidth <= track.clientWidth); // all of it is in view: nothing to turn
  });
  watchUnread();
}

let dots;
function showTyping(ms) {
  clearTimeout(dots);
  const follow = nearEnd(scroll);
  typing.hidden = !ms || root.dataset.rcs === "0";
  if (!ms) return;
  if (follow) toEnd(scroll, "smooth");
  dots = setTimeout(showTyping, ms);
}

function arrived(item, box, follow) {
  item.classList.add("fresh");
  if (follow || item.matches(".own, [data-from=me]")) toEnd(box, "smooth");
  else if (box === scroll) newest.hidden = false;
}

const stream = stay(`/handset/events?phone=${phone}&after=${root.dataset.after}&lang=${lang}`, {
  bubble({ html, text: words }) {
    const follow = nearEnd(scroll);
    const [item, isNew] = put(html, talk());
    const [line, isNewLine] = put(words, texts());
    settle();
    if (isNew && !item.classList.contains("own")) showTyping(0);
    if (isNew) arrived(item, scroll, follow);
    if (isNewLine) arrived(line, texts().parentElement, true);
  },
  talk({ html, texts: words, rcs: on }) {
    talk().replaceWith(element(html));
    texts().replaceWith(element(words));
    showRcs(on);
    settle();
    toEnd(scroll);
  },
  typing({ ms }) { showTyping(ms); },
}, (online) => { offline.hidden = online; });

document.addEventListener("visibilitychange", watchUnread);
window.addEventListener("pagehide", () => stream.close());
scroll.addEventListener("scroll", () => { if (nearEnd(scroll)) newest.hidden = true; }, { passive: true });
newest.addEventListener("click", () => toEnd(scroll, "smooth"));

// A picture that comes late keeps the newest message in view; one that does not come at all says so.
document.addEventListener("load", (event) => { if (event.target.matches?.("[data-picture]") && nearEnd(scroll)) toEnd(scroll); }, true);
document.addEventListener("error", (event) => { if (event.target.matches?.("[data-picture]")) event.target.parentElement.classList.add("broken"); }, true);

// ---------------------------------------------------------------- the person

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

function write(box, words) {
  box.value = words;
  grow(box);
  box.focus();
}

let typed = 0;
function tellTyping() {
  if (root.dataset.rcs === "0" || Date.now() - typed < TYPING_MS) return;
  typed = Date.now();
  act("typing", {}).catch(() => {});
}

document.querySelectorAll(".composer").forEach((composer) => {
  const box = composer.elements.text;
  composer.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = box.value.trim();
    if (!words) return;
    write(box, "");
    typed = 0;
    await act("say", { text: words }).catch((error) => { write(box, words); complain(error); });
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  box.addEventListener("input", () => {
    grow(box);
    if (box === text && box.value.trim()) tellTyping();
  });
});

async function open(button) {
  const { message, spot } = button.dataset;
  const answer = await act("act", { message, spot });
  if (answer.status === 200) openSheet(element(await answer.text()), button);
}

async function tap(reply) {
  reply.disabled = true;
  const { message, postback } = reply.dataset;
  await act("tap", { message, postback }).catch(complain);
  setTimeout(() => { reply.disabled = false; }, 600);
}

function turn(arrow) {
  const track = arrow.parentElement.querySelector(".track");
  const [first, second] = track.children;
  const step = second ? Math.abs(second.offsetLeft - first.offsetLeft) : 0;
  track.scrollBy({ left: Number(arrow.dataset.turn) * step, behavior: "smooth" });
}

scroll.addEventListener("click", (event) => {
  const hit = (what) => event.target.closest(what);
  if (hit(".turn")) turn(hit(".turn"));
  else if (hit(".act")) open(hit(".act")).catch(complain);
  else if (hit("button.reply")) tap(hit("button.reply"));
  else if (hit(".view")) showPicture(hit(".view"));
  else if (hit(".play")) hear(hit("[data-sound]"));
});

// What the keyboard reaches comes into view whole; a browser leaves it half hidden where cards snap.
scroll.addEventListener("focusin", (event) => {
  if (event.target.matches(":focus-visible")) event.target.closest(".track > *")?.scrollIntoView({ block: "nearest", inline: "nearest" });
});

document.getElementById("screen").addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-share]")) return;
  event.preventDefault();
  const where = Object.fromEntries(new FormData(event.target));
  await act("share", where).then(() => closeSheet(), complain);
});

// ---------------------------------------------------------------- the panel

function showRcs(on) {
  root.dataset.rcs = on ? "1" : "0";
  document.querySelectorAll(".rcs").forEach((one) => { one.checked = on; });
  text.placeholder = on ? text.dataset.rcs : text.dataset.sms;
  text.setAttribute("aria-label", text.placeholder);
  if (!on) showTyping(0);
}

function showTheme(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/handset; max-age=31536000; samesite=lax`;
}

function openPanel(wanted) {
  panel.classList.toggle("open", wanted);
  veil.hidden = !wanted;
  document.getElementById(wanted ? "close" : "menu").focus();
}

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches(".rcs")) act("rcs", { on: target.checked ? 1 : 0 }).catch((error) => { target.checked = !target.checked; complain(error); });
  else if (target.name === "theme") showTheme(target.value);
  else if (target.id === "phone") location.search = new URLSearchParams({ phone: target.value, lang });
});
panel.addEventListener("click", (event) => {
  const words = event.target.closest(".try");
  if (!words) return;
  openPanel(false);
  write(text, words.textContent);
});
document.getElementById("sender").addEventListener("click", (event) => showAbout(event.currentTarget));
document.getElementById("menu").addEventListener("click", () => openPanel(true));
document.getElementById("close").addEventListener("click", () => openPanel(false));
veil.addEventListener("click", () => openPanel(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || closeSheet()) return;
  if (panel.classList.contains("open")) openPanel(false);
});

function tick() {
  document.querySelectorAll(".clock").forEach((one) => { one.textContent = clock.format(new Date()); });
  setTimeout(tick, 60000 - (Date.now() % 60000));
}

tick();
settle();
document.querySelectorAll(".scroll").forEach((box) => toEnd(box));

// The phone's page: draws what the server sends, and sends what the person does.
import { element, listen, post, put } from "./live.js";

const root = document.documentElement;
const { phone, lang } = root.dataset;
const scroll = document.getElementById("scroll");
const typing = document.getElementById("typing");
const composer = document.getElementById("composer");
const text = document.getElementById("text");
const panel = document.getElementById("panel");
const veil = document.getElementById("veil");
const rcs = document.getElementById("rcs");

const GAP_MS = 10 * 60 * 1000; // silence after which the time is shown again
const ANSWER_MS = 8000; // how long the three dots wait for an answer
const TYPING_MS = 5000; // how often the bot is told that the person is typing

const act = (what, fields) => post(`/handset/${what}?lang=${lang}`, { phone, ...fields });
const talk = () => document.getElementById("talk");

// ---------------------------------------------------------------- drawing

const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(lang, { month: "short", day: "numeric" });

function stamp(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return `${today ? root.dataset.today : day.format(date)} ${clock.format(date)}`;
}

/** Put the time above every item that follows a silence. */
function showTimes() {
  talk().querySelectorAll(".when").forEach((old) => old.remove());
  let last = 0;
  for (const item of talk().querySelectorAll(".item:not(.gone)")) {
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

function toEnd(smooth) {
  scroll.scrollTo({ top: scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
}

const read = new IntersectionObserver((entries) => {
  if (document.visibilityState !== "visible") return;
  const seen = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
  const ids = seen.map((item) => item.dataset.unread).filter(Boolean);
  if (!ids.length) return;
  seen.forEach((item) => { delete item.dataset.unread; read.unobserve(item); });
  act("read", { ids: ids.join(",") }).catch(() => {});
}, { root: scroll, threshold: 0.4 });

function watchUnread() {
  talk().querySelectorAll("[data-unread]").forEach((item) => { read.unobserve(item); read.observe(item); });
}

function settle(smooth) {
  showTimes();
  watchUnread();
  scroll.querySelectorAll("img").forEach((image) => image.complete || image.addEventListener("load", () => toEnd(false), { once: true }));
  toEnd(smooth);
}

let waiting;
function expectAnswer(on) {
  clearTimeout(waiting);
  typing.hidden = !on || root.dataset.rcs === "0";
  if (on) waiting = setTimeout(() => expectAnswer(false), ANSWER_MS);
}

const source = listen(`/handset/events?phone=${phone}&after=${root.dataset.after}&lang=${lang}`, {
  bubble({ html }) {
    const [item, isNew] = put(html, talk());
    if (!isNew) return;
    item.classList.add("fresh");
    expectAnswer(item.classList.contains("own"));
    settle(true);
  },
  talk({ html, rcs: on }) {
    talk().replaceWith(element(html));
    showRcs(on);
    settle(false);
  },
});
source.addEventListener("open", () => { document.getElementById("offline").hidden = true; });
source.addEventListener("error", () => { document.getElementById("offline").hidden = false; });
document.addEventListener("visibilitychange", watchUnread);
window.addEventListener("pagehide", () => source.close());

// ---------------------------------------------------------------- the person

function complain(error) {
  const line = document.getElementById("offline");
  const usual = line.textContent;
  line.textContent = error.message;
  line.hidden = false;
  setTimeout(() => { line.hidden = true; line.textContent = usual; }, 4000);
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

function write(words) {
  text.value = words;
  grow();
  text.focus();
}

composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  write("");
  await act("say", { text: words }).catch((error) => { write(words); complain(error); });
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

let typed = 0;
text.addEventListener("input", () => {
  grow();
  if (root.dataset.rcs === "0" || Date.now() - typed < TYPING_MS) return;
  typed = Date.now();
  act("typing", {}).catch(() => {});
});

scroll.addEventListener("click", (event) => {
  const turn = event.target.closest("[data-turn]");
  if (turn) {
    const track = turn.parentElement.querySelector(".track");
    track.scrollBy({ left: Number(turn.dataset.turn) * (track.firstElementChild.offsetWidth + 10), behavior: "smooth" });
  }
  const reply = event.target.closest("button.reply");
  if (!reply) return;
  reply.disabled = true;
  const { message, postback } = reply.dataset;
  act("tap", { message, postback }).catch(complain).finally(() => setTimeout(() => { reply.disabled = false; }, 600));
});

// ---------------------------------------------------------------- the panel

function showRcs(on) {
  root.dataset.rcs = on ? "1" : "0";
  rcs.checked = on;
  text.placeholder = on ? text.dataset.rcs : text.dataset.sms;
}

function showTheme(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.querySelector(`[name="theme"][value="${theme}"]`).checked = true;
}

function openPanel(open) {
  panel.classList.toggle("open", open);
  veil.hidden = !open;
}

rcs.addEventListener("change", () => act("rcs", { on: rcs.checked ? 1 : 0 }).catch(complain));
document.getElementById("phone").addEventListener("change", (event) => {
  location.search = new URLSearchParams({ phone: event.target.value, lang });
});
panel.addEventListener("click", (event) => {
  const words = event.target.closest(".try");
  if (!words) return;
  openPanel(false);
  write(words.textContent);
});
panel.addEventListener("change", (event) => {
  if (event.target.name !== "theme") return;
  localStorage.setItem("theme", event.target.value);
  showTheme(event.target.value);
});
document.getElementById("menu").addEventListener("click", () => openPanel(true));
document.getElementById("close").addEventListener("click", () => openPanel(false));
veil.addEventListener("click", () => openPanel(false));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") openPanel(false); });

function tick() {
  document.getElementById("clock").textContent = clock.format(new Date());
  setTimeout(tick, 60000 - (Date.now() % 60000));
}

tick();
showTheme(localStorage.getItem("theme") || "auto");
showRcs(root.dataset.rcs === "1");
settle(false);

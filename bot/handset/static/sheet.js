// What opens over the conversation: a webview, a call, a map, a form. One at a time, and the keyboard stays in it.

const screen = document.getElementById("screen");
const overlay = document.getElementById("overlay");
const bread = document.getElementById("toast");
const { lang } = document.documentElement.dataset;

const date = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" });
const LEAVE_MS = 260; // the sheet's way out, as sheet.css has it
const TOAST_MS = 3200;

let opener = null;
let counting;

/** Show a sheet. from: what has the focus again once it is closed. */
export function openSheet(sheet, from) {
  opener = from;
  sheet.querySelectorAll("time[datetime]").forEach((one) => { one.textContent = date.format(new Date(one.dateTime)); });
  overlay.replaceChildren(sheet);
  overlay.classList.add("open");
  for (const part of screen.children) part.inert = part !== overlay && part !== bread;
  (sheet.querySelector("[data-call], [data-close], button") || sheet).focus();
}

/** Close what is open. Returns whether there was anything. */
export function closeSheet() {
  if (!overlay.classList.contains("open")) return false;
  clearInterval(counting);
  overlay.classList.remove("open");
  const [leaving] = overlay.children;
  setTimeout(() => leaving?.remove(), LEAVE_MS);
  for (const part of screen.children) part.inert = false;
  opener?.focus();
  return true;
}

/** Who the messages come from, and how that is known. */
export function showAbout(from) {
  openSheet(document.getElementById("about").content.firstElementChild.cloneNode(true), from);
}

/** The picture beside this button, as large as the screen. */
export function showPicture(from) {
  const sheet = document.getElementById("viewer").content.firstElementChild.cloneNode(true);
  sheet.querySelector("img").src = from.parentElement.querySelector("img").src;
  openSheet(sheet, from);
}

let hiding;
/** A line at the foot of the screen, for a moment. */
export function toast(words) {
  bread.textContent = words;
  bread.classList.add("up");
  clearTimeout(hiding);
  hiding = setTimeout(() => bread.classList.remove("up"), TOAST_MS);
}

/** Pretend to call: the sheet becomes the call's screen and counts. */
function call(sheet) {
  const state = sheet.querySelector("[data-calling]");
  const since = Date.now();
  const show = () => {
    const s = Math.floor((Date.now() - since) / 1000);
    state.textContent = `${state.dataset.calling} ${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  };
  sheet.classList.add("calling");
  counting = setInterval(show, 1000);
  show();
  sheet.querySelector(".hang").focus();
}

overlay.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (event.target === overlay || close) closeSheet();
  if (close?.dataset.toast) toast(close.dataset.toast);
  if (event.target.closest("[data-call]")) call(event.target.closest(".sheet"));
});

// Sounds in the conversation: one plays at a time.

const length = (s) => (Number.isFinite(s) ? `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}` : "–:––");

/** Play or pause the sound of this element. */
export function hear(box) {
  const audio = box.querySelector("audio");
  const button = box.querySelector(".play");
  const [playWord, pauseWord] = [button.dataset.play || button.getAttribute("aria-label"), button.dataset.pause];
  button.dataset.play = playWord;
  const show = () => {
    box.classList.toggle("playing", !audio.paused);
    button.setAttribute("aria-label", audio.paused ? playWord : pauseWord);
    box.querySelector("progress").value = audio.duration ? audio.currentTime / audio.duration : 0;
    box.querySelector("time").textContent = length(audio.paused ? audio.duration : audio.currentTime);
  };
  for (const what of ["play", "pause", "timeupdate", "ended"]) audio[`on${what}`] = show;
  document.querySelectorAll("audio").forEach((other) => other !== audio && other.pause());
  if (audio.paused) audio.play().catch(() => box.classList.add("broken"));
  else audio.pause();
}

// The kept sound in the review room: play a caption again and again, jump anywhere, see which caption is heard.
import { announce } from "/static/core/live.js";

const bar = document.getElementById("sound");
const audio = document.getElementById("audio");
const words = JSON.parse(bar.dataset.words);
const rows = document.getElementById("rows");
const play = bar.querySelector("[data-play]");
const now = bar.querySelector("[data-now]");
const place = bar.querySelector("[data-place]");
const loop = bar.querySelector("[data-loop]");
const speed = bar.querySelector("[data-speed]");
const BEFORE_S = 0.3; // sound before and after a caption that is played with it

let chosen = null; // the row that is repeated
let lit = null; // the row that is heard

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

const startOf = (row) => Math.max(0, Number(row.dataset.start) - BEFORE_S);
const endOf = (row) => Number(row.dataset.end) + BEFORE_S;

async function start() {
  try {
    await audio.play();
  } catch (error) {
    if (error.name !== "AbortError") announce(words.failed);
  }
}

/** Play a caption; while it is being played, stop. */
function toggleRow(row) {
  if (row === chosen && !audio.paused) {
    audio.pause();
    return;
  }
  chosen = row;
  audio.currentTime = startOf(row);
  start();
}

function rowAt(seconds) {
  for (const row of rows.querySelectorAll("[data-seq]")) {
    if (seconds >= Number(row.dataset.start) && seconds < Number(row.dataset.end)) return row;
  }
  return null;
}

function light(row) {
  if (row === lit) return;
  lit?.classList.remove("heard");
  row?.classList.add("heard");
  lit = row;
}

/** Timers are too coarse for the end of a caption; the browser's frames are not. */
function follow() {
  if (chosen && audio.currentTime >= endOf(chosen)) {
    if (loop.checked) audio.currentTime = startOf(chosen);
    else {
      audio.pause();
      return;
    }
  }
  show();
  if (!audio.paused) requestAnimationFrame(follow);
}

function show() {
  now.textContent = clock(audio.currentTime);
  place.value = audio.currentTime;
  place.setAttribute("aria-valuetext", now.textContent);
  light(rowAt(audio.currentTime));
}

audio.removeAttribute("controls");
bar.querySelector(".sound-tools").hidden = false;
audio.addEventListener("play", () => {
  play.textContent = words.pause;
  follow();
});
audio.addEventListener("pause", () => {
  play.textContent = words.play;
});
audio.addEventListener("seeked", show);
audio.addEventListener("error", () => announce(words.failed));
audio.addEventListener("durationchange", () => {
  if (Number.isFinite(audio.duration)) place.max = audio.duration;
});
play.addEventListener("click", () => {
  if (audio.paused) start();
  else audio.pause();
});
place.addEventListener("input", () => {
  chosen = null;
  audio.currentTime = Number(place.value);
});
speed.addEventListener("change", () => {
  audio.playbackRate = Number(speed.value);
});
rows.addEventListener("click", (event) => {
  const button = event.target.closest("[data-play-row]");
  if (button) toggleRow(button.closest("[data-seq]"));
});
document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyP" || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const row = document.activeElement?.closest("[data-seq]");
  if (row) toggleRow(row);
  else if (audio.paused) start();
  else audio.pause();
});

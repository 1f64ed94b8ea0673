// Captions as they come: follows the stream, shows each text in its place, and never moves what somebody scrolled back to.
import { follow } from "/static/core/live.js";

const SIZE_KEY = "madoguchi.caption-size";
const SIZES = 5;
const NEAR_END = 80; // pixels from the bottom within which the page follows along
const LATE_S = 3; // seconds of delay from which readers are told

const root = document.documentElement;
const page = document.getElementById("captions");
const list = page.querySelector(".captions");
const partial = document.getElementById("partial");
const nothing = document.getElementById("nothing");
const jump = document.getElementById("jump");
const delay = document.getElementById("delay");
const words = JSON.parse(page.dataset.words);
const shown = { first: JSON.parse(page.dataset.first), second: JSON.parse(page.dataset.second) };
const spoken = page.dataset.spoken;

let following = true;
let lastEnd = 0; // seconds: end of the newest caption in the spoken language

const atEnd = () => window.innerHeight + window.scrollY >= root.scrollHeight - NEAR_END;

function toEnd() {
  window.scrollTo({ top: root.scrollHeight, behavior: "instant" });
}

/** Change the page, and stay at its end if the reader was there. */
function changing(change) {
  change();
  if (following) toEnd();
}

function rowOf(seq) {
  let before = list.lastElementChild;
  while (before && Number(before.dataset.seq) > seq) before = before.previousElementSibling;
  if (before && Number(before.dataset.seq) === seq) return before;
  const row = document.createElement("li");
  row.dataset.seq = seq;
  row.className = "arrives";
  const waiting = document.createElement("p");
  waiting.className = "first pending";
  waiting.lang = root.lang;
  waiting.textContent = words.waiting;
  row.append(waiting);
  if (before) before.after(row);
  else list.prepend(row);
  return row;
}

function mark(flags) {
  const element = document.createElement("span");
  element.className = "mark";
  element.lang = root.lang;
  if (flags.includes("untranslated")) element.textContent = words.untranslated;
  else if (flags.includes("checked")) {
    element.classList.add("checked");
    element.title = words.checked;
    element.textContent = "✓";
  } else if (flags.length) {
    element.classList.add("doubtful");
    element.textContent = `⚠ ${words.doubtful}`;
  } else return null;
  return element;
}

function show(caption, name) {
  const tags = shown[name];
  if (!tags.includes(caption.lang)) return;
  const row = rowOf(caption.seq);
  let line = row.querySelector(`.${name}`);
  if (line?.dataset.tag && tags.indexOf(line.dataset.tag) < tags.indexOf(caption.lang)) return; // a better one is there
  if (line?.dataset.tag === caption.lang && Number(line.dataset.rev) >= caption.rev) return;
  if (!line) {
    line = document.createElement("p");
    row.append(line);
  }
  if (line.dataset.rev && line.querySelector(".text").textContent !== caption.text) {
    row.classList.remove("corrected");
    void row.offsetWidth; // begins the animation anew
    row.classList.add("corrected");
  }
  line.className = name;
  line.lang = caption.flags.includes("untranslated") ? spoken : caption.lang;
  Object.assign(line.dataset, { tag: caption.lang, rev: caption.rev, flags: caption.flags.join(" ") });
  const text = document.createElement("span");
  text.className = "text";
  text.textContent = caption.text;
  line.replaceChildren(text, ...[mark(caption.flags)].filter(Boolean));
}

function showPartial({ text, stable_chars: stable, start, lang }) {
  if (text && start < lastEnd) return; // said before the newest caption: already shown
  const characters = Array.from(text);
  partial.lang = lang;
  partial.dataset.start = start;
  partial.querySelector(".stable").textContent = characters.slice(0, stable).join("");
  partial.querySelector(".unstable").textContent = characters.slice(stable).join("");
  partial.hidden = !text;
}

function showState({ state, behind_s: behind }) {
  page.dataset.state = state;
  for (const chip of document.querySelectorAll("[data-state-chip]")) {
    chip.textContent = words.state[state];
    chip.className = `chip ${{ live: "accent live", planned: "waiting", ended: "done" }[state]}`;
  }
  if (state !== "live") partial.hidden = true;
  if (!delay) return;
  const text = state !== "live" ? words[state] : behind >= LATE_S ? words.behind.replace("#", behind) : words.on_time;
  if (delay.textContent !== text) delay.textContent = text;
}

function setSize(size) {
  root.dataset.size = Math.max(0, Math.min(SIZES - 1, size));
  try {
    localStorage.setItem(SIZE_KEY, root.dataset.size);
  } catch {
    // storage is blocked: the size lasts until the page is left
  }
  if (following) toEnd();
}

function readSize() {
  try {
    return localStorage.getItem(SIZE_KEY);
  } catch {
    return null;
  }
}

const languages = [page.dataset.chosen, page.dataset.chosenSecond].filter(Boolean);
const query = languages.map((tag) => `lang=${encodeURIComponent(tag)}`).join("&");

follow(
  (last) => `/meetings/${page.dataset.meeting}/captions?${query}&after=${last || page.dataset.position}`,
  {
    caption: (event) => {
      const caption = JSON.parse(event.data);
      changing(() => {
        if (caption.lang === spoken) {
          lastEnd = Math.max(lastEnd, caption.end);
          if (Number(partial.dataset.start) < lastEnd) partial.hidden = true;
        }
        show(caption, "first");
        show(caption, "second");
        if (nothing) nothing.hidden = true;
      });
    },
    partial: (event) => changing(() => showPartial(JSON.parse(event.data))),
    state: (event) => changing(() => showState(JSON.parse(event.data))),
  },
  { banner: document.getElementById("cut") },
);

window.addEventListener(
  "scroll",
  () => {
    following = atEnd();
    if (jump) jump.hidden = following;
  },
  { passive: true },
);
jump?.addEventListener("click", () => {
  following = true;
  jump.hidden = true;
  toEnd();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-size-step]");
  if (button) setSize(Number(root.dataset.size ?? 1) + Number(button.dataset.sizeStep));
});
document.getElementById("second")?.addEventListener("change", (event) => event.target.form.requestSubmit());

if (readSize() !== null) setSize(Number(readSize()));
toEnd();

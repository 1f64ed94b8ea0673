// Captions as they come: follows the stream, shows each text in its place, and never moves what somebody scrolled back to.
import { follow, shortcuts } from "/static/core/live.js";

const SIZE_KEY = "madoguchi.caption-size";
const SIZES = 5;
const NEAR_END = 80; // pixels from the bottom within which the page follows along
const LATE_S = 3; // seconds of delay from which readers are told
const MOST_ROWS = 600; // on the page of somebody who follows; the transcript has all
const ASLEEP_MS = 20_000; // a page that was hidden for so long does not trust its connection
const AWAKE_MS = 3000; // the controls of a hall screen stay so long after the pointer moved

const root = document.documentElement;
const body = document.body;
const page = document.getElementById("captions");
const list = page.querySelector(".captions");
const beside = document.getElementById("beside"); // over a video each language has its own lines
const partial = document.getElementById("partial");
const nothing = document.getElementById("nothing");
const jump = document.getElementById("jump");
const delay = document.getElementById("delay");
const join = document.getElementById("join");
const words = JSON.parse(page.dataset.words);
const shown = { first: JSON.parse(page.dataset.first), second: JSON.parse(page.dataset.second) };
const spoken = page.dataset.spoken;
const scrolls = !body.classList.contains("hall") && !body.classList.contains("overlay");

let following = true;
let position = page.dataset.position; // of the newest caption that was shown
const ends = {}; // language → seconds: end of its newest caption

// Where the reader is

const atEnd = () => window.innerHeight + window.scrollY >= root.scrollHeight - NEAR_END;

function toEnd() {
  if (scrolls) window.scrollTo({ top: root.scrollHeight, behavior: "instant" });
}

/** Change the page, and stay at its end if the reader was there. */
function changing(change) {
  change();
  if (!following) return;
  for (const one of [list, beside]) while (one?.children.length > MOST_ROWS) one.firstElementChild.remove();
  toEnd();
}

function jumpToNow() {
  following = true;
  if (jump) jump.hidden = true;
  toEnd();
}

// What is shown

const listOf = (name) => (name === "second" && beside) || list;

function rowOf(seq, name) {
  const list = listOf(name);
  let before = list.lastElementChild;
  while (before && Number(before.dataset.seq) > seq) before = before.previousElementSibling;
  if (before && Number(before.dataset.seq) === seq) return before;
  const row = document.createElement("li");
  row.dataset.seq = seq;
  if (list !== beside) {
    const waiting = document.createElement("p");
    waiting.className = "first pending";
    waiting.lang = root.lang;
    waiting.textContent = words.waiting;
    row.append(waiting);
  }
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

/** The text, with the places at which its lines may end. */
function setText(element, text, breaks = []) {
  const characters = Array.from(text);
  const parts = [];
  let begin = 0;
  for (const at of breaks) {
    parts.push(characters.slice(begin, at).join(""), document.createElement("wbr"));
    begin = at;
  }
  element.replaceChildren(...parts, characters.slice(begin).join(""));
}

function show(caption, name) {
  const tags = shown[name];
  if (!tags.includes(caption.lang)) return;
  const row = rowOf(caption.seq, name);
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
  line.className = caption.lang === spoken ? `${name} said` : name;
  line.lang = caption.written_in;
  Object.assign(line.dataset, { tag: caption.lang, rev: caption.rev, flags: caption.flags.join(" ") });
  const text = document.createElement("span");
  text.className = "text";
  setText(text, caption.text, caption.breaks);
  line.replaceChildren(text, ...[mark(caption.flags)].filter(Boolean));
}

function showPartial({ text, stable_chars: stable, start, lang }) {
  if (!shown.first.includes(lang) && !shown.second.includes(lang)) return;
  if (text && start < (ends[lang] ?? 0)) return; // said before the newest caption: already shown
  const characters = Array.from(text);
  partial.lang = lang;
  partial.dataset.start = start;
  partial.querySelector(".stable").textContent = characters.slice(0, stable).join("");
  partial.querySelector(".unstable").textContent = characters.slice(stable).join("");
  partial.hidden = !text;
  if (text) somethingSaid();
}

function showCaption(caption) {
  ends[caption.lang] = Math.max(ends[caption.lang] ?? 0, caption.end);
  if (caption.lang === partial.lang && Number(partial.dataset.start) < ends[caption.lang]) partial.hidden = true;
  show(caption, "first");
  show(caption, "second");
  somethingSaid();
}

function showState({ state, behind_s: behind }) {
  page.dataset.state = state;
  for (const chip of document.querySelectorAll("[data-state-chip]")) {
    chip.textContent = words.state[state];
    chip.className = `chip ${{ live: "accent live", planned: "waiting", ended: "done" }[state]}`;
  }
  if (state !== "live") partial.hidden = true;
  stayAwake(state === "live");
  if (!delay) return;
  const late = state === "live" && behind >= LATE_S;
  const text = late ? words.behind.replace("#", behind) : state === "live" ? words.on_time : words[state];
  const told = "quiet" in delay.dataset && !late ? "" : text;
  if (delay.textContent !== told) delay.textContent = told;
}

let silence = 0;

/** The first words take the invitation away; over a video the last ones go after a while. */
function somethingSaid() {
  if (nothing) nothing.hidden = true;
  join?.classList.remove("waiting");
  const seconds = Number(page.dataset.seconds ?? 0);
  if (!seconds) return;
  clearTimeout(silence);
  page.classList.remove("gone");
  silence = setTimeout(() => page.classList.add("gone"), seconds * 1000);
}

// The stream

const languages = [page.dataset.chosen, page.dataset.chosenSecond].filter(Boolean);
const query = languages.map((tag) => `lang=${encodeURIComponent(tag)}`).join("&");

function begin() {
  return follow(
    () => `/meetings/${page.dataset.meeting}/captions?${query}&after=${position}`,
    {
      caption: (event) => {
        position = event.lastEventId || position;
        changing(() => showCaption(JSON.parse(event.data)));
      },
      partial: (event) => changing(() => showPartial(JSON.parse(event.data))),
      state: (event) => changing(() => showState(JSON.parse(event.data))),
    },
    { banner: document.getElementById("cut") },
  );
}

let stop = begin();
let hiddenAt = 0;

// A phone that slept may hold a connection that is dead without knowing: begin anew, from the last caption.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now();
  else {
    if (Date.now() - hiddenAt > ASLEEP_MS) {
      stop();
      stop = begin();
    }
    stayAwake(page.dataset.state === "live");
  }
});

let wakeLock = null;

/** Keep the screen on while somebody reads. */
async function stayAwake(wanted) {
  if (!wanted) {
    await wakeLock?.release();
    wakeLock = null;
  } else if (!document.hidden && (wakeLock === null || wakeLock.released) && navigator.wakeLock) {
    try {
      wakeLock = await navigator.wakeLock.request("screen");
    } catch {
      // a device that saves its battery says no
    }
  }
}

// Choices

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

const stepSize = (by) => setSize(Number(root.dataset.size ?? 1) + by);

function nextLanguage() {
  const links = [...document.querySelectorAll(".tongues a")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  links[(at + 1) % links.length]?.click();
}

function toggleHall() {
  const address = new URL(location.href);
  if (address.searchParams.has("screen")) address.searchParams.delete("screen");
  else address.searchParams.set("screen", "1");
  location.assign(address);
}

async function toggleFull() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await root.requestFullscreen();
  } catch {
    // not allowed here
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-size-step]");
  if (button) stepSize(Number(button.dataset.sizeStep));
  if (event.target.closest("[data-full]")) toggleFull();
});
document.getElementById("second")?.addEventListener("change", (event) => event.target.form.requestSubmit());
jump?.addEventListener("click", jumpToNow);

if (!body.classList.contains("overlay")) {
  shortcuts({
    j: jumpToNow,
    End: jumpToNow,
    "+": () => stepSize(1),
    "-": () => stepSize(-1),
    d: () => document.querySelector("[data-theme-switch]")?.click(),
    l: nextLanguage,
    h: toggleHall,
    f: toggleFull,
  });
  if (readSize() !== null) setSize(Number(readSize()));
}

// The reader's place, the hall's controls, the overlay's measures

if (scrolls) {
  window.addEventListener(
    "scroll",
    () => {
      following = atEnd();
      if (jump) jump.hidden = following;
    },
    { passive: true },
  );
  window.addEventListener("resize", () => following && toEnd());
}

if (body.classList.contains("hall")) {
  let timer = 0;
  document.addEventListener("pointermove", () => {
    body.classList.add("awake");
    clearTimeout(timer);
    timer = setTimeout(() => body.classList.remove("awake"), AWAKE_MS);
  });
}

if (beside && !shown.first.includes(spoken)) beside.after(partial);
if (page.dataset.lines) body.style.setProperty("--lines", page.dataset.lines);
if (page.dataset.pixels) page.style.setProperty("--caption", `${page.dataset.pixels}px`);
if (list.children.length) somethingSaid();
const tongue = document.querySelector(".tongues [aria-current]"); // on a phone it may be out of sight
if (tongue) tongue.parentElement.scrollLeft = tongue.offsetLeft - tongue.parentElement.clientWidth / 3;
toEnd();

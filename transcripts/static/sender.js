// The microphone page: a recorder, a tape and a line, and what people see of them.
import { follow } from "/static/core/live.js";
import { Line, RATE, Tape } from "./line.js";
import { microphones, Recorder, remember, remembered, TAB } from "./recorder.js";

const LATE_S = 3;
const BEHIND = 2 * RATE; // samples that wait to be sent before the page speaks of them
const QUIET_MS = 10_000; // without any sound, after which the page asks whether the microphone is muted
const SILENCE = 0.002; // peak below which there is no sound: −54 dB

const element = (id) => document.getElementById(id);
const panel = element("sender");
const words = JSON.parse(panel.dataset.words);
const ownNames = JSON.parse(element("readers").dataset.own);
const title = document.title;

let tape = null;
let line = null;
let recorder = null;
let phase = "idle";
let meter = 0;
let lastSound = 0;
let refusal = ""; // why the service takes nothing just now, in its own words; empty: it is not reached
let fault = ""; // what is wrong with the device, until it is mended

const fill = (text, value) => text.replace("#", value);

function clockTime(samples) {
  const seconds = Math.floor(samples / RATE);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function say(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
  element(id).hidden = !text;
}

const recording = () => recorder !== null;

function showPhase(next) {
  phase = next;
  element("switch").textContent = recording() ? words.stop : words.start;
  element("switch").setAttribute("aria-pressed", String(recording()));
  element("switch").disabled = phase === "draining";
  panel.dataset.phase = phase;
  document.title = recording() ? `● ${title}` : title;
  showStatus();
}

function showStatus() {
  let text = words[phase] ?? words.idle;
  if (phase === "sending" && line.kept > BEHIND) text = fill(words.catching_up, clockTime(line.kept));
  if (element("status").textContent !== text) element("status").textContent = text;
}

function showWaiting() {
  say("trouble", refusal ? fill(words.again, refusal) : fill(words.lost, clockTime(line.kept)));
}

function hearLine(what, detail) {
  say("lost-sound", tape.lost ? fill(words.dropped, clockTime(Math.max(RATE, tape.lost))) : "");
  if (what === "ack") {
    element("sent").textContent = clockTime(tape.arrived);
    const late = detail.behind_s >= LATE_S;
    element("behind").textContent = late ? fill(words.behind, Math.round(detail.behind_s)) : words.on_time;
    element("behind").classList.toggle("late", late);
    showStatus();
  } else if (what === "lost") {
    showPhase(line.ending ? "draining" : "connecting");
    refusal = detail?.message ?? "";
    showWaiting();
  } else if (what === "refused") {
    stopRecording();
    showPhase("idle");
    say("trouble", fill(words.refused, detail.message));
  } else {
    showPhase(what);
    say("trouble", "");
  }
}

function hearSound({ samples, peak, level }) {
  tape.add(samples);
  line?.pump();
  showLevel(peak, level);
  if (line?.failures && !line.ready && !line.over) showWaiting();
}

/** Loudness is heard as a logarithm: −50 dB and less is empty, 0 dB is full. It falls slower than it rises, to be read. */
function showLevel(peak, level) {
  const now = Math.max(0, Math.min(100, 100 + (20 * Math.log10(level + 1e-9) * 100) / 50));
  meter = Math.max(now, meter - 6);
  if (peak > SILENCE || !lastSound) lastSound = Date.now();
  let text = words.level_good;
  if (Date.now() - lastSound > QUIET_MS) text = words.level_none;
  else if (peak >= 0.99 || meter > 94) text = words.level_high;
  else if (meter < 20) text = words.level_low;
  element("level").value = meter;
  if (element("level-word").textContent === text) return;
  say("level-word", text);
  element("level").setAttribute("aria-valuetext", text);
}

function hearDevice(what) {
  fault = { gone: words.device_gone, muted: words.device_muted, paused: words.device_paused }[what] ?? "";
  if (what === "gone") {
    recorder.release();
    listDevices();
    element("use-device").hidden = false;
    element("level").value = meter = 0;
  }
  say("device-trouble", fault);
}

function failure(error) {
  if (error.message === "no_tab_sound") return words.no_tab_sound;
  return { NotFoundError: words.no_device, OverconstrainedError: words.no_device, NotReadableError: words.device_busy }[error.name] ?? words.no_microphone;
}

async function start() {
  for (const id of ["trouble", "lost-sound", "device-trouble"]) say(id, "");
  element("switch").disabled = true;
  tape = new Tape();
  line = null;
  lastSound = 0;
  recorder = new Recorder(panel.dataset.worklet, hearSound, hearDevice);
  try {
    await openDevice();
  } catch (error) {
    stopRecording();
    showPhase("idle");
    say("trouble", failure(error));
    return;
  }
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const token = panel.dataset.token ? `?token=${encodeURIComponent(panel.dataset.token)}` : "";
  line = new Line(tape, `${scheme}://${location.host}/meetings/${panel.dataset.meeting}/audio${token}`, hearLine);
  showPhase("connecting");
  say("awake", recorder.awake ? words.awake : words.not_awake);
}

/** Hear the chosen device from now on. */
async function openDevice() {
  const { value, selectedOptions } = element("device");
  await recorder.use(value);
  fault = "";
  say("device-trouble", "");
  element("use-device").hidden = true;
  remember(value, selectedOptions[0]?.label ?? "");
  await listDevices();
}

async function changeDevice() {
  if (!recording()) return;
  try {
    await openDevice();
  } catch (error) {
    say("device-trouble", fault || failure(error));
  }
}

function stopRecording() {
  recorder?.close();
  recorder = null;
  element("level").value = meter = 0;
  for (const id of ["level-word", "awake", "device-trouble"]) say(id, "");
  element("use-device").hidden = true;
  element("level").removeAttribute("aria-valuetext");
}

function stop() {
  stopRecording();
  line.end();
}

async function listDevices() {
  const select = element("device");
  const first = !select.dataset.listed;
  const inputs = await microphones();
  const chosen = first ? remembered(inputs) : select.value;
  select.replaceChildren(
    new Option(words.device_default, ""),
    ...inputs.filter((device) => device.label).map((device) => new Option(device.label, device.deviceId)),
  );
  if (navigator.mediaDevices.getDisplayMedia) select.append(new Option(words.device_tab, TAB));
  select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  select.dataset.listed = first && !inputs.some((device) => device.label) ? "" : "yes"; // names come with the permission
}

function showReaders(readers) {
  const others = { ...readers, [panel.dataset.spoken]: readers[panel.dataset.spoken] - 1 }; // this page reads along itself
  const parts = Object.entries(others).filter(([, count]) => count > 0).map(([tag, count]) => `${ownNames[tag] ?? tag} ${count}`);
  element("readers").textContent = parts.length ? parts.join(" · ") : words.readers_none;
}

function showRecognised({ text, stable_chars: stable }) {
  const characters = Array.from(text);
  element("recognised").querySelector(".stable").textContent = characters.slice(0, stable).join("");
  element("recognised").querySelector(".unstable").textContent = characters.slice(stable).join("");
}

if (navigator.mediaDevices?.getUserMedia && window.AudioWorkletNode) {
  element("switch").addEventListener("click", () => (recording() ? stop() : start()));
  element("device").addEventListener("change", changeDevice);
  element("use-device").addEventListener("click", changeDevice);
  navigator.mediaDevices.addEventListener("devicechange", listDevices);
  listDevices();
} else {
  element("switch").disabled = true;
  say("trouble", words.insecure);
}

window.addEventListener("beforeunload", (event) => {
  if (line && !line.over) event.preventDefault(); // sound would be lost
});

follow(
  () => `/meetings/${panel.dataset.meeting}/captions?lang=${encodeURIComponent(panel.dataset.spoken)}&after=999999999999`,
  {
    partial: (event) => showRecognised(JSON.parse(event.data)),
    caption: (event) => {
      const { text } = JSON.parse(event.data);
      showRecognised({ text, stable_chars: Array.from(text).length });
    },
    state: (event) => showReaders(JSON.parse(event.data).readers),
  },
  { banner: null },
);

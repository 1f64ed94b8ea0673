// Voice messages: record one, choose a sample, or choose a file.

import { t } from "./api.js";
import { icon, make } from "./dom.js";

const MAX_SECONDS = 120;
// LINE's own app sends m4a, so that comes first where the browser can make it.
const FORMATS = ["audio/mp4", "audio/webm;codecs=opus", "audio/ogg;codecs=opus"];

const byId = (id) => document.getElementById(id);
const dialog = byId("voice-dialog");
const record = byId("record");
const trouble = byId("record-trouble");
const player = byId("recorded-audio");
const file = byId("voice-file");
const submit = byId("voice-send");

let recorder = null;
let chosen = null; // {blob, seconds} waiting to be sent
let ticking = 0;

/** Wire the dialog up; `send(form)` takes the fields of one audio action. */
export function setUpVoice(send, samples) {
  byId("samples-block").hidden = samples.length === 0;
  byId("samples").replaceChildren(...samples.map((name) => sampleButton(name, send)));
  record.addEventListener("click", () => (recorder ? recorder.stop() : start()));
  file.addEventListener("change", () => choose(file.files[0] ?? null, null));
  submit.addEventListener("click", () => {
    const form = new FormData();
    form.set("type", "audio");
    form.set("file", chosen.blob, chosen.blob.name ?? "voice");
    if (chosen.seconds !== null) form.set("duration_ms", String(Math.round(chosen.seconds * 1000)));
    dialog.close();
    send(form);
  });
  dialog.addEventListener("close", forget);
}

function sampleButton(name, send) {
  const button = make("button", { type: "button", className: "button full start" }, icon("mic"), make("span", { text: name }));
  button.addEventListener("click", () => {
    dialog.close();
    send({ type: "audio", sample: name });
  });
  return make("li", {}, button);
}

async function start() {
  trouble.hidden = true;
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return complain("voice.insecure");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return complain("voice.refused");
  }
  const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format));
  const parts = [];
  const began = performance.now();
  recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.addEventListener("stop", () => {
    for (const track of stream.getTracks()) track.stop();
    const seconds = (performance.now() - began) / 1000;
    const type = recorder.mimeType.split(";")[0];
    showRecording(false);
    if (dialog.open) choose(new Blob(parts, { type }), seconds);
  });
  recorder.start();
  showRecording(true);
  ticking = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    byId("record-time").value = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
    if (seconds > MAX_SECONDS) recorder?.stop();
  }, 250);
}

function complain(key) {
  trouble.textContent = t(key);
  trouble.hidden = false;
}

function showRecording(on) {
  if (!on) {
    recorder = null;
    clearInterval(ticking);
  }
  record.setAttribute("aria-pressed", String(on));
  byId("record-label").textContent = t(on ? "voice.stop" : "voice.record");
}

function choose(blob, seconds) {
  if (player.src) URL.revokeObjectURL(player.src);
  chosen = blob && { blob, seconds };
  submit.disabled = !chosen;
  byId("recorded").hidden = !chosen;
  if (chosen) player.src = URL.createObjectURL(blob);
}

function forget() {
  recorder?.stop();
  choose(null, null);
  file.value = "";
  trouble.hidden = true;
  byId("record-time").value = "0:00";
}

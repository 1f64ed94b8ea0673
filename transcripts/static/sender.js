// Sends what the microphone hears. Audio is kept until its words are stored, so that neither a cut of the network nor a
// restart of the service loses anything; docs/protocol.md says what the messages mean.
import { follow } from "/static/core/live.js";

const RATE = 16000;
const KEEP = 300 * RATE; // samples kept at most while they cannot be sent or are not stored: five minutes
const IN_FLIGHT = 256 * 1024; // bytes given to the socket at once
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const LATE_S = 3;

const element = (id) => document.getElementById(id);
const panel = element("sender");
const words = JSON.parse(panel.dataset.words);
const ownNames = JSON.parse(element("readers").dataset.own);

/** Audio by sample number, from the oldest still kept to the newest recorded. */
class Tape {
  constructor() {
    this.chunks = [];
    this.first = 0;
    this.end = 0;
    this.dropped = false;
  }

  add(chunk) {
    this.chunks.push(chunk);
    this.end += chunk.length;
    if (this.end - this.first > KEEP) {
      this.forget(this.end - KEEP);
      this.dropped = true;
    }
  }

  /** Let whole chunks before `sample` go. */
  forget(sample) {
    while (this.chunks.length && this.first + this.chunks[0].length <= sample) this.first += this.chunks.shift().length;
  }

  /** What follows `sample`, as far as one chunk reaches. */
  after(sample) {
    let start = this.first;
    for (const chunk of this.chunks) {
      if (sample < start + chunk.length) return chunk.subarray(sample - start);
      start += chunk.length;
    }
    return null;
  }
}

/** Carries a tape to the service, over as many connections as it takes. */
class Line {
  constructor(tape, tell) {
    this.tape = tape;
    this.tell = tell;
    this.name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.origin = null; // number, in the meeting, of the tape's sample 0
    this.next = 0;
    this.ready = false;
    this.ending = false;
    this.over = false;
    this.failures = 0;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const token = panel.dataset.token ? `?token=${encodeURIComponent(panel.dataset.token)}` : "";
    this.socket = new WebSocket(`${scheme}://${location.host}/meetings/${panel.dataset.meeting}/audio${token}`);
    this.socket.onopen = () => {
      const start = { type: "start", sender: this.name };
      if (this.origin !== null) start.resume = this.origin + this.tape.first;
      this.socket.send(JSON.stringify(start));
    };
    this.socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    this.socket.onclose = () => this.cut();
  }

  hear(message) {
    if (message.type === "ready") {
      this.origin ??= message.received_samples;
      this.next = message.received_samples - this.origin;
      this.ready = true;
      this.failures = 0;
      this.tell("sending");
      this.pump();
    } else if (message.type === "ack") {
      this.tape.forget(message.stored_samples - this.origin);
      this.tell("ack", message);
      this.pump();
    } else if (message.type === "ended") {
      this.over = true;
      this.tell("ended");
    } else if (message.type === "error") {
      this.reason = message;
    }
  }

  /** Send what is recorded, no faster than the socket takes it. */
  pump() {
    if (!this.ready || this.over) return;
    while (this.socket.bufferedAmount < IN_FLIGHT) {
      const chunk = this.tape.after(this.next);
      if (chunk === null) break;
      this.socket.send(chunk);
      this.next += chunk.length;
    }
    if (this.next < this.tape.end) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.pump(), 50);
    } else if (this.ending && !this.endSent) {
      this.endSent = true;
      this.socket.send(JSON.stringify({ type: "end" }));
    }
  }

  end() {
    this.ending = true;
    this.tell("draining");
    this.pump();
  }

  cut() {
    this.ready = false;
    this.endSent = false;
    if (this.over) return;
    const reason = this.reason;
    this.reason = undefined;
    if (reason && reason.code !== "busy" && !reason.code.endsWith("unavailable")) {
      this.over = true;
      this.tell("refused", reason);
      return;
    }
    this.tell("lost", reason);
    const pause = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    setTimeout(() => this.connect(), pause * (0.75 + Math.random() / 2));
  }
}

let tape = null;
let line = null;
let context = null;
let stream = null;
let phase = "idle";

function clockTime(samples) {
  const seconds = Math.floor(samples / RATE);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function trouble(text) {
  element("trouble").textContent = text;
  element("trouble").hidden = !text;
}

function showPhase(next) {
  phase = next;
  const running = phase !== "idle" && phase !== "ended";
  element("switch").textContent = running ? words.stop : words.start;
  element("switch").setAttribute("aria-pressed", String(running));
  element("switch").disabled = phase === "draining";
  element("device").disabled = running;
  element("status").textContent = words[phase] ?? words.idle;
}

function hearLine(what, detail) {
  if (what === "ack") {
    element("sent").textContent = clockTime(line.next);
    element("behind").textContent = detail.behind_s >= LATE_S ? words.behind.replace("#", Math.round(detail.behind_s)) : words.on_time;
  } else if (what === "lost") {
    showPhase(line.ending ? "draining" : "connecting");
    trouble(detail ? words.refused.replace("#", detail.message) : words.lost.replace("#", clockTime(tape.end - line.next)));
  } else if (what === "refused") {
    stopRecording();
    showPhase("idle");
    trouble(words.refused.replace("#", detail.message));
  } else {
    showPhase(what);
    trouble(tape.dropped && what === "sending" ? words.dropped : "");
  }
}

function hearMicrophone({ data }) {
  tape.add(data.samples);
  line.pump();
  // Loudness is heard as a logarithm: -50 dB and less is empty, 0 dB is full.
  const level = Math.max(0, Math.min(100, 100 + (20 * Math.log10(data.peak + 1e-9) * 100) / 50));
  element("level").value = level;
  element("level-word").textContent = level > 92 ? words.level_high : level < 8 ? words.level_low : words.level_good;
  if (phase === "connecting" && !line.ready && line.failures) {
    trouble(words.lost.replace("#", clockTime(tape.end - line.next)));
  }
}

async function openStream() {
  if (element("device").value !== "tab") {
    const device = element("device").value;
    return navigator.mediaDevices.getUserMedia({
      audio: { deviceId: device ? { exact: device } : undefined, channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true },
    });
  }
  const shared = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
  for (const track of shared.getVideoTracks()) track.stop();
  if (!shared.getAudioTracks().length) throw new Error("no_tab_sound");
  return new MediaStream(shared.getAudioTracks());
}

async function start() {
  trouble("");
  showPhase("connecting");
  try {
    stream = await openStream();
  } catch (error) {
    showPhase("idle");
    trouble(words[error.message] ?? words.no_microphone);
    return;
  }
  tape = new Tape();
  line = new Line(tape, hearLine);
  context = new AudioContext();
  await context.audioWorklet.addModule(panel.dataset.worklet);
  const microphone = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  microphone.port.onmessage = hearMicrophone;
  context.createMediaStreamSource(stream).connect(microphone);
  await context.resume();
  await listDevices();
}

function stopRecording() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  context?.close();
  stream = context = null;
  element("level").value = 0;
  element("level-word").textContent = "";
}

function stop() {
  stopRecording();
  line.end();
}

async function listDevices() {
  const select = element("device");
  const chosen = select.value;
  const inputs = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "audioinput" && device.deviceId && device.deviceId !== "default");
  select.replaceChildren(
    new Option(words.device_default, ""),
    ...inputs.filter((device) => device.label).map((device) => new Option(device.label, device.deviceId)),
  );
  if (navigator.mediaDevices.getDisplayMedia) select.append(new Option(words.device_tab, "tab"));
  select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
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

if (navigator.mediaDevices?.getUserMedia) {
  element("switch").addEventListener("click", () => (stream ? stop() : start()));
  navigator.mediaDevices.addEventListener("devicechange", listDevices);
  listDevices();
} else {
  element("switch").disabled = true;
  trouble(words.insecure);
}

window.addEventListener("beforeunload", (event) => {
  if (line && !line.over && phase !== "idle") event.preventDefault(); // sound would be lost
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

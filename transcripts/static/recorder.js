// Opens a microphone or the sound of a tab, keeps the device awake, and notices when sound stops coming.

const REMEMBERED = "madoguchi.microphone";
export const TAB = "tab";

/** The device that was used last: its id, or, where browsers change ids, another with the same name. */
export function remembered(devices) {
  try {
    const last = JSON.parse(localStorage.getItem(REMEMBERED) ?? "null");
    const found = devices.find((one) => one.deviceId === last?.id) ?? devices.find((one) => one.label && one.label === last?.label);
    return last?.id === TAB ? TAB : (found?.deviceId ?? "");
  } catch {
    return ""; // storage is blocked
  }
}

export function remember(id, label) {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify({ id, label }));
  } catch {
    // storage is blocked: chosen anew next time
  }
}

export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((one) => one.kind === "audioinput" && one.deviceId && one.deviceId !== "default" && one.deviceId !== "communications");
}

async function openStream(device) {
  if (device !== TAB) {
    return navigator.mediaDevices.getUserMedia({
      audio: { deviceId: device ? { exact: device } : undefined, channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true },
    });
  }
  const shared = await navigator.mediaDevices.getDisplayMedia({
    video: true, // browsers share no sound without a picture
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    systemAudio: "include",
  });
  for (const track of shared.getVideoTracks()) track.stop();
  if (!shared.getAudioTracks().length) throw new Error("no_tab_sound");
  return new MediaStream(shared.getAudioTracks());
}

/** Hears one device at a time; another can take its place. `tell(what)` hears: gone, muted, paused, back. */
export class Recorder {
  constructor(worklet, hear, tell) {
    this.worklet = worklet;
    this.hear = hear;
    this.tell = tell;
    this.wake = () => this.keepAwake();
  }

  /** Hear this device from now on. Throws when it cannot be opened; what was heard before is then heard on. */
  async use(device) {
    const stream = await openStream(device);
    if (!this.context) await this.openContext();
    this.release();
    this.stream = stream;
    const [track] = stream.getAudioTracks();
    track.onended = () => this.stream === stream && this.tell("gone");
    track.onmute = () => this.stream === stream && this.tell("muted");
    track.onunmute = () => this.stream === stream && this.tell("back");
    this.source = this.context.createMediaStreamSource(stream);
    this.source.connect(this.node);
    await this.context.resume();
  }

  async openContext() {
    const context = new AudioContext({ latencyHint: "balanced" });
    await context.audioWorklet.addModule(this.worklet);
    this.node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => this.hear(data);
    this.context = context;
    context.onstatechange = () => {
      if (this.context !== context) return;
      this.tell(context.state === "running" ? "back" : "paused"); // a phone call, or a page in the background
    };
    document.addEventListener("visibilitychange", this.wake);
    document.addEventListener("pointerdown", this.wake);
    await this.keepAwake();
  }

  /** Hold the screen on; phones give that up, and stop the microphone, whenever the page is hidden. */
  async keepAwake() {
    if (document.hidden || !this.context) return;
    if (this.context.state !== "running") await this.context.resume().catch(() => undefined);
    if (this.lock && !this.lock.released) return;
    this.lock = await navigator.wakeLock?.request("screen").catch(() => null);
    this.awake = Boolean(this.lock);
  }

  release() {
    this.source?.disconnect();
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.source = this.stream = null;
  }

  close() {
    this.release();
    document.removeEventListener("visibilitychange", this.wake);
    document.removeEventListener("pointerdown", this.wake);
    const { context } = this;
    this.context = null;
    context?.close();
    this.lock?.release();
    this.lock = null;
  }
}

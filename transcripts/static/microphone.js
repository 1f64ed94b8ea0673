// Runs in the audio thread: makes 16 kHz signed 16-bit samples of whatever rate the device has, and measures the level.

const RATE = 16000;
const CHUNK = 1600; // samples in one message: 100 ms
const LOBES = 16; // zero crossings of the filter on each side
const PASS = 0.9; // of what 16 kHz can hold is let through; the rest is room for the filter's slope

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/**
 * The low-pass filter that keeps what 16 kHz cannot hold from folding back: a sinc under a Hann window, worked out once
 * for each of the places that an output sample can have between two input samples (1 for 48 kHz, 160 for 44.1 kHz).
 */
function filters(phases, ratio) {
  const cutoff = Math.min(1, 1 / ratio) * PASS;
  const reach = Math.ceil(LOBES * Math.max(1, ratio));
  const table = [];
  for (let phase = 0; phase < phases; phase += 1) {
    const taps = new Float32Array(2 * reach);
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap += 1) {
      const distance = tap - reach + 1 - phase / phases;
      const x = Math.PI * distance * cutoff;
      const window = Math.abs(distance) < reach ? 0.5 + 0.5 * Math.cos((Math.PI * distance) / reach) : 0;
      taps[tap] = (x === 0 ? 1 : Math.sin(x) / x) * window;
      sum += taps[tap];
    }
    table.push(taps.map((value) => value / sum));
  }
  return { reach, table };
}

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    const common = divisor(sampleRate, RATE);
    this.phases = RATE / common;
    this.step = sampleRate / common; // phases from one output sample to the next
    ({ reach: this.reach, table: this.table } = filters(this.phases, sampleRate / RATE));
    this.held = new Float32Array(2 * this.reach + 8192); // input that the filter still needs
    this.length = this.reach; // silence before the first sample, so that the first output is the first input
    this.place = this.reach; // the input sample at or before the next output sample
    this.phase = 0;
    this.output = new Int16Array(CHUNK);
    this.filled = 0;
    this.peak = 0;
    this.energy = 0;
  }

  process([channels]) {
    if (!channels?.length) return true; // the device sends nothing just now
    this.take(channels);
    while (this.place + this.reach < this.length) {
      const taps = this.table[this.phase];
      const begin = this.place - this.reach + 1;
      let value = 0;
      for (let tap = 0; tap < taps.length; tap += 1) value += this.held[begin + tap] * taps[tap];
      this.put(value);
      this.phase += this.step;
      this.place += Math.floor(this.phase / this.phases);
      this.phase %= this.phases;
    }
    return true;
  }

  /** Append the mean of the channels. */
  take(channels) {
    const count = channels[0].length;
    if (this.length + count > this.held.length) {
      const done = this.place - this.reach;
      this.held.copyWithin(0, done, this.length);
      this.length -= done;
      this.place -= done;
    }
    for (let at = 0; at < count; at += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[at];
      this.held[this.length + at] = sum / channels.length;
    }
    this.length += count;
  }

  put(value) {
    const bounded = Math.max(-1, Math.min(1, value));
    this.peak = Math.max(this.peak, Math.abs(value));
    this.energy += bounded * bounded;
    this.output[this.filled] = Math.round(bounded * 32767);
    this.filled += 1;
    if (this.filled < CHUNK) return;
    const level = Math.sqrt(this.energy / CHUNK);
    this.port.postMessage({ samples: this.output, peak: this.peak, level }, [this.output.buffer]);
    this.output = new Int16Array(CHUNK);
    this.filled = this.peak = this.energy = 0;
  }
}

registerProcessor("microphone", Microphone);

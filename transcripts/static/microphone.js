// Runs in the audio thread: makes 16 kHz signed 16-bit samples of whatever rate the device has, and measures the level.

const RATE = 16000;
const CHUNK = 1600; // samples in one message: 100 ms
const LOBES = 12; // zero crossings of the filter on each side

/** The low-pass filter that keeps what 16 kHz cannot hold from folding back: a sinc under a Hann window. */
function kernel(ratio) {
  const cutoff = Math.min(1, 1 / ratio) * 0.92;
  const reach = Math.ceil(LOBES * Math.max(1, ratio));
  return {
    reach,
    at(distance) {
      if (Math.abs(distance) >= reach) return 0;
      const x = Math.PI * distance * cutoff;
      const sinc = x === 0 ? 1 : Math.sin(x) / x;
      return cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
    },
  };
}

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ratio = sampleRate / RATE;
    this.filter = kernel(this.ratio);
    this.input = []; // samples not yet behind the filter
    this.next = this.filter.reach; // place of the next output sample, in input samples
    this.output = new Int16Array(CHUNK);
    this.filled = 0;
    this.peak = 0;
  }

  process([channels]) {
    const first = channels[0];
    if (!first) return true; // the device sends nothing just now
    for (let at = 0; at < first.length; at += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[at];
      this.input.push(sum / channels.length);
    }
    const { reach } = this.filter;
    while (this.next + reach < this.input.length) {
      const middle = Math.floor(this.next);
      let value = 0;
      for (let at = middle - reach + 1; at <= middle + reach; at += 1) value += this.input[at] * this.filter.at(at - this.next);
      this.put(value);
      this.next += this.ratio;
    }
    const done = Math.floor(this.next) - reach;
    if (done > 0) {
      this.input.splice(0, done);
      this.next -= done;
    }
    return true;
  }

  put(value) {
    const bounded = Math.max(-1, Math.min(1, value));
    this.peak = Math.max(this.peak, Math.abs(bounded));
    this.output[this.filled] = Math.round(bounded * 32767);
    this.filled += 1;
    if (this.filled < CHUNK) return;
    this.port.postMessage({ samples: this.output, peak: this.peak }, [this.output.buffer]);
    this.output = new Int16Array(CHUNK);
    this.filled = 0;
    this.peak = 0;
  }
}

registerProcessor("microphone", Microphone);

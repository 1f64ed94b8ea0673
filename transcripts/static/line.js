// Carries recorded sound to the service over as many connections as it takes; docs/protocol.md says what the messages mean.

export const RATE = 16000;
const KEEP = 300 * RATE; // samples kept at most while they cannot be sent or are not stored: five minutes
const IN_FLIGHT = 256 * 1024; // bytes given to the socket at once
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const SILENT_MS = 25_000; // without an answer to what was sent, after which a connection counts as broken

/** Sound by sample number, from the oldest still kept to the newest recorded. */
export class Tape {
  constructor(keep = KEEP) {
    this.keep = keep;
    this.chunks = [];
    this.first = 0;
    this.end = 0;
    this.arrived = 0; // samples before this have reached the service
    this.lost = 0; // samples that had to be dropped before they did
  }

  add(chunk) {
    this.chunks.push(chunk);
    this.end += chunk.length;
    if (this.end - this.first <= this.keep) return;
    const before = this.first;
    this.forget(this.end - this.keep + chunk.length);
    this.lost += Math.max(0, this.first - Math.max(before, this.arrived));
  }

  /** Let whole chunks before `sample` go. */
  forget(sample) {
    while (this.chunks.length && this.first + this.chunks[0].length <= sample) this.first += this.chunks.shift().length;
  }

  /** What follows `sample`, as far as one chunk reaches. */
  after(sample) {
    let start = this.first;
    for (const chunk of this.chunks) {
      if (sample < start + chunk.length) return chunk.subarray(Math.max(0, sample - start));
      start += chunk.length;
    }
    return null;
  }
}

/** A tape's way to the service. `tell(what, detail)` hears: sending, ack, lost, refused, draining, ended. */
export class Line {
  constructor(tape, address, tell) {
    this.tape = tape;
    this.address = address;
    this.tell = tell;
    this.name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.origin = null; // number, in the meeting, of the tape's sample 0
    this.next = 0;
    this.ready = false;
    this.ending = false;
    this.over = false;
    this.failures = 0;
    this.online = () => this.retry();
    this.offline = () => this.socket?.close();
    window.addEventListener("online", this.online);
    window.addEventListener("offline", this.offline); // sooner than the connection itself would notice
    this.connect();
  }

  /** Samples that are recorded and have not been sent. */
  get kept() {
    return this.tape.end - Math.max(this.next, this.tape.first);
  }

  connect() {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.onopen = () => {
      const start = { type: "start", sender: this.name };
      if (this.origin !== null) start.resume = this.origin + this.tape.first;
      socket.send(JSON.stringify(start));
      this.expectAnswer();
    };
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket === socket) this.cut();
    };
  }

  /** Try now what would be tried later. */
  retry() {
    if (this.over || this.ready || this.socket?.readyState <= WebSocket.OPEN) return;
    this.connect();
  }

  /** A network that died without a word (a phone that changes its network) is noticed by the answers that do not come. */
  expectAnswer() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      if (!this.over && (!this.ready || this.next > this.tape.arrived || this.endSent)) this.drop();
    }, SILENT_MS);
  }

  /** Give this connection up and begin another; closing one that is dead can take minutes. */
  drop() {
    const dead = this.socket;
    this.socket = null;
    dead.close();
    this.cut();
  }

  hear(message) {
    this.expectAnswer();
    if (message.type === "ready") {
      this.origin ??= message.received_samples - this.tape.first;
      this.next = message.received_samples - this.origin;
      this.tape.arrived = Math.max(this.tape.arrived, this.next);
      this.ready = true;
      this.failures = 0;
      this.tell(this.ending ? "draining" : "sending");
      this.pump();
    } else if (message.type === "ack") {
      this.tape.arrived = Math.max(this.tape.arrived, message.received_samples - this.origin);
      this.tape.forget(message.stored_samples - this.origin);
      this.tell("ack", message);
      this.pump();
    } else if (message.type === "ended") {
      this.close();
      this.tell("ended");
    } else if (message.type === "error") {
      this.reason = message;
    }
  }

  /** Send what is recorded, no faster than the socket takes it. */
  pump() {
    if (!this.ready || this.over) return;
    if (this.next < this.tape.first) {
      this.drop(); // what comes next is gone, and only a new connection can say so
      return;
    }
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
      this.expectAnswer();
    }
  }

  end() {
    this.ending = true;
    this.tell("draining");
    this.retry();
    this.pump();
  }

  cut() {
    this.ready = false;
    this.endSent = false;
    clearTimeout(this.silence);
    if (this.over) return;
    const reason = this.reason;
    this.reason = undefined;
    if (reason && reason.code !== "busy" && !reason.code.endsWith("unavailable")) {
      this.close();
      this.tell("refused", reason);
      return;
    }
    this.tell("lost", reason);
    const pause = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), pause * (0.75 + Math.random() / 2));
  }

  close() {
    this.over = true;
    clearTimeout(this.silence);
    clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
    window.removeEventListener("offline", this.offline);
  }
}

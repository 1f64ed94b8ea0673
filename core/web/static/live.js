// What pages that stay open share: following a stream of events, times that age, keyboard shortcuts, announcements.

const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
const MINUTE = 60_000;

/**
 * Follow server-sent events and keep following: the browser's own retry ends for good on an HTTP error, this one does not.
 * @param {string | ((lastEventId: string) => string)} url  a function may add the last id, so that a new connection resumes
 * @param {Record<string, (event: MessageEvent) => void>} handlers  one for each event name
 * @param {{banner?: HTMLElement | null, onState?: (online: boolean) => void}} [options]
 * @returns {() => void} stops following
 */
export function follow(url, handlers, { banner = document.getElementById("offline-banner"), onState } = {}) {
  let source = null;
  let timer = 0;
  let failures = 0;
  let lastEventId = "";

  const tell = (online) => {
    if (banner) banner.hidden = online;
    onState?.(online);
  };

  const open = () => {
    source = new EventSource(typeof url === "function" ? url(lastEventId) : url);
    source.onopen = () => {
      failures = 0;
      tell(true);
    };
    source.onerror = () => {
      tell(false);
      if (source.readyState !== EventSource.CLOSED) return;
      const pause = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
      timer = setTimeout(open, pause * (0.75 + Math.random() / 2)); // spread, so that all pages do not return at once
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) lastEventId = event.lastEventId;
        handle(event);
      });
    }
  };

  const retryNow = () => {
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(timer);
    open();
  };

  open();
  window.addEventListener("online", retryNow);
  return () => {
    clearTimeout(timer);
    window.removeEventListener("online", retryNow);
    source.close();
  };
}

/** “3 分前”, “3 min. ago”: how long ago `date` was, in `language`. */
export function relative(date, language, now = Date.now()) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const minutes = Math.round((date.getTime() - now) / MINUTE);
  if (Math.abs(minutes) < 60) return minutes === 0 ? format.format(0, "second") : format.format(minutes, "minute");
  const hours = Math.round(minutes / 60);
  if (Math.abs(hours) < 24) return format.format(hours, "hour");
  return format.format(Math.round(hours / 24), "day");
}

/** Rewrite every <time data-relative> under `root` as a relative time; the exact time stays in its title. */
export function ageTimes(root = document) {
  const language = document.documentElement.lang;
  for (const element of root.querySelectorAll("time[data-relative]")) {
    const text = relative(new Date(element.dateTime), language);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** Keep every relative time on the page true. */
export function keepTimes() {
  ageTimes();
  setInterval(ageTimes, MINUTE / 2);
}

const isTyping = (target) => target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;

/**
 * Single-key shortcuts. They rest while somebody types or a dialog is open, and leave the browser's own combinations alone.
 * @param {Record<string, (event: KeyboardEvent) => void>} keys  by KeyboardEvent.key
 */
export function shortcuts(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

/** Say `text` to screen readers, politely. */
export function announce(text) {
  const region = document.getElementById("announcements");
  if (region) region.textContent = text;
}

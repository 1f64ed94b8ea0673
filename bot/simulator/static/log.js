// What LINE saw, newest first; each line opens to the bytes.

import { get, t } from "./api.js";
import { make } from "./dom.js";

const KEPT = 300;

const list = document.getElementById("log");
const empty = document.getElementById("log-empty");
const all = document.getElementById("log-all");

let last = 0;
let resident = "";

/** Show only what concerns this resident, unless everything is wanted. */
export function showLogOf(userId) {
  resident = userId;
  filter();
}

/** Fetch and show what is new; `anew` forgets what was shown before (the simulator was restarted). */
export async function updateLog(anew = false) {
  if (anew) {
    last = 0;
    list.replaceChildren();
  }
  const { log } = await get(`/log?after=${last}`);
  for (const entry of log) {
    if (entry.id <= last) continue;
    last = entry.id;
    list.prepend(renderLine(entry));
  }
  while (list.childElementCount > KEPT) list.lastElementChild.remove();
  filter();
}

function filter() {
  let shown = 0;
  for (const line of list.children) {
    line.hidden = !all.checked && line.dataset.resident !== "" && line.dataset.resident !== resident;
    if (!line.hidden) shown += 1;
  }
  empty.hidden = shown > 0;
}

function sentence({ side, action, status, ms, facts }) {
  const answer = status || t("log.aborted");
  if (side === "webhook") {
    const values = { action, status, ms: Math.round(ms), reason: t(`reason.${facts.reason || "unknown"}`) };
    return t(status ? "log.webhook" : "log.webhook_failed", values);
  }
  const known = { reply: "log.reply", push: "log.push", multicast: "log.multicast", loading: "log.loading" };
  const complete = action === "reply" ? "token_age_s" in facts : action === "loading" ? "loading_s" in facts : "messages" in facts;
  const values = { action, status: answer, messages: facts.messages, age: facts.token_age_s?.toFixed(1), recipients: facts.recipients, seconds: facts.loading_s };
  return t(complete && known[action] ? known[action] : "log.call", values);
}

function renderLine(entry) {
  const good = entry.status >= 200 && entry.status < 300;
  const at = new Date(entry.at).toLocaleTimeString("ja", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const notes = [];
  if (entry.facts.redelivery) notes.push(t("log.redelivered"));
  if (entry.facts.fault) notes.push(t("log.fault", { kind: entry.facts.fault }));
  if (entry.facts.retry_key) notes.push(t("log.retry_key", { key: entry.facts.retry_key.slice(0, 8) }));
  const details = make(
    "details",
    {},
    make(
      "summary",
      {},
      make("time", { className: "number soft", dateTime: entry.at, text: at }),
      make("span", { className: `side-mark ${entry.side}`, text: entry.side === "webhook" ? "→" : "←", ariaHidden: "true" }),
      make("span", { className: good ? "log-text" : "log-text bad", text: sentence(entry) }),
      ...notes.map((text) => make("span", { className: "log-note", text })),
    ),
  );
  details.addEventListener("toggle", () => fill(details, entry), { once: true });
  return make("li", { data: { resident: entry.resident, side: entry.side, status: entry.status } }, details);
}

function fill(details, entry) {
  details.append(
    make("p", { className: "small soft", text: `${t("log.request_id")}: ${entry.request_id || t("log.nothing")}` }),
    ...bytes(t("log.request"), entry.request),
    ...bytes(t("log.response"), entry.response),
  );
}

function bytes(title, text) {
  return [make("h3", { text: title }), make("pre", { tabIndex: 0, text: pretty(text) || t("log.nothing") })];
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // cut off, or no JSON
  }
}

all.addEventListener("change", filter);

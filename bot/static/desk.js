// The staff desk, kept up to date. The page works without this file; here it becomes quicker and quieter.
import { ageTimes, announce, follow, shortcuts } from "../core/live.js";
import { keepDraft } from "./draft.js";
import { markFacts } from "./facts.js";
import { followTyping } from "./preview.js";

const NEAR_END = 48; // px from the end that still count as "reading the newest"

const desk = document.querySelector(".desk");
const conversation = document.getElementById("conversation");
const form = document.getElementById("answer-form");
const text = document.getElementById("answer-text");
const toNewest = document.querySelector("[data-to-newest]");
const selected = document.querySelector('[data-part="conversation"]').dataset.request;
const title = document.title;

// ── Parts that the server sends anew ───────────────────────────────────────────────────────────────────────────────
// What an item looked like when it came: facts are marked and times age afterwards, so the page itself is no measure.
const received = new WeakMap();
const remember = (root) => {
  for (const item of root.querySelectorAll("[data-key]")) received.set(item, item.outerHTML);
};

/** Put `fresh` in place of `old`, but keep every item that has not changed, so that nothing being read is touched. */
function replacePart(old, fresh) {
  remember(fresh);
  const known = new Map();
  for (const item of old.querySelectorAll("[data-key]")) known.set(item.dataset.key, item);
  const focused = document.activeElement?.closest("[data-key]")?.dataset.key;
  for (const item of fresh.querySelectorAll("[data-key]")) {
    const before = known.get(item.dataset.key);
    if (before && received.get(before) === received.get(item)) item.replaceWith(before);
    else if (!before) item.classList.add("arrives");
  }
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`[data-key="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
  ageTimes(fresh);
}

async function fetchPart(name) {
  const query = selected ? `?request=${encodeURIComponent(selected)}` : "";
  const response = await fetch(`/desk/parts/${name}${query}`, { headers: { Accept: "text/html" } });
  if (!response.ok) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector(`[data-part="${name}"]`);
}

function showCount() {
  const waiting = Number(document.querySelector('[data-part="queue"]').dataset.waiting);
  document.title = waiting ? `(${waiting}) ${title}` : title;
}

async function refreshQueue() {
  const fresh = await fetchPart("queue");
  if (!fresh) return;
  replacePart(document.querySelector('[data-part="queue"]'), fresh);
  showCount();
}

const scroller = () => (conversation.scrollHeight > conversation.clientHeight + 1 ? conversation : document.scrollingElement);
const atEnd = () => scroller().scrollHeight - scroller().scrollTop - scroller().clientHeight < NEAR_END;
const goToEnd = () => {
  // On a phone the page itself scrolls, and the answer follows the newest message.
  if (scroller() === conversation) conversation.scrollTop = conversation.scrollHeight;
  else conversation.querySelector(".message:last-of-type")?.scrollIntoView({ block: "center" });
  toNewest.hidden = true;
};

async function refreshConversation() {
  if (!selected) return;
  const fresh = await fetchPart("conversation");
  if (!fresh) return;
  const old = document.querySelector('[data-part="conversation"]');
  const [wasAtEnd, position, count] = [atEnd(), scroller().scrollTop, old.querySelectorAll(".message").length];
  replacePart(old, fresh);
  markFacts(fresh);
  scroller().scrollTop = position;
  const grew = fresh.querySelectorAll(".message").length > count;
  if (grew && wasAtEnd) goToEnd();
  else if (grew) toNewest.hidden = false;
  if (grew) announce(toNewest.textContent.trim());
  if (fresh.dataset.state !== old.dataset.state || fresh.dataset.mine !== old.dataset.mine) ownerChanged();
}

/** The answer column no longer fits the request: load it again, unless there is text that somebody is writing. */
function ownerChanged() {
  if (text?.value.trim()) form.querySelector('[data-slot="changed"]').hidden = false;
  else location.replace(`/desk?request=${encodeURIComponent(selected)}`); // a reload would repeat a form
}

/** Runs `work` now, and once more afterwards if it was asked for meanwhile; never twice at the same time. */
function one(work) {
  let running = false;
  let again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again) {
        again = false;
        await work();
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no network: the banner says so, and the next event asks again
    } finally {
      running = false;
    }
  };
}

const refresh = one(() => Promise.all([refreshQueue(), refreshConversation()]));

// ── The answer ─────────────────────────────────────────────────────────────────────────────────────────────────────
function insertReply(button) {
  const reply = button.closest("li").querySelector("[data-reply]").textContent;
  const gap = text.value && !text.value.endsWith("\n") ? "\n" : "";
  text.setRangeText(gap + reply, text.selectionEnd, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  button.closest("details").open = false;
  text.focus();
}

/** Ask once before something goes out that lost a fact. */
function askBeforeLoss(event) {
  if (event.submitter?.name === "preview" || form.elements.confirm.checked) return;
  const lost = form.querySelectorAll(".preview [data-lost]");
  if (!lost.length) return;
  event.preventDefault();
  const dialog = document.getElementById("confirm-loss");
  dialog.querySelector('[data-slot="lost"]').replaceChildren(...[...lost].map((chip) => chip.cloneNode(true)));
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "send") return text.focus();
    form.elements.confirm.checked = true;
    form.requestSubmit(form.elements.send);
  }, { once: true });
  dialog.showModal();
}

function setUpAnswer() {
  form.noValidate = true; // the dialog asks instead of the tick box
  form.querySelector('[data-slot="confirm"]').hidden = true;
  const draft = keepDraft(form, text);
  followTyping(form, text);
  form.addEventListener("submit", (event) => {
    if (!text.value.trim()) {
      event.preventDefault();
      return text.focus();
    }
    askBeforeLoss(event);
    if (event.defaultPrevented) return;
    draft.sent();
    // A second press while the first is on its way would only be refused.
    setTimeout(() => form.elements.send.setAttribute("aria-disabled", "true"));
  });
  window.addEventListener("pageshow", () => form.elements.send.removeAttribute("aria-disabled"));
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (button) insertReply(button);
    if (event.target.closest('[aria-disabled="true"]')) event.preventDefault();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit(form.elements.send);
    }
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      text.blur(); // one step back; the text stays
    }
  });
}

// ── Keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────
function moveTicket(step) {
  const tickets = [...desk.querySelectorAll(".ticket")];
  if (!tickets.length) return;
  const here = tickets.findIndex((ticket) => ticket === document.activeElement);
  const from = here >= 0 ? here : tickets.findIndex((ticket) => ticket.hasAttribute("aria-current"));
  const next = from < 0 ? (step > 0 ? 0 : tickets.length - 1) : Math.min(Math.max(from + step, 0), tickets.length - 1);
  tickets[next].focus();
}

function setUpKeys() {
  shortcuts({
    j: () => moveTicket(1),
    k: () => moveTicket(-1),
    c: () => desk.querySelector('[data-action="claim"]')?.requestSubmit(),
    a: () => text?.focus(),
    Escape: () => {
      if (selected) location.assign("/desk");
    },
  });
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    for (const element of document.querySelectorAll("[data-combination]")) element.textContent = "⌘ ⏎";
  }
}

remember(document);
markFacts(document);
showCount();
setUpKeys();
if (form) setUpAnswer();
goToEnd();
toNewest.addEventListener("click", goToEnd);
follow("/desk/events", { changed: refresh }, { onState: (online) => online && refresh() });

// The phone: who is playing, what the chat shows, and what a person does.

import { announce, follow, shortcuts } from "/static/core/live.js";
import { Trouble, get, loadWords, post, t } from "./api.js";
import { STICKERS, renderEntry, summary } from "./bubbles.js";
import { icon, languageOf, make, safeUrl } from "./dom.js";
import { showLogOf, updateLog } from "./log.js";
import { setUpVoice } from "./voice.js";

const NEAR_END = 80; // px from the end within which new messages scroll into view
const TROUBLE_MS = 8000;

const byId = (id) => document.getElementById(id);
const account = document.querySelector(".account strong").textContent;
const language = document.documentElement.lang;
const chat = byId("chat");
const text = byId("text");

let residents = [];
let current = null; // the resident being played
let entries = new Map(); // seq → entry, of the current resident
let position = 0;
let quoted = null;
let run = "";
let connected = true; // whether the simulator knows where the bot listens
const seen = new Map(); // resident id → position when last looked at
let typingTimer = 0;
let troubleTimer = 0;

/* Doing things */

/** Carry out an action of the resident; trouble is shown, and the promise says whether it went through. */
async function send(action) {
  try {
    await post(`/users/${current.id}/send`, action);
    return true;
  } catch (error) {
    showTrouble(error);
    return false;
  }
}

/** What a tapped button of LINE does. */
async function act(action) {
  closePanels();
  switch (action.type) {
    case "message":
      return send({ type: "text", text: action.text });
    case "postback":
      return send({ type: "postback", data: action.data, displayText: action.displayText ?? action.text });
    case "uri":
      if (safeUrl(action.uri)) window.open(action.uri, "_blank", "noopener,noreferrer");
      return true;
    case "location":
      return byId("location-dialog").showModal();
    case "camera":
    case "cameraRoll":
      return byId("picture").click();
    case "clipboard":
      return navigator.clipboard?.writeText(action.clipboardText);
    case "datetimepicker":
      return askWhen(action);
    default:
      return false;
  }
}

function askWhen(action) {
  const input = byId("when");
  Object.assign(input, { type: action.mode === "datetime" ? "datetime-local" : action.mode, value: action.initial ?? "", min: action.min ?? "", max: action.max ?? "" });
  byId("when-form").onsubmit = () => send({ type: "postback", data: action.data, params: { [action.mode]: input.value } });
  byId("when-dialog").showModal();
}

function showTrouble(error) {
  if (!(error instanceof Trouble) && !(error instanceof TypeError)) throw error;
  const box = byId("trouble");
  box.textContent = error instanceof Trouble ? error.message : t("offline");
  box.hidden = false;
  clearTimeout(troubleTimer);
  troubleTimer = setTimeout(() => (box.hidden = true), TROUBLE_MS);
}

/* The chat */

const context = {
  get resident() {
    return current;
  },
  account,
  act,
  find: (id) => [...entries.values()].find((entry) => entry.id === id),
  quote(entry) {
    quoted = entry;
    byId("quoting-text").textContent = t("quote.label", { text: summary(entry.message) });
    byId("quoting").hidden = false;
    text.focus();
  },
  resend: (entry) => post(`/events/${entry.event_id}/redeliver`, {}).catch(showTrouble),
  unsend: (entry) => send({ type: "unsend", message_id: entry.id }),
};

const dayOf = (entry) => new Date(entry.at).toLocaleDateString(language, { year: "numeric", month: "short", day: "numeric", weekday: "short" });

function showEntry(entry) {
  const element = renderEntry(entry, context);
  const old = chat.querySelector(`[data-seq="${entry.seq}"]`);
  const previous = entries.get(entry.seq - 1);
  const sameDay = previous && dayOf(previous) === dayOf(entry);
  entries.set(entry.seq, entry);
  if (sameDay && previous.from === entry.from) element.classList.add("follows");
  if (old) {
    const focused = old.contains(document.activeElement);
    old.replaceWith(element);
    if (focused) element.focus({ preventScroll: true }); // whoever came by the Tab key stays here
    return;
  }
  if (!sameDay) chat.append(make("div", { className: "day", text: dayOf(entry) }));
  chat.append(element);
  if (entry.from === "bot") announce(`${account}: ${summary(entry.message)}`);
}

async function updateChat() {
  const whose = current.id;
  const state = await get(`/users/${whose}/messages?after=${position}`);
  if (whose !== current.id) return; // somebody else is being played by now
  const stick = chat.scrollHeight - chat.scrollTop - chat.clientHeight < NEAR_END;
  const first = position === 0;
  position = state.position;
  seen.set(whose, position);
  const otherMenu = current.menu !== undefined && current.menu !== state.menu;
  Object.assign(current, state, { messages: undefined });
  if (otherMenu) await showMenu();
  byId("loading")?.remove();
  chat.querySelector(".typing")?.remove();
  chat.querySelector(".hello")?.remove();
  for (const entry of state.messages) showEntry(entry);
  if (entries.size === 0) chat.append(renderHello());
  showQuickReplies();
  showTyping(state.typing_s);
  showState();
  const own = state.messages.at(-1)?.from === "resident";
  if (stick || first || own) toNewest();
  else if (state.messages.length) byId("to-newest").hidden = false;
}

function renderHello() {
  return make(
    "div",
    { className: "hello" },
    make("span", { className: "avatar", ariaHidden: "true" }),
    make("strong", { text: account, lang: "ja" }),
    make("p", { text: t(current.friend ? "phone.empty" : "phone.about", { account }) }),
  );
}

function toNewest() {
  chat.scrollTop = chat.scrollHeight;
  byId("to-newest").hidden = true;
}

function showTyping(seconds) {
  clearTimeout(typingTimer);
  if (!seconds) return;
  const dots = make("div", { className: "bubble dots", attributes: { role: "img", "aria-label": t("phone.typing") } }, make("span"), make("span"), make("span"));
  const body = make("div", { className: "entry-body" }, dots);
  const entry = make("div", { className: "entry theirs typing" }, make("span", { className: "avatar", ariaHidden: "true" }), body);
  chat.append(entry);
  typingTimer = setTimeout(() => entry.remove(), seconds * 1000);
}

/** LINE shows the quick replies of the last message only. */
function showQuickReplies() {
  const last = [...entries.values()].at(-1);
  const items = last?.from === "bot" ? (last.message.quickReply?.items ?? []) : [];
  const box = byId("quick-replies");
  box.hidden = items.length === 0;
  box.replaceChildren(...items.map(quickReply));
}

function quickReply({ action }) {
  const label = action.label ?? "";
  const words = make("span", { text: label, lang: languageOf(label, current.language) });
  const button = make("button", { type: "button", className: "quick-reply" }, words);
  button.addEventListener("click", () => {
    byId("quick-replies").hidden = true;
    act(action);
  });
  return button;
}

/* Who is playing */

const languageName = (tag) => (tag === "ja-Hira" ? t("language.easy_japanese") : (new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag));
const htmlLanguage = (tag) => (tag === "ja-Hira" ? "ja" : tag);

function showState() {
  const open = connected && current.friend && !current.blocked;
  byId("composer").hidden = !open;
  byId("closed").hidden = open;
  byId("closed-why").textContent = t(connected ? (current.blocked ? "closed.blocked" : "closed.friend") : "closed.starting", { account });
  byId("closed-open").hidden = !connected;
  byId("closed-open").textContent = t(current.blocked ? "closed.unblock" : "closed.add");
  byId("block-label").textContent = t(current.blocked ? "block.undo" : "block.do");
  byId("block").disabled = !connected || !current.friend;
  for (const button of document.querySelectorAll("[data-needs-chat]")) button.disabled = !open;
  byId("unsend-last").disabled = !open || !lastOwn();
  if (!open) closePanels();
  byId("who-now").textContent = t("phone.playing", { name: current.name });
}

const lastOwn = () => [...entries.values()].findLast((entry) => entry.from === "resident" && entry.id && entry.status !== "unsent");

function showResidents() {
  const buttons = residents.map((resident) => {
    const unread = resident.id !== current.id && resident.position > (seen.get(resident.id));
    const note = resident.blocked ? "who.blocked" : resident.friend ? (unread ? "who.unread" : "") : "who.stranger";
    const button = make(
      "button",
      { type: "button", className: "resident", attributes: resident.id === current.id ? { "aria-current": "true" } : {} },
      make("span", { className: "initial", text: [...resident.name][0], ariaHidden: "true" }),
      make(
        "span",
        { className: "resident-text" },
        make("strong", { text: resident.name }),
        make("span", { className: "small soft", text: languageName(resident.language), lang: htmlLanguage(resident.language) }),
      ),
      note ? make("span", { className: `chip small ${resident.blocked ? "urgent" : note === "who.unread" ? "accent" : ""}`, text: t(note) }) : null,
    );
    button.addEventListener("click", () => play(resident.id));
    return make("li", {}, button);
  });
  byId("residents").replaceChildren(...buttons);
}

async function updateResidents() {
  residents = (await get("/users")).users;
  for (const resident of residents) if (!seen.has(resident.id)) seen.set(resident.id, resident.position);
  current = residents.find((resident) => resident.id === current?.id) ?? null;
}

/** Become this resident. */
async function play(userId) {
  current = residents.find((resident) => resident.id === userId) ?? residents[0];
  entries = new Map();
  position = 0;
  stopQuoting();
  chat.replaceChildren();
  history.replaceState(null, "", `#${current.id}`);
  text.lang = htmlLanguage(current.language);
  closePanels();
  document.body.dataset.view = "phone";
  showLogOf(current.id);
  await updateChat();
  showResidents();
  await showMenu();
}

async function showMenu() {
  const shown = await get(`/users/${current.id}/menu`);
  const { items } = shown;
  const menu = byId("rich-menu");
  menu.lang = htmlLanguage(current.language);
  menu.classList.toggle("drawn", Boolean(shown.picture));
  if (shown.picture) {
    menu.replaceChildren(make("img", { src: shown.picture, alt: "" }), ...shown.areas.map((area) => menuArea(area, shown.size)));
    byId("menu-switch").hidden = false;
    return;
  }
  menu.replaceChildren(
    ...items.map(({ icon: name, ...action }) => {
      const button = make("button", { type: "button" }, name ? icon(name) : null, make("span", { text: action.label }));
      button.addEventListener("click", () => act(action));
      return button;
    }),
  );
  byId("menu-switch").hidden = items.length === 0;
}

/** A part of a drawn menu that can be tapped. */
function menuArea({ bounds, action }, size) {
  const button = make("button", { type: "button" }, make("span", { className: "visually-hidden", text: action.label }));
  const share = (part, whole) => `${(100 * part) / whole}%`;
  button.style.left = share(bounds.x, size.width);
  button.style.top = share(bounds.y, size.height);
  button.style.width = share(bounds.width, size.width);
  button.style.height = share(bounds.height, size.height);
  button.addEventListener("click", () => {
    act(action);
    if (action.inputOption === "openKeyboard") {
      closePanels();
      text.focus();
    }
  });
  return button;
}

/* Panels, dialogs, keyboard */

const PANELS = { "menu-switch": "rich-menu", "extras-switch": "extras" };

function togglePanel(switchId) {
  const opening = byId(PANELS[switchId]).hidden;
  closePanels();
  if (!opening) return;
  byId(PANELS[switchId]).hidden = false;
  byId(switchId).setAttribute("aria-expanded", "true");
  toNewest();
}

function closePanels() {
  for (const [switchId, panelId] of Object.entries(PANELS)) {
    byId(panelId).hidden = true;
    byId(switchId).setAttribute("aria-expanded", "false");
  }
}

function stopQuoting() {
  quoted = null;
  byId("quoting").hidden = true;
}

function fitText() {
  const filled = text.value.trim() !== "";
  byId("send").hidden = !filled;
  byId("voice-open").hidden = filled;
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, 140)}px`;
}

async function submitText() {
  const value = text.value.trim();
  if (value === "") return;
  const quote = quoted?.id;
  text.value = "";
  stopQuoting();
  fitText();
  const went = await send({ type: "text", text: value, ...(quote ? { quote } : {}) });
  if (!went && text.value === "") text.value = value; // what somebody wrote is never lost
  fitText();
}

function wireComposer() {
  text.addEventListener("input", fitText);
  text.addEventListener("focus", closePanels);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submitText();
  });
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submitText();
  });
  for (const id of Object.keys(PANELS)) byId(id).addEventListener("click", () => togglePanel(id));
  byId("voice-open").addEventListener("click", () => byId("voice-dialog").showModal());
  byId("picture-open").addEventListener("click", () => byId("picture").click());
  byId("picture").addEventListener("change", sendPicture);
  byId("quoting-stop").addEventListener("click", stopQuoting);
  byId("to-newest").addEventListener("click", toNewest);
  chat.addEventListener("scroll", () => {
    if (chat.scrollHeight - chat.scrollTop - chat.clientHeight < NEAR_END) byId("to-newest").hidden = true;
  });
}

function sendPicture({ target }) {
  const [file] = target.files;
  if (!file) return;
  const form = new FormData();
  const family = file.type.split("/")[0];
  form.set("type", family === "image" || family === "video" ? family : "file");
  form.set("file", file);
  target.value = "";
  closePanels();
  send(form);
}

function wireSide() {
  byId("block").addEventListener("click", () => send({ type: current.blocked ? "follow" : "unfollow" }));
  byId("closed-open").addEventListener("click", () => send({ type: "follow" }));
  byId("unsend-last").addEventListener("click", () => context.unsend(lastOwn()));
  byId("resident-form").addEventListener("submit", async () => {
    const name = byId("resident-name").value.trim();
    try {
      const resident = await post("/users", { name, language: byId("resident-language").value, friend: false });
      byId("resident-name").value = "";
      residents.push(resident);
      await play(resident.id);
    } catch (error) {
      showTrouble(error);
    }
  });
  for (const button of document.querySelectorAll("[data-view-switch]")) {
    button.addEventListener("click", () => (document.body.dataset.view = button.dataset.viewSwitch));
  }
  for (const anchor of document.querySelectorAll("[data-keeps-resident]")) {
    anchor.addEventListener("click", () => (anchor.href = `${anchor.getAttribute("href").split("#")[0]}${location.hash}`));
  }
}

function wireDialogs(scene) {
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-opens]");
    if (opener) {
      closePanels();
      byId(opener.dataset.opens).showModal();
    }
    target.closest("[data-closes]")?.closest("dialog").close();
  });
  byId("places").replaceChildren(...scene.places.map(placeButton));
  byId("place-form").addEventListener("submit", () =>
    send({ type: "location", title: byId("place-title").value.trim(), latitude: byId("place-latitude").valueAsNumber, longitude: byId("place-longitude").valueAsNumber }),
  );
  byId("stickers").replaceChildren(...Object.entries(STICKERS).map(stickerButton));
  byId("resident-language").replaceChildren(
    ...scene.languages.map((tag) => make("option", { value: tag, text: languageName(tag), lang: htmlLanguage(tag) })),
  );
  setUpVoice(send, scene.samples);
}

function placeButton(place) {
  const words = make("span", { className: "resident-text", lang: "ja" }, make("strong", { text: place.title }), make("span", { className: "small soft", text: place.address }));
  const button = make("button", { type: "button", className: "button full start" }, icon("pin"), words);
  button.addEventListener("click", () => {
    byId("location-dialog").close();
    send({ type: "location", ...place });
  });
  return make("li", {}, button);
}

function stickerButton([stickerId, name]) {
  const button = make("button", { type: "button", className: "sticker-choice", attributes: { "aria-label": t(`sticker.${name}`) } }, icon(`sticker-${name}`, "sticker"));
  button.addEventListener("click", () => {
    byId("sticker-dialog").close();
    send({ type: "sticker", packageId: "446", stickerId, keywords: [name] });
  });
  return button;
}

function wireKeyboard() {
  const whenOpen = (open) => () => !byId("composer").hidden && open();
  shortcuts({
    "?": () => byId("shortcuts").showModal(),
    m: whenOpen(() => togglePanel("menu-switch")),
    v: whenOpen(() => byId("voice-dialog").showModal()),
    l: whenOpen(() => byId("location-dialog").showModal()),
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    if (quoted) stopQuoting();
    else if (document.querySelector(".rich-menu:not([hidden]), .extras:not([hidden])")) closePanels();
    else document.body.dataset.view = "phone";
  });
}

/* Staying up to date */

let updating = Promise.resolve();

/** Updates run one after the other, so that entries stay in order. */
function update(state) {
  updating = updating.then(() => catchUp(state)).catch(showTrouble);
}

async function catchUp(state) {
  const anew = state.run !== run;
  run = state.run;
  connected = state.connected;
  const played = current?.id ?? location.hash.slice(1);
  await updateResidents();
  await updateLog(anew);
  if (anew || !current) {
    await play(played);
    return;
  }
  if (current.position > position) await updateChat();
  else showState();
  showResidents();
}

async function begin() {
  await loadWords();
  wireComposer();
  wireSide();
  wireKeyboard();
  wireDialogs(await get("/scene"));
  follow("/simulator/events", { changed: (event) => update(JSON.parse(event.data)) });
}

begin();

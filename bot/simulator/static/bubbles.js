// One entry of the chat as an element.

import { mediaUrl, t } from "./api.js";
import { icon, languageOf, linkified, make, safeUrl } from "./dom.js";
import { renderFlex } from "./flex.js";

const QUOTABLE = new Set(["text", "textV2", "image", "video", "sticker"]);
export const STICKERS = { 1988: "smile", 1989: "thanks", 1990: "ok", 2007: "trouble" };

/**
 * @param {object} entry  as the control API gives it
 * @param {{resident: object, account: string, find: (id: string) => object | undefined, act: (action: object) => void,
 *          quote: (entry: object) => void, resend: (entry: object) => void, unsend: (entry: object) => void}} context
 */
export function renderEntry(entry, context) {
  const mine = entry.from === "resident";
  if (entry.status === "unsent") {
    return make("div", { className: "notice", data: { seq: entry.seq }, text: t("unsend.done") });
  }
  const body = make("div", { className: "entry-body" });
  if (!mine) body.append(senderName(entry, context));
  const line = make("div", { className: "entry-line" }, renderMessage(entry, context), renderMeta(entry));
  const actions = renderActions(entry, context, mine);
  body.append(line, ...(actions ? [actions] : []));
  const element = make(
    "article",
    { className: `entry ${mine ? "mine" : "theirs"}`, data: { seq: entry.seq, status: entry.status } },
    mine ? null : make("span", { className: "avatar", ariaHidden: "true" }),
    body,
  );
  if (actions) element.tabIndex = 0; // a tap or the Tab key brings the actions up
  return element;
}

function senderName(entry, { account }) {
  const name = entry.message.sender?.name;
  const text = name ? t("phone.from", { name, account }) : account;
  return make("span", { className: "sender", text, lang: "ja" });
}

function renderMeta(entry) {
  const at = new Date(entry.at);
  const clock = at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const meta = make("span", { className: "meta number" });
  if (entry.from === "resident") {
    const reason = t(`reason.${entry.reason || "unknown"}`);
    const text = t(`status.${entry.status}`, { reason });
    const short = entry.status === "failed" ? "!" : text;
    meta.append(make("span", { className: `tick ${entry.status}`, title: text, text: entry.status === "sent" ? "✓" : short, attributes: { "aria-label": text, role: "img" } }));
  }
  meta.append(make("time", { dateTime: entry.at, title: at.toLocaleString(document.documentElement.lang), text: clock }));
  return meta;
}

function renderActions(entry, context, mine) {
  const list = make("div", { className: "entry-actions" });
  const add = (name, words, act) => {
    const button = make("button", { type: "button", className: "entry-action" }, icon(name), make("span", { text: words }));
    button.addEventListener("click", () => act(entry));
    list.append(button);
  };
  if (entry.id && QUOTABLE.has(entry.message.type)) add("quote", t("quote.do"), context.quote);
  if (entry.status === "failed") add("again", t("resend.do"), context.resend);
  if (entry.id && mine) add("undo", t("unsend.do"), context.unsend);
  return list.childElementCount ? list : null;
}

const RENDERERS = {
  text: renderText,
  textV2: renderText,
  flex: (entry, { act, resident }) => renderFlex(entry.message.contents, act, (text) => languageOf(text, resident.language)),
  template: renderTemplate,
  sticker: renderSticker,
  audio: renderAudio,
  image: renderImage,
  video: renderFile,
  file: renderFile,
  location: renderLocation,
};

function renderMessage(entry, context) {
  const render = RENDERERS[entry.message.type];
  if (render) return render(entry, context);
  return make("div", { className: "bubble soft", text: t("message.unknown", { type: entry.message.type }) });
}

function renderText(entry, context) {
  const { text } = entry.message;
  const bubble = make("div", { className: "bubble" });
  if (entry.quoted) bubble.append(renderQuoted(context.find(entry.quoted), context));
  for (const line of text.split(/(?<=\n)/)) {
    bubble.append(make("span", { lang: languageOf(line, context.resident.language) }, ...linkified(line)));
  }
  return bubble;
}

function renderQuoted(quoted, { resident, account }) {
  const gone = !quoted || quoted.status === "unsent";
  const text = gone ? t("quote.gone") : summary(quoted.message);
  return make(
    "blockquote",
    { className: "quoted", lang: gone ? document.documentElement.lang : languageOf(text, resident.language) },
    make("strong", { text: quoted?.from === "resident" ? resident.name : account }),
    make("span", { text }),
  );
}

/** A message in one line. */
export function summary(message) {
  const kinds = { audio: "voice", image: "picture", video: "video", file: "file", sticker: "sticker", location: "location" };
  return message.text ?? message.altText ?? t(`message.${kinds[message.type] ?? "unknown"}`, { type: message.type });
}

function renderTemplate(entry, { act, resident }) {
  const { template } = entry.message;
  const language = (text) => languageOf(text, resident.language);
  const card = make("div", { className: "flex-bubble", data: { size: "kilo" } });
  const body = make("div", { className: "flex-body" });
  if (template.title) body.append(make("strong", { text: template.title, lang: language(template.title) }));
  body.append(make("div", { className: "flex-text", text: template.text ?? entry.message.altText, lang: language(template.text ?? "") }));
  const footer = make("div", { className: "flex-footer" });
  for (const action of template.actions ?? []) {
    const label = action.label ?? "";
    const words = make("span", { text: label, lang: language(label) });
    const button = make("button", { type: "button", className: "flex-button link" }, words);
    button.addEventListener("click", () => act(action));
    footer.append(button);
  }
  card.append(body, footer);
  return card;
}

function renderSticker(entry) {
  const name = STICKERS[entry.message.stickerId] ?? "smile";
  const sticker = icon(`sticker-${name}`, "sticker");
  return make("div", { className: "sticker-box", attributes: { role: "img", "aria-label": `${t("message.sticker")}: ${t(`sticker.${name}`)}` } }, sticker);
}

function renderAudio(entry, { resident }) {
  const source = entry.from === "resident" ? mediaUrl(resident.id, entry.id) : safeUrl(entry.message.originalContentUrl);
  const audio = make("audio", { controls: true, preload: "metadata", src: source ?? "", attributes: { "aria-label": t("message.voice") } });
  return make("div", { className: "bubble voice" }, audio);
}

function renderImage(entry, { resident }) {
  const source = entry.from === "resident" ? mediaUrl(resident.id, entry.id) : safeUrl(entry.message.previewImageUrl);
  const alt = entry.from === "resident" ? t("message.picture") : t("message.photo_of_account");
  return make("img", { className: "photo", src: source ?? "", alt, loading: "lazy" });
}

function renderFile(entry, { resident }) {
  const source = entry.from === "resident" ? mediaUrl(resident.id, entry.id) : safeUrl(entry.message.originalContentUrl);
  const name = entry.message.fileName ?? t(`message.${entry.message.type}`);
  const link = make("a", { text: name, attributes: { href: source ?? "", download: "" } });
  return make("div", { className: "bubble" }, link);
}

function renderLocation(entry, { resident }) {
  const { title, address, latitude, longitude } = entry.message;
  const place = `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  const heading = title ?? t("message.location");
  return make(
    "div",
    { className: "location-card" },
    make("div", { className: "location-map" }, icon("pin")),
    make(
      "div",
      { className: "location-text" },
      make("strong", { text: heading, lang: languageOf(heading, resident.language) }),
      address ? make("span", { text: address, lang: "ja" }) : null,
      make("span", { className: "soft small number", text: place }),
      make("a", { href: map, target: "_blank", rel: "noopener noreferrer", text: t("message.map") }),
    ),
  );
}

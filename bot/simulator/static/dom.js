// Small building blocks. Text always goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const SAFE_SCHEMES = new Set(["http:", "https:", "tel:", "line:", "mailto:"]);

/** An element with properties, data and children: `make("p", {className: "soft", text: "…"}, child)`. */
export function make(tag, { text, data, attributes, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  if (text !== undefined) element.textContent = text;
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children.filter(Boolean));
  return element;
}

export function icon(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/static/simulator/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** The address, if it is of a kind that may be opened from a message; otherwise null. */
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export const link = (text, href) => make("a", { text, href, target: "_blank", rel: "noopener noreferrer" });

const LINKS = /(https?:\/\/[^\s<>"'、。」）)]+)|(?<![\d-])(0\d{1,4}-\d{1,4}-\d{3,4})(?![\d-])/g;

/** Text with its web addresses and Japanese phone numbers as links, as LINE shows it. */
export function linkified(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINKS)) {
    parts.push(text.slice(end, match.index));
    parts.push(link(match[0], match[1] ? match[1] : `tel:${match[2].replaceAll("-", "")}`));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "");
}

/** The language that a text of this chat is most likely in: script first, then what the resident writes in. */
export function languageOf(text, resident) {
  if (/[\u3041-\u30ff]/.test(text)) return "ja";
  if (/[\uac00-\ud7af]/.test(text)) return "ko";
  if (resident.startsWith("ja")) return /[\u4e00-\u9fff]/.test(text) ? "ja" : document.documentElement.lang;
  return resident;
}

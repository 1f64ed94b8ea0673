// Flex Messages: the parts of LINE's layout language that bots use for cards. Colours and sizes that a message gives
// are set through the style object, so that no style attribute is needed.

import { make, safeUrl } from "./dom.js";

const TEXT_SIZES = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74 };
const SPACES = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const ALIGN = { start: "start", center: "center", end: "end" };
const GRAVITY = { top: "flex-start", center: "center", bottom: "flex-end" };
const MAX_DEPTH = 12;

const space = (value) => {
  if (value in SPACES) return `${SPACES[value]}px`;
  return /^\d{1,4}(px|%)$/.test(value ?? "") ? value : "";
};

const colour = (value) => (/^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(value ?? "") ? value : "");

/** A message's `contents` as an element; `act(action)` carries out what a person taps. */
export function renderFlex(contents, act, languageOf) {
  const context = { act, languageOf };
  if (contents.type !== "carousel") return renderBubble(contents, context);
  const row = make("div", { className: "flex-carousel", tabIndex: 0 });
  row.append(...contents.contents.map((bubble) => renderBubble(bubble, context)));
  return row;
}

function renderBubble(bubble, context) {
  const element = make("div", { className: "flex-bubble", data: { size: bubble.size ?? "mega" } });
  for (const part of ["header", "hero", "body", "footer"]) {
    if (!bubble[part]) continue;
    const block = make("div", { className: `flex-${part}` }, renderComponent(bubble[part], context, "vertical", 0));
    block.style.backgroundColor = colour(bubble.styles?.[part]?.backgroundColor);
    if (bubble.styles?.[part]?.separator) block.classList.add("flex-ruled");
    element.append(block);
  }
  makeTappable(element, bubble.action, context);
  return element;
}

const RENDERERS = { box: renderBox, text: renderText, button: renderButton, separator: renderSeparator, image: renderImage, icon: renderImage, filler: renderFiller };

function renderComponent(component, context, layout, depth) {
  const render = RENDERERS[component.type];
  if (!render || depth > MAX_DEPTH) return null;
  const element = render(component, context, depth);
  if (!element) return null;
  element.style.flex = flexOf(component, layout);
  const margin = space(component.margin);
  if (margin) element.style[layout === "vertical" ? "marginTop" : "marginInlineStart"] = margin;
  if (component.gravity) element.style.alignSelf = GRAVITY[component.gravity];
  return element;
}

/** LINE: in a row, components share the width (flex 1) unless told otherwise; in a column they keep their height. */
function flexOf(component, layout) {
  if (layout === "vertical") return component.type === "filler" ? "1 1 auto" : "0 0 auto";
  const share = component.flex ?? (component.type === "icon" || component.type === "separator" ? 0 : 1);
  return share > 0 ? `${share} 1 0` : "0 0 auto";
}

function renderBox(box, context, depth) {
  const element = make("div", { className: "flex-box", data: { layout: box.layout } });
  const layout = box.layout === "vertical" ? "vertical" : "horizontal";
  element.style.gap = space(box.spacing);
  element.style.backgroundColor = colour(box.backgroundColor);
  element.style.padding = space(box.paddingAll);
  element.style.borderRadius = space(box.cornerRadius);
  element.style.justifyContent = box.justifyContent ?? "";
  for (const side of ["Top", "Bottom", "Start", "End"]) {
    const value = space(box[`padding${side}`]);
    const name = { Start: "paddingInlineStart", End: "paddingInlineEnd" }[side] ?? `padding${side}`;
    if (value) element.style[name] = value;
  }
  if (colour(box.borderColor)) element.style.border = `${space(box.borderWidth) || "1px"} solid ${box.borderColor}`;
  element.append(...box.contents.map((child) => renderComponent(child, context, layout, depth + 1)).filter(Boolean));
  makeTappable(element, box.action, context);
  return element;
}

function renderText(component, context) {
  const element = make("div", { className: "flex-text", lang: context.languageOf(component.text ?? "") });
  element.append(...(component.contents?.length ? component.contents.map(styledSpan) : [component.text]));
  style(element, component);
  element.style.textAlign = ALIGN[component.align] ?? "";
  if (!component.wrap) element.classList.add("flex-nowrap");
  makeTappable(element, component.action, context);
  return element;
}

function styledSpan(span) {
  const element = make("span", { text: span.text });
  style(element, span);
  return element;
}

function style(element, { size, color, weight, style: slant, decoration }) {
  if (size in TEXT_SIZES) element.style.fontSize = `${TEXT_SIZES[size] / 16}rem`;
  else if (/^\d{1,2}px$/.test(size ?? "")) element.style.fontSize = size;
  element.style.color = colour(color);
  if (weight === "bold") element.style.fontWeight = "700";
  if (slant === "italic") element.style.fontStyle = "italic";
  if (decoration) element.style.textDecoration = decoration;
}

function renderButton(component, context) {
  const kind = component.style ?? "link";
  const { action } = component;
  const label = action.label ?? "";
  const words = make("span", { text: label, lang: context.languageOf(label) });
  const button = make("button", { type: "button", className: `flex-button ${kind}` }, words);
  if (component.height === "sm") button.classList.add("low");
  if (kind === "link") button.style.color = colour(component.color);
  else button.style.backgroundColor = colour(component.color);
  button.addEventListener("click", () => context.act(action));
  return button;
}

function renderSeparator(component) {
  const element = make("hr", { className: "flex-separator" });
  element.style.borderColor = colour(component.color);
  return element;
}

function renderFiller() {
  return make("div");
}

function renderImage(component) {
  const url = safeUrl(component.url);
  if (!url?.startsWith("https:")) return null;
  return make("img", { className: `flex-${component.type}`, src: url, alt: "", loading: "lazy", referrerPolicy: "no-referrer" });
}

function makeTappable(element, action, context) {
  if (!action) return;
  element.classList.add("flex-tappable");
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.addEventListener("click", (event) => {
    if (event.target.closest("button, a") === null) context.act(action);
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === element) context.act(action);
  });
}

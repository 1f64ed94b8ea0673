// What the resident will read, while the answer is being typed.
import { markFacts } from "./facts.js";
import { Suggestions } from "./suggestions.js";

const PAUSE_MS = 300; // without typing, before a preview is asked for

const level = (confidence) => (confidence >= 0.8 ? "high" : confidence >= 0.5 ? "ok" : "low");

function chip(style, ...content) {
  const item = document.createElement("li");
  item.className = `chip ${style}`;
  item.append(...content);
  return item;
}

/** Text of the answer, which is Japanese whatever the page is. */
function japanese(text) {
  const element = document.createElement("span");
  element.lang = "ja";
  element.textContent = text;
  return element;
}

class Preview {
  constructor(element) {
    this.element = element;
  }

  slot(name) {
    return this.element.querySelector(`[data-slot="${name}"]`);
  }

  word(name) {
    return this.element.getAttribute(`data-${name}`);
  }

  /** Show one of: none, loading, failed, ready. */
  show(state) {
    for (const name of ["none", "loading", "failed", "ready"]) this.slot(name).hidden = name !== state;
    this.element.removeAttribute("aria-busy");
  }

  busy() {
    if (this.slot("ready").hidden) this.show("loading");
    this.element.setAttribute("aria-busy", "true");
  }

  fail(sentence) {
    this.slot("failed").textContent = sentence || this.word("failed");
    this.show("failed");
  }

  fill({ text, language, back, route, maker, confidence, flags, kept, lost }) {
    this.slot("text").lang = language;
    this.slot("text").textContent = text;
    this.slot("back-block").hidden = !back;
    this.slot("back").textContent = back;
    this.slot("human").hidden = maker !== "human";
    this.slot("machine").hidden = confidence === null;
    this.slot("partly").hidden = maker !== "partly_human";
    this.slot("via").textContent = this.via(route);
    this.slot("confidence").replaceChildren(...(confidence === null ? [] : [this.confidence(confidence)]));
    this.fillFlags(flags.filter((flag) => flag !== "low_confidence" && !(flag === "fact_lost" && lost.length)));
    this.fillFacts(kept, lost);
    this.slot("no-loss").hidden = lost.length > 0 || kept.length === 0;
    this.show("ready");
    markFacts(this.element);
  }

  via(route) {
    if (route.length < 3) return "";
    if (route[1] === "en") return this.word("via-en");
    return this.word("via").replace("{language}", new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(route[1]));
  }

  confidence(value) {
    const element = document.createElement("span");
    element.className = "confidence";
    element.dataset.level = level(value);
    element.title = `${Math.round(value * 100)}%`;
    element.textContent = this.word(level(value));
    return element;
  }

  fillFlags(flags) {
    const words = flags.map((flag) => this.word(`flag-${flag}`) ?? this.word("flag-other"));
    this.slot("flags").replaceChildren(...[...new Set(words)].map((word) => chip("waiting", word)));
    this.slot("flags").hidden = words.length === 0;
  }

  fillFacts(kept, lost) {
    const list = document.createElement("ul");
    list.className = "facts";
    list.setAttribute("role", "list");
    list.setAttribute("aria-label", this.word("facts"));
    for (const { kind, text } of lost) {
      const sentence = document.createElement("span");
      const [before, after] = this.word("lost").replace("{kind}", this.word(`kind-${kind}`)).split("{text}");
      sentence.append(before, japanese(text), after);
      const item = chip("urgent", sentence);
      item.dataset.lost = "";
      list.append(item);
    }
    for (const { kind, text, twin, value } of kept) {
      const name = document.createElement("span");
      name.className = "visually-hidden";
      name.textContent = this.word(`kind-${kind}`);
      const item = chip("done", name, " ", japanese(text));
      item.dataset.fact = value;
      item.dataset.factText = text;
      if (twin) item.dataset.factTwin = twin; // as it stands in the translation
      list.append(item);
    }
    this.slot("facts").replaceChildren(...(list.childElementCount ? [list] : []));
  }
}

async function ask(request, text, signal) {
  const response = await fetch(`/api/v1/requests/${encodeURIComponent(request)}/preview`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content },
    body: JSON.stringify({ text }),
    signal,
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? "");
  return answer;
}

/** Keep the preview of `form` in step with `text`. */
export function followTyping(form, text) {
  const preview = new Preview(form.querySelector(".preview"));
  const suggestions = new Suggestions(form, text);
  let timer = 0;
  let running = null;
  let shown = preview.slot("ready").hidden ? "" : text.value.trim();

  const update = async () => {
    const wanted = text.value.trim();
    if (wanted === shown) return preview.element.removeAttribute("aria-busy");
    const mine = (running = new AbortController());
    preview.busy();
    try {
      const answer = await ask(form.dataset.request, wanted, mine.signal);
      if (mine !== running) return;
      preview.fill(answer);
      suggestions.fill(answer.suggestions, answer.language);
      shown = wanted;
    } catch (error) {
      if (mine !== running || error.name === "AbortError") return;
      preview.fail(error instanceof TypeError ? "" : error.message);
      shown = "";
    }
  };

  const typed = () => {
    clearTimeout(timer);
    running?.abort();
    running = null;
    form.elements.confirm.checked = false; // what was confirmed was another text
    if (text.value.trim()) {
      timer = setTimeout(update, PAUSE_MS);
    } else {
      shown = "";
      preview.show("none");
      suggestions.fill([], "");
    }
  };

  text.addEventListener("input", typed);
  if (text.value.trim() && !shown) typed();
}

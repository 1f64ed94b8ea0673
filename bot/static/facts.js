// Facts (numbers, dates, contacts) are underlined in both languages, and pointing at one shows its twin.

const NUMBER = /[0-9０-９](?:[0-9０-９.,．，:：/-]*[0-9０-９])?/g;
const LONGEST_WHOLE = 16; // characters that stay on one line; a longer fact (an address) may break
const digitsOf = (text) => text.normalize("NFKC").replace(/[^0-9]/g, "");

/** Where `fact` stands in `text`: as it was written in either language, in its normal form, or as a number with the same digits. */
function findFact(text, { written, twin, value }) {
  for (const form of [written, twin, value]) {
    const start = form ? text.indexOf(form) : -1;
    if (start >= 0) return [start, start + form.length];
  }
  const digits = digitsOf(value);
  if (!digits) return null;
  for (const match of text.matchAll(NUMBER)) {
    if (digitsOf(match[0]) === digits) return [match.index, match.index + match[0].length];
  }
  return null;
}

/** The stretches of `text` that are facts, in order and without overlap; a longer fact wins over one inside it. */
export function locate(text, facts) {
  const found = [];
  for (const fact of [...facts].sort((a, b) => b.written.length - a.written.length)) {
    const span = findFact(text, fact);
    if (span && !found.some(({ start, end }) => span[0] < end && start < span[1])) {
      found.push({ start: span[0], end: span[1], value: fact.value });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function markText(element, facts) {
  const text = element.textContent;
  const pieces = [];
  let from = 0;
  for (const { start, end, value } of locate(text, facts)) {
    const mark = document.createElement("mark");
    mark.className = end - start <= LONGEST_WHOLE ? "fact nowrap" : "fact";
    mark.dataset.fact = value;
    mark.textContent = text.slice(start, end);
    pieces.push(text.slice(from, start), mark);
    from = end;
  }
  if (pieces.length) element.replaceChildren(...pieces, text.slice(from));
}

/** Underline the facts in every pair of texts under `root`; the chips of a pair say which facts it has. */
export function markFacts(root) {
  const pairs = root.matches?.("[data-twins]") ? [root] : root.querySelectorAll("[data-twins]");
  for (const pair of pairs) {
    const facts = [...pair.querySelectorAll("li[data-fact]")].map((chip) => ({ written: chip.dataset.factText, twin: chip.dataset.factTwin, value: chip.dataset.fact }));
    for (const chip of pair.querySelectorAll("li[data-fact]")) chip.tabIndex = 0;
    for (const element of pair.querySelectorAll("[data-marks]")) markText(element, facts);
  }
}

function light(event, on) {
  const fact = event.target instanceof Element ? event.target.closest("[data-fact]") : null;
  if (!fact) return;
  for (const twin of fact.closest("[data-twins]").querySelectorAll("[data-fact]")) {
    twin.classList.toggle("lit", on && twin.dataset.fact === fact.dataset.fact);
  }
}

for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(name, (event) => light(event, on));
}

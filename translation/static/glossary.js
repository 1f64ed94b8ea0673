// The try-it box without leaving the page: the server renders the result, this puts it in place.
import { announce, shortcuts } from "../core/live.js";
import { followLanguages, sendByKey } from "./fields.js";

const form = document.querySelector("form[data-try]");
const result = document.querySelector('[data-part="trial"]');
const search = document.querySelector("[data-search]");

let running = null;

function fail() {
  const banner = document.createElement("p");
  banner.className = "banner waiting";
  const sentence = document.createElement("span");
  sentence.textContent = form.dataset.failed;
  banner.append(sentence);
  result.replaceChildren(banner);
}

async function tryIt() {
  running?.abort();
  const mine = (running = new AbortController());
  result.setAttribute("aria-busy", "true");
  announce(form.dataset.working);
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "text/html" },
      body: new URLSearchParams(new FormData(form)),
      signal: mine.signal,
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector('[data-part="trial"]');
    if (mine !== running) return;
    if (fresh) result.replaceChildren(...fresh.childNodes);
    else fail();
  } catch (error) {
    if (mine !== running || error.name === "AbortError") return;
    fail();
  }
  result.removeAttribute("aria-busy");
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tryIt();
  });
  form.querySelector("[data-swap]").addEventListener("click", () => {
    const { from, to } = form.elements;
    const has = (choice, tag) => [...choice.options].some((option) => option.value === tag);
    if (!has(from, to.value) || !has(to, from.value)) return;
    [from.value, to.value] = [to.value, from.value];
    from.dispatchEvent(new Event("change"));
  });
}

followLanguages();
sendByKey();
shortcuts({
  "/": () => {
    search?.focus();
    search?.select();
  },
});

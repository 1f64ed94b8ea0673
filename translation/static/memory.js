// The pages of the memory. They work without this file; here what was typed is not lost by accident, and a file that is too
// large is refused before it is sent.
import { shortcuts } from "../core/live.js";
import { followLanguages, sendByKey } from "./fields.js";

const search = document.querySelector("[data-search]");
const kept = document.querySelector("form[data-keep]");
const upload = document.querySelector("form[data-upload]");

followLanguages();
sendByKey();
shortcuts({
  "/": () => {
    search?.focus();
    search?.select();
  },
});

if (kept) {
  let sent = false;
  const isDirty = () => [...kept.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
  kept.addEventListener("submit", () => {
    sent = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && isDirty()) event.preventDefault();
  });
}

if (upload) {
  const file = upload.elements.file;
  const button = upload.querySelector("[data-busy]");
  const rest = button.textContent;
  const tooLarge = upload.querySelector("[data-too-large]");
  const fits = () => !file.files[0] || file.files[0].size <= Number(upload.dataset.limit);

  const busy = (is) => {
    button.textContent = is ? button.dataset.busy : rest;
    button.setAttribute("aria-disabled", String(is));
  };

  const fail = () => {
    const banner = document.createElement("p");
    banner.className = "banner urgent";
    banner.setAttribute("role", "alert");
    const sentence = document.createElement("span");
    sentence.textContent = upload.dataset.failed;
    banner.append(sentence);
    document.querySelector('[data-part="imported"]').replaceChildren(banner);
  };

  /** The file as the body itself: a form may not be as large. The server answers with the page. */
  const send = async () => {
    busy(true);
    try {
      const response = await fetch(`${upload.action}?name=${encodeURIComponent(file.files[0].name)}`, {
        method: "POST",
        headers: {
          Accept: "text/html",
          "Content-Type": "application/x-tmx+xml",
          "X-CSRF-Token": upload.elements.csrf_token.value,
        },
        body: file.files[0],
      });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector('[data-part="imported"]');
      if (!fresh) throw new TypeError("no such part");
      document.querySelector('[data-part="imported"]').replaceWith(fresh);
      if (response.ok) upload.reset();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      fail();
    } finally {
      busy(false);
    }
  };

  file.addEventListener("change", () => {
    tooLarge.hidden = fits();
    file.setAttribute("aria-invalid", String(!fits()));
  });
  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    if (fits()) send();
    else file.focus();
  });
}

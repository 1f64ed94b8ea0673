// Light, dark or as the device says. A classic script on purpose: modules run after the first paint, and a page must not
// flash white at night. The choice stays on this device.
"use strict";
(() => {
  const KEY = "madoguchi.theme";
  const CHOICES = ["auto", "light", "dark"];
  const root = document.documentElement;

  const read = () => {
    try {
      const stored = localStorage.getItem(KEY);
      return CHOICES.includes(stored) ? stored : "auto";
    } catch {
      return "auto"; // storage is blocked: the device decides
    }
  };

  const store = (choice) => {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // storage is blocked: the choice lasts until the page is left
    }
  };

  const apply = (choice) => {
    if (choice === "auto") root.removeAttribute("data-theme");
    else root.dataset.theme = choice;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      const label = button.dataset[choice];
      button.setAttribute("aria-label", label);
      button.title = label;
    }
  };

  let choice = read();
  root.dataset.js = "";
  apply(choice);

  document.addEventListener("DOMContentLoaded", () => apply(choice));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    store(choice);
    apply(choice);
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    choice = read();
    apply(choice);
  });
})();

// What every page starts: times that age, the shortcuts dialog on "?", menus that close.
import { keepTimes, shortcuts } from "./live.js";

const dialog = document.getElementById("shortcuts");

keepTimes();
if (dialog) shortcuts({ "?": () => dialog.showModal() });

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector("summary").focus();
});

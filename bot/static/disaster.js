// The pages of disaster mode, kept up to date: the server sends the part anew whenever something changed.
import { announce, follow } from "../core/live.js";

const address = location.pathname === "/disaster" ? "/disaster/part" : `${location.pathname}/part`;
const find = (root) => root.querySelector('[data-part="live"]');
let busy = false;
let again = false;

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const response = await fetch(`${address}${location.search}`, { headers: { Accept: "text/html" } });
    if (response.ok) show(find(new DOMParser().parseFromString(await response.text(), "text/html")));
  } catch {
    // The next change, or the next connection, brings it.
  } finally {
    busy = false;
  }
  if (again) {
    again = false;
    refresh();
  }
}

function show(fresh) {
  const old = find(document);
  if (!fresh || !old || old.innerHTML === fresh.innerHTML) return;
  // A draft that has got its translations, or a notice that is no longer sent, has other forms as well.
  const typing = document.activeElement?.closest("textarea, input, select");
  if (old.dataset.state !== fresh.dataset.state || (old.dataset.waiting !== fresh.dataset.waiting && fresh.dataset.waiting === "0")) {
    if (!typing) {
      location.reload();
      return;
    }
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const help = (part) => part.querySelector(".alarm strong")?.textContent ?? "0";
  if (help(fresh) !== help(old)) announce(fresh.querySelector(".alarm")?.textContent.trim() ?? "");
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

follow("/disaster/events", { changed: refresh });

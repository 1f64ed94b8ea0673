// Keeps the health of relays on the microphone page fresh. Without it the page shows how they were when it was opened.

const EVERY_MS = 5000;
const here = document.getElementById("relays");

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("relays");
    if (fresh && fresh.textContent !== here.textContent) here.replaceChildren(...fresh.childNodes);
  } catch {
    // The network is away; the page says so elsewhere.
  }
}

if (here) setInterval(() => { if (!document.hidden) look(); }, EVERY_MS);

// Shows how much of a recording has arrived, and keeps the list fresh. Without it the form works all the same.

const EVERY_MS = 2000;
const element = (id) => document.getElementById(id);
const form = element("upload-form");

function show(page) {
  for (const id of ["recordings", "upload-error"]) {
    const fresh = page.getElementById(id);
    const here = element(id);
    if (!fresh || fresh.innerHTML === here.innerHTML) continue;
    here.replaceChildren(...fresh.childNodes);
    here.hidden = fresh.hidden;
    here.dataset.active = fresh.dataset.active ?? "";
  }
}

const parse = (text) => new DOMParser().parseFromString(text, "text/html");

async function look() {
  if (document.hidden || element("recordings").dataset.active !== "yes" || element("recordings").contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) show(parse(await answer.text()));
  } catch {
    // The network is away; the next look may do better.
  }
}

function send(event) {
  event.preventDefault();
  const words = JSON.parse(form.dataset.words);
  const say = (text) => { element("upload-words").textContent = text; };
  const bar = element("upload-progress").querySelector("progress");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest(); // fetch does not tell how much was sent
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = (100 * loaded) / total;
    say(loaded < total ? words.sending.replace("#", Math.floor(bar.value)) : words.checking);
  };
  request.onload = () => {
    show(parse(request.responseText));
    if (request.status < 400) form.reset();
  };
  request.onerror = () => {
    element("upload-error").textContent = words.lost;
    element("upload-error").hidden = false;
  };
  request.onloadend = () => {
    element("upload-progress").hidden = true;
    button.disabled = false;
    window.removeEventListener("beforeunload", warn);
  };
  element("upload-error").hidden = true;
  element("upload-progress").hidden = false;
  button.disabled = true;
  window.addEventListener("beforeunload", warn); // the file would not arrive
  say(words.sending.replace("#", 0));
  request.send(new FormData(form));
}

const warn = (event) => event.preventDefault();

form?.addEventListener("submit", send);
setInterval(look, EVERY_MS);

// The review room without leaving the page: save by key, see what others change, never lose what is being typed.
import { announce, follow, shortcuts } from "/static/core/live.js";

const rows = document.getElementById("rows");
const words = JSON.parse(rows.dataset.words);
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const api = `/api/v1/meetings/${rows.dataset.meeting}/captions`;

const cells = () => Array.from(rows.querySelectorAll("[data-cell]"));
const field = (cell) => cell.elements.text;
const isDirty = (cell) => field(cell).value !== field(cell).defaultValue;
const cellOf = (seq, lang) => document.getElementById(`t-${seq}-${lang}`)?.form;

function status(cell, text, kind = "") {
  const chip = cell.querySelector("[data-status]");
  chip.textContent = text;
  chip.className = `chip ${kind}`;
}

/** Put a stored caption into its cell; what is being typed stays, and the stored text is shown beside it. */
function store(cell, caption) {
  if (caption.rev <= Number(cell.elements.rev.value)) return;
  if (isDirty(cell) && field(cell).value !== caption.text) {
    cell.clash = caption;
    cell.querySelector("[data-theirs]").textContent = caption.text;
    cell.querySelector("[data-clash]").hidden = false;
    return;
  }
  accept(cell, caption, caption.text);
  if (caption.flags.includes("checked") && caption.lang !== rows.dataset.spoken) showLearnt(cell);
}

function accept(cell, caption, text) {
  cell.clash = undefined;
  cell.elements.rev.value = caption.rev;
  field(cell).defaultValue = caption.text;
  field(cell).value = text;
  field(cell).lang = caption.written_in;
  cell.querySelector("[data-clash]").hidden = true;
  for (const flag of cell.querySelectorAll("[data-flag]")) flag.remove();
  const checked = caption.flags.includes("checked");
  cell.querySelector("[data-learnt]").hidden = !caption.learnt;
  cell.querySelector("[data-withdraw]").hidden = !checked;
  if (text !== caption.text) status(cell, words.edited, "waiting");
  else status(cell, checked ? words.checked : words.draft, checked ? "done" : "");
}

async function send(address, options) {
  try {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    return await (await fetch(address, { headers, ...options })).json();
  } catch (error) {
    return { error: { code: "offline", message: error.message } };
  }
}

/** Approve what stands in the cell. */
function save(cell) {
  const { seq, lang, rev, text } = cell.elements;
  const body = JSON.stringify({ lang: lang.value, text: text.value, rev: Number(rev.value) });
  return settle(cell, send(`${api}/${seq.value}`, { method: "PUT", body }));
}

/** Take the approval back; what is being typed stays. */
function withdraw(cell) {
  const { seq, lang, rev, text } = cell.elements;
  const query = new URLSearchParams({ lang: lang.value, rev: rev.value });
  return settle(cell, send(`${api}/${seq.value}/approval?${query}`, { method: "DELETE" }), text.value);
}

async function settle(cell, answering, typed) {
  status(cell, words.saving);
  const answer = await answering;
  if (answer.error) {
    status(cell, words.failed.replace("#", answer.error.message), "urgent");
    announce(words.failed.replace("#", answer.error.message));
    if (answer.error.code === "conflict") await showTheirs(cell);
    return false;
  }
  accept(cell, answer, typed ?? answer.text);
  announce(answer.learnt ? `${words.saved} ${words.learnt}` : words.saved);
  return true;
}

/** After a conflict: fetch what is stored now, in case the stream is slower than the answer. */
async function showTheirs(cell) {
  const seq = Number(cell.elements.seq.value);
  let after = 0;
  for (;;) {
    const page = await (await fetch(`${api}?lang=${encodeURIComponent(cell.elements.lang.value)}&after=${after}`)).json();
    const caption = page.captions.find((one) => one.seq === seq);
    if (caption) {
      store(cell, caption);
      return;
    }
    if (!page.captions.length) return;
    after = page.position;
  }
}

function goTo(cell) {
  if (!cell) return;
  field(cell).focus();
  cell.closest("[data-seq]").scrollIntoView({ block: "nearest" });
}

function nextOf(cell, wanted = () => true) {
  const all = cells();
  return all.slice(all.indexOf(cell) + 1).find((one) => wanted(one));
}

async function showHistory(cell) {
  const list = cell.querySelector("[data-revisions]");
  list.hidden = !list.hidden;
  if (list.hidden) return;
  const { seq, lang } = cell.elements;
  const answer = await (await fetch(`${api}/${seq.value}/revisions?lang=${encodeURIComponent(lang.value)}`)).json();
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  list.replaceChildren(
    ...answer.revisions.map((revision) => {
      const item = document.createElement("li");
      const who = document.createElement("span");
      who.className = "soft";
      who.textContent = `${format.format(new Date(revision.at))} ${revision.by ?? words.machine}: `;
      const text = document.createElement("span");
      text.lang = lang.value;
      text.textContent = revision.text;
      item.append(who, text);
      return item;
    }),
  );
}

async function freshPage() {
  return new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
}

/** The stream is for viewers and does not say whether the memory learnt a colleague's approval; the page does. */
async function showLearnt(cell) {
  const rev = cell.elements.rev.value;
  const theirs = (await freshPage()).getElementById(field(cell).id)?.form;
  if (theirs?.elements.rev.value !== rev || cell.elements.rev.value !== rev) return;
  cell.querySelector("[data-learnt]").hidden = theirs.querySelector("[data-learnt]").hidden;
}

let loading = false;

/** New captions come as rows from the server, so that one template makes them all. */
async function addRows() {
  if (loading || !rows.dataset.last) return;
  loading = true;
  try {
    const fresh = await freshPage();
    for (const row of fresh.querySelectorAll("#rows > [data-seq]")) {
      if (!document.getElementById(row.id)) rows.append(document.adoptNode(row));
    }
    if (rows.children.length) document.getElementById("nothing")?.remove();
  } finally {
    loading = false;
  }
}

rows.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.name === "withdraw") withdraw(event.target);
  else save(event.target);
});
rows.addEventListener("input", (event) => {
  const cell = event.target.form;
  if (isDirty(cell)) status(cell, words.edited, "waiting");
});
rows.addEventListener("keydown", async (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || !event.target.form) return;
  event.preventDefault();
  const cell = event.target.form;
  const lang = cell.elements.lang.value;
  if (await save(cell)) goTo(nextOf(cell, (one) => one.elements.lang.value === lang));
});
rows.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-cell]");
  if (!cell) return;
  if (event.target.closest("[data-history]")) showHistory(cell);
  if (!cell.clash) return;
  if (event.target.closest("[data-take]")) accept(cell, cell.clash, cell.clash.text);
  if (event.target.closest("[data-keep]")) accept(cell, cell.clash, field(cell).value);
});
shortcuts({
  n: () => goTo(nextOf(document.activeElement?.form, (one) => !one.querySelector("[data-status].done"))),
});

window.addEventListener("beforeunload", (event) => {
  if (cells().some(isDirty)) event.preventDefault();
});

const languages = [rows.dataset.spoken, rows.dataset.target].filter(Boolean);
const query = languages.map((tag) => `lang=${encodeURIComponent(tag)}`).join("&");
follow((last) => `/meetings/${rows.dataset.meeting}/captions?${query}&after=${last || rows.dataset.position}`, {
  caption: (event) => {
    const caption = JSON.parse(event.data);
    const cell = cellOf(caption.seq, caption.lang);
    if (cell) store(cell, caption);
    else addRows();
  },
});

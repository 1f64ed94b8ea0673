// Typed text survives: leaving the request, a reload, a failed send. It stays in this tab only, and goes when it was sent.

/**
 * Keep what is typed into `text`, per request.
 * @returns {{sent: () => void}} call when the form is submitted
 */
export function keepDraft(form, text) {
  const key = `madoguchi.draft.${form.dataset.request}`;
  const answers = Number(form.dataset.answers); // one more of them shows that a submitted text arrived

  const read = () => {
    try {
      return JSON.parse(sessionStorage.getItem(key));
    } catch {
      return null; // storage is blocked: the page keeps its own text
    }
  };
  const write = (draft) => {
    try {
      if (draft) sessionStorage.setItem(key, JSON.stringify(draft));
      else sessionStorage.removeItem(key);
    } catch {
      // storage is blocked or full: the text lasts as long as the page
    }
  };

  const kept = read();
  if (kept && kept.sentAfter !== undefined && answers > kept.sentAfter) write(null);
  else if (kept && !text.value) text.value = kept.text;

  text.addEventListener("input", () => write(text.value ? { text: text.value } : null));
  return { sent: () => write({ text: text.value, sentAfter: answers }) };
}

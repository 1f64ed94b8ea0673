// What the forms of these pages share: a field is written in the language that is chosen for it, and a key sends the form.

/** Every field that follows a choice of language takes that language. */
export function followLanguages(root = document) {
  for (const field of root.querySelectorAll("[data-follows]")) {
    const choice = field.form.elements[field.dataset.follows];
    choice?.addEventListener("change", () => {
      field.lang = choice.value;
    });
  }
}

/** Control and Enter send the form in which one is writing. */
export function sendByKey(root = document) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    const form = event.target.closest?.("textarea")?.form;
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

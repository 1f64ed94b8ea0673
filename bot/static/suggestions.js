// What people translated before and that is like the answer being written. Taking one puts its Japanese into the answer, and
// what was written can be put back.
import { ageTimes } from "../core/live.js";

function line(language, text, style = "") {
  const element = document.createElement("p");
  element.className = style;
  element.lang = language;
  element.textContent = text;
  return element;
}

function who({ score, author, at }, word) {
  const element = document.createElement("p");
  element.className = "small soft suggestion-who";
  const share = document.createElement("span");
  share.textContent = word.replace("{percent}", Math.floor(score * 100));
  element.append(share);
  if (author) {
    const name = document.createElement("span");
    name.lang = "ja";
    name.textContent = author;
    element.append(" ", name);
  }
  const time = document.createElement("time");
  time.className = "number nowrap";
  time.dateTime = at;
  time.dataset.relative = "";
  time.textContent = at.slice(0, 10).replaceAll("-", "/");
  time.title = at.slice(0, 16).replace("T", " ");
  element.append(" ", time);
  return element;
}

export class Suggestions {
  constructor(form, text) {
    this.element = form.querySelector(".suggestions");
    this.text = text;
    this.taken = form.querySelector('[data-slot="taken"]');
    this.before = "";
    form.addEventListener("click", (event) => {
      const button = event.target.closest('[name="take"], [data-put-back]');
      if (!button) return;
      event.preventDefault(); // without a script the button asks the server
      if (button.name === "take") this.take(button.closest("li").querySelector('[lang="ja"]').textContent);
      else this.putBack();
    });
    text.addEventListener("input", (event) => {
      if (event.isTrusted) this.taken.hidden = true; // somebody writes on
    });
  }

  word(name) {
    return this.element.getAttribute(`data-${name}`);
  }

  fill(suggestions, language) {
    this.element.querySelector('[data-slot="list"]').replaceChildren(...suggestions.map((one) => this.item(one, language)));
    this.element.hidden = suggestions.length === 0;
    ageTimes(this.element);
  }

  item(one, language) {
    const item = document.createElement("li");
    item.className = "suggestion stack tight";
    item.append(line("ja", one.japanese), line(language, one.text, "small soft"), who(one, this.word("score")));
    if (one.other_facts) {
      const chip = document.createElement("p");
      chip.className = "chip waiting";
      chip.textContent = this.word("other-facts");
      item.append(chip);
    }
    const button = document.createElement("button");
    Object.assign(button, { className: "button small", type: "submit", name: "take", value: one.id, formNoValidate: true });
    button.textContent = this.word("take");
    const row = document.createElement("p");
    row.append(button);
    item.append(row);
    return item;
  }

  take(japanese) {
    this.before = this.text.value;
    this.write(japanese);
    this.taken.hidden = false;
  }

  putBack() {
    this.write(this.before);
    this.taken.hidden = true;
  }

  write(value) {
    this.text.value = value;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    this.text.focus();
  }
}

// <model-search>: a text field that knows every model by every name, and asks which where several fit.
// Its markup has a labelled <input>, an empty list and a line for what is found. It tells others of a
// choice by the event "model-chosen", and inside a form sends the form off with the model's id.

import { find, loadIndex } from "./finder/answers.js";

const MOST = 12;
const LONGEST = 60; // letters of a typed text that are said again

class ModelSearch extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.list = this.querySelector("[role=listbox]");
    this.status = this.querySelector("[role=status]");
    this.list.tabIndex = -1; // a box that scrolls would be a stop of the Tab key, and go when reached
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-controls", this.list.id);
    this.close();
    this.input.addEventListener("focus", () => loadIndex().catch(() => this.failed()), { once: true });
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.close());
    // The pointer must not take the focus from the field before the click has come.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.found[option.dataset.at]);
    });
    this.input.form?.addEventListener("submit", (event) => this.submit(event));
  }

  async show() {
    const text = this.input.value;
    let index;
    try {
      index = await loadIndex();
    } catch {
      return this.failed();
    }
    if (this.input.value !== text) return;
    const { models, asks, near } = find(index, text);
    this.found = models;
    const shown = models.slice(0, asks ? models.length : MOST);
    this.list.replaceChildren(...shown.map((model, at) => this.option(model, at)));
    this.at(-1);
    this.list.hidden = shown.length === 0;
    this.input.setAttribute("aria-expanded", String(shown.length > 0));
    this.status.textContent = this.words(text.trim(), models.length, shown.length, asks, near);
  }

  words(text, all, shown, asks, near) {
    if (!text) return "";
    const typed = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    if (asks) return `“${typed}” fits ${all} models. Which one?`;
    const more = all > shown ? `, the first ${shown} shown` : "";
    const count = `${all} ${all === 1 ? "model" : "models"}${more}`;
    if (!near) return count;
    return `No model is called “${typed}”.${all ? ` Like its beginning: ${count}` : ""}`;
  }

  option([id, name, family], at) {
    const item = document.createElement("li");
    item.role = "option";
    item.id = `${this.list.id}-${at}`;
    item.dataset.at = at;
    item.setAttribute("aria-selected", "false");
    const small = document.createElement("small");
    small.textContent = ` ${family}`;
    item.append(name, small);
    item.title = id;
    return item;
  }

  // Marks the option that Enter would take; -1 for none.
  at(place) {
    this.place = place;
    [...this.list.children].forEach((item, at) => {
      item.setAttribute("aria-selected", String(at === place));
      if (at === place) item.scrollIntoView({ block: "nearest" });
    });
    const current = this.list.children[place];
    if (current) this.input.setAttribute("aria-activedescendant", current.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const count = this.list.hidden ? 0 : this.list.children.length;
    if (event.key === "ArrowDown" && !count) this.show();
    else if (event.key === "ArrowDown") this.at((this.place + 1) % count);
    else if (event.key === "ArrowUp" && count) this.at((this.place <= 0 ? count : this.place) - 1);
    else if (event.key === "Escape" && count) this.close();
    else if (event.key === "Enter") return this.enter(event);
    else return;
    event.preventDefault();
  }

  // Enter takes the marked option, else what was typed if it can mean one model alone.
  enter(event) {
    event.preventDefault();
    const marked = this.list.hidden ? undefined : this.found?.[this.place];
    if (marked) this.choose(marked);
    else this.settle();
  }

  submit(event) {
    event.preventDefault();
    this.settle();
  }

  async settle() {
    const text = this.input.value;
    if (!text.trim()) {
      this.status.textContent = "Type the name of a model.";
      return this.input.focus();
    }
    try {
      const { models, exact, asks, near } = find(await loadIndex(), text);
      if (exact || (models.length === 1 && !asks && !near)) this.choose(models[0]);
      else this.show();
    } catch {
      this.failed();
    }
  }

  choose([id, name]) {
    this.input.value = name;
    this.status.textContent = "";
    this.close();
    const event = new CustomEvent("model-chosen", { bubbles: true, cancelable: true, detail: { id, name } });
    if (!this.dispatchEvent(event) || !this.input.form?.action) return;
    location.href = `${this.input.form.action}?model=${encodeURIComponent(id)}`;
  }

  close() {
    this.list.hidden = true;
    this.place = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  failed() {
    this.status.textContent = "The list of models could not be fetched.";
  }
}

customElements.define("model-search", ModelSearch);

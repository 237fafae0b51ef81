// <model-finder>: a model, a goal, a scheduler, an accelerator and a budget in; settings and why out.
// Every answer is looked up in JSON that Python wrote; what is asked stands in the address bar.

import { exported, loadExports, loadIndex, loadSheet, lookUp } from "./finder/answers.js";
import { copyable, el, headline, others, sources, waitingFor, warnings, why } from "./finder/show.js";

const ASKED = ["goal", "scheduler", "lora", "budget", "tool"];

class ModelFinder extends HTMLElement {
  connectedCallback() {
    this.options = this.querySelector("form.finder-options");
    this.answer = this.querySelector(".finder-answer");
    this.status = this.querySelector(".finder-status");
    this.addEventListener("model-chosen", (event) => {
      event.preventDefault();
      this.open(event.detail.id, new URLSearchParams());
    });
    this.options.addEventListener("input", (event) => this.changed(event));
    this.options.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("popstate", () => this.fromAddress());
    this.fromAddress();
  }

  fromAddress() {
    const said = new URLSearchParams(location.search);
    if (said.get("model")) waitingFor(this, this.open(said.get("model"), said, true));
  }

  async open(id, said, quiet) {
    const run = (this.run = Symbol("run"));
    try {
      this.index = await loadIndex();
      if (run !== this.run) return;
      this.model = this.index.models.find((model) => model[0] === id);
      if (!this.model) return this.unknown(id);
      this.querySelector("model-search input").value = this.model[1];
      const loras = this.model[4].map((at) => this.index.models[at]);
      fill(this.field("lora"), [["", "none"], ...loras.map((lora) => [lora[0], lora[1]])]);
      this.enable(true);
      this.field("lora").disabled = loras.length === 0;
      choose(this.field("lora"), said.get("lora") ?? "");
      const goal = this.options.elements.goal;
      goal.value = this.index.goals.includes(said.get("goal")) ? said.get("goal") : "balanced";
      this.field("budget").value = said.get("budget") ?? "";
      if (!(await this.fetched())) return;
      choose(this.field("scheduler"), said.get("scheduler") ?? "");
      this.tool = said.get("tool") ?? this.tool;
      this.show(quiet);
    } catch (error) {
      this.failed(error);
    }
  }

  // Until a model is chosen there is nothing to vary; the controls keep their room.
  enable(on) {
    this.querySelector(".finder-all").disabled = !on;
  }

  field(name) {
    return this.options.elements[name];
  }

  // Fetches the sheet of the model with its accelerator; fills in the schedulers it answers for. False
  // where another was asked for meanwhile: no answer may stand under another model's name.
  async fetched() {
    const run = (this.run = Symbol("run"));
    const scheduler = this.field("scheduler").value;
    this.sheet = null;
    const sheet = await loadSheet(this.model[0], this.field("lora").value);
    if (run !== this.run) return false;
    this.sheet = sheet;
    const own = lookUp(this.index, this.sheet).scheduler;
    const named = this.sheet.schedulers.map((id) => [id, this.index.schedulers[id][0]]);
    fill(this.field("scheduler"), [["", own ? `its own: ${own}` : "its own"], ...named]);
    choose(this.field("scheduler"), scheduler);
    return true;
  }

  async changed(event) {
    try {
      if ((event.target.name === "lora" || !this.sheet) && !(await this.fetched())) return;
      this.show();
    } catch (error) {
      this.failed(error);
    }
  }

  // What is asked, as a command line has it: a budget is calls, or seconds at seconds a call.
  asked() {
    const [scheduler, lora, goal, budget] = ["scheduler", "lora", "goal", "budget"].map((name) =>
      this.field(name).value.trim(),
    );
    return { scheduler, lora, goal, budget, calls: calls(budget) };
  }

  show(quiet) {
    const asked = this.asked();
    this.field("budget").setAttribute("aria-invalid", String(asked.calls === undefined));
    if (asked.calls === undefined) {
      this.tell("Budget: a whole number of network calls, or seconds@seconds a call such as 12s@0.5.", true);
      return;
    }
    const answer = lookUp(this.index, this.sheet, { ...asked, budget: asked.calls });
    const root = new URL("../", location.href.split(/[?#]/)[0]);
    const [id, name] = this.model;
    const page = (path) => new URL(path, root).href;
    this.answer.replaceChildren(
      ...[
        el("h2", { class: "finder-name" }, el("a", { href: page(`models/${id}/`) }, name)),
        headline(answer),
        others(answer),
        warnings(answer),
        el("p", { class: "finder-links" }, el("a", { href: page(`compare/?a=${encodeURIComponent(id)}`) }, "Compare with another model")),
        why(answer, this.sheet.agreement),
        sources(answer),
        this.paste(asked),
      ].filter(Boolean),
    );
    this.tell(`${name}: ${answer.steps ?? "no"} steps`);
    this.say(asked, quiet);
  }

  // Buttons for every tool; a scheduler or a budget of the reader's own goes through the command line.
  paste({ goal, lora, scheduler, budget }) {
    const words = ["sweetspot", "export", this.model[0], "--to", "TOOL"];
    for (const [option, value] of Object.entries({ goal: goal === "balanced" ? "" : goal, lora, scheduler, budget }))
      if (value) words.push(`--${option}`, value);
    const shown = el("div", { class: "finder-paste", "aria-live": "polite" });
    const box = el("section", {}, el("h2", {}, "Paste Into Your Tool"));
    if (scheduler || budget) {
      const told = `With a scheduler or budget of your own, the command line writes it; name your tool in place of TOOL:`;
      box.append(el("p", {}, told), copyable(words.join(" ")));
      return box;
    }
    const pressed = (tool) => async () => {
      this.tool = tool;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.tool === tool));
      this.say(this.asked());
      try {
        const made = exported(this.index, await loadExports(this.model[0], lora), tool, goal);
        const notes = made.notes?.length ? el("ul", { class: "sources" }, made.notes.map((note) => el("li", {}, note))) : "";
        shown.replaceChildren(made.refused ? el("p", {}, made.refused) : copyable(made.content), notes);
      } catch (error) {
        this.failed(error);
      }
    };
    const buttons = this.index.tools.map(([tool, name]) => {
      const button = el("button", { type: "button", "aria-pressed": "false", "data-tool": tool }, name);
      button.addEventListener("click", pressed(tool));
      return button;
    });
    box.append(el("div", { class: "finder-tools" }, buttons), shown);
    if (buttons.some((button) => button.dataset.tool === this.tool)) pressed(this.tool)();
    return box;
  }

  say(asked, quiet) {
    const said = new URLSearchParams({ model: this.model[0] });
    const all = { ...asked, tool: this.tool };
    for (const key of ASKED) if (all[key] && all[key] !== "balanced") said.set(key, all[key]);
    if (!quiet) history.replaceState(null, "", `?${said}`);
  }

  unknown(id) {
    this.enable(false);
    this.answer.replaceChildren();
    const search = this.querySelector("model-search");
    search.input.value = id;
    search.settle();
  }

  failed(error) {
    this.tell(`The answers could not be fetched. ${error.message}`, true);
  }

  // Says something; what is no complaint only to those who do not see the answer change.
  tell(words, wrong = false) {
    this.status.textContent = words;
    this.status.classList.toggle("wrong", wrong);
  }
}

function fill(select, pairs) {
  select.replaceChildren(...pairs.map(([value, text]) => el("option", { value }, text)));
}

function choose(select, value) {
  select.value = [...select.options].some((option) => option.value === value) ? value : "";
}

// 40 is calls; 12s@0.5 is seconds at seconds a call, of which whole calls count. Undefined: neither.
export function calls(text) {
  if (!text) return null;
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  const [, seconds, each] = /^(\d+(?:\.\d+)?)s@(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (!(Number(seconds) > 0 && Number(each) > 0)) return undefined;
  return Math.floor(Math.min((Number(seconds) / Number(each)) * (1 + 1e-12), 1e9)); // as Python does
}

customElements.define("model-finder", ModelFinder);

// <compare-models>: two models' answers side by side, with what differs marked. Both are looked up in
// the JSON of the model finder; the two ids stand in the address bar.

import { loadIndex, loadSheet, lookUp } from "./finder/answers.js";
import { el, waitingFor } from "./finder/show.js";

const text = (value) => (value === null || value === undefined ? "" : String(value));
const ANSWERED = [
  ["Steps", ({ answer }) => text(answer.steps)],
  ["Range", ({ answer }) => answer.said.range],
  ["Network calls", ({ answer }) => text(answer.calls)],
  ["Guidance", ({ answer }) => answer.said.guidance],
  ["True CFG", ({ answer }) => text(answer.true_cfg_scale)],
  ["Scheduler", ({ answer }) => text(answer.scheduler)],
  ["Shift", ({ answer }) => text(answer.shift)],
  ["Size", ({ answer }) => (answer.width && answer.height ? `${answer.width} × ${answer.height}` : "")],
  ["Decided by", ({ answer }) => answer.said.basis],
  ["Measured with", ({ sheet }) => sheet.measured.join(", ")],
];
const LEFT_OUT = ["Also known as", "Native size"];

class CompareModels extends HTMLElement {
  connectedCallback() {
    this.table = this.querySelector(".compare-table");
    this.status = this.querySelector(".finder-status");
    this.chosen = {};
    this.addEventListener("model-chosen", (event) => {
      event.preventDefault();
      this.chosen[event.target.dataset.side] = event.detail.id;
      this.show();
    });
    addEventListener("popstate", () => this.fromAddress());
    this.fromAddress();
  }

  fromAddress() {
    const said = new URLSearchParams(location.search);
    this.chosen = { a: said.get("a"), b: said.get("b") };
    if (this.chosen.a || this.chosen.b) waitingFor(this, this.show(true));
  }

  async show(quiet) {
    const run = (this.run = Symbol("run"));
    try {
      const index = await loadIndex();
      const sides = [];
      for (const side of ["a", "b"]) {
        const model = index.models.find(([id]) => id === this.chosen[side]);
        if (!model) continue;
        const sheet = await loadSheet(model[0]);
        if (run !== this.run) return; // another was chosen meanwhile
        this.querySelector(`[data-side=${side}] input`).value = model[1];
        sides.push({ id: model[0], name: model[1], sheet, answer: lookUp(index, sheet) });
      }
      if (sides.length) this.table.replaceChildren(table(sides));
      const unknown = Object.values(this.chosen).filter((id) => id && !sides.some((one) => one.id === id));
      this.tell(unknown.map((id) => `No model has the id “${id}”.`).join(" "), true);
      if (!quiet) history.replaceState(null, "", `?${new URLSearchParams(Object.entries(this.chosen).filter(([, id]) => id))}`);
    } catch (error) {
      if (run === this.run) this.tell(`The answers could not be fetched. ${error.message}`, true);
    }
  }

  tell(words, wrong) {
    this.status.textContent = words;
    this.status.classList.toggle("wrong", wrong);
  }
}

function table(sides) {
  const labels = new Set(sides.flatMap(({ sheet }) => sheet.facts.map(([label]) => label)));
  const told = [...labels].filter((label) => !LEFT_OUT.includes(label));
  const fact = (label) => ({ sheet }) => sheet.facts.find(([one]) => one === label)?.[1] ?? "";
  const rows = [...ANSWERED, ...told.map((label) => [label, fact(label)])];
  const head = ({ id, name }) => el("th", { scope: "col" }, el("a", { href: `../models/${encodeURIComponent(id)}/` }, name));
  return el(
    "div",
    { class: "scroll", role: "region", "aria-label": "The two models side by side", tabindex: "0" },
    el(
      "table",
      { class: "data compare-data" },
      el("thead", {}, el("tr", {}, el("td", {}), sides.map(head))),
      el("tbody", {}, rows.map(([label, of]) => row(label, sides.map(of))), sources(sides)),
    ),
  );
}

// A row, marked for the eye and in words where the two differ; one that says nothing is left out.
function row(label, values) {
  if (values.every((value) => value === "")) return null;
  const differs = values.length === 2 && values[0] !== values[1];
  const mark = differs ? el("span", { class: "sr-only" }, " (differs)") : null;
  return el(
    "tr",
    { class: differs ? "differs" : null },
    el("th", { scope: "row" }, label, mark),
    values.map((value) => el("td", {}, value || "–")),
  );
}

function sources(sides) {
  const list = ({ answer }) =>
    el("td", {}, el("ul", { class: "sources" }, answer.sources.map((source) => el("li", {}, link(source)))));
  return el("tr", {}, el("th", { scope: "row" }, "Sources"), sides.map(list));
}

const link = ({ url, where }) => (/^https?:\/\//.test(url) ? el("a", { href: url, rel: "noopener" }, where) : where);

customElements.define("compare-models", CompareModels);

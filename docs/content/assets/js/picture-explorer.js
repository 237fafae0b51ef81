// <picture-explorer>: choose a comparison, its axes, and two of its pictures; <picture-compare>
// puts them on top of each other. What is shown stands in the address bar, by names and values. The
// data are the JSON files beside the page that docs/builder/explore.py wrote. Without this script
// the element shows its first comparison as a table, and the two at its ends.

import { about } from "./explore/about.js";
import { drawn, found } from "./explore/curve.js";
import { element, mark, table, words } from "./explore/grid.js";
import { address, boundSeed, opened, resolved } from "./explore/state.js";
import "./picture-compare.js";

class PictureExplorer extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.root = this.dataset.root;
    this.form = this.querySelector("form");
    this.grid = this.querySelector(".explorer-grid");
    this.compare = this.querySelector("picture-compare");
    this.turn = "a";
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", (event) => this.chosen(event.target));
    this.grid.addEventListener("click", (event) => this.pick(event.target.closest("button")));
    this.grid.addEventListener("keydown", (event) => {
      const side = event.key.toLowerCase();
      const plain = !(event.ctrlKey || event.altKey || event.metaKey);
      if (plain && (side === "a" || side === "b")) this.pick(event.target.closest("button"), side);
    });
    this.open(new URLSearchParams(location.search));
  }

  // Fetches the plan that an address names, or the first, and shows what else it asks for.
  async open(query) {
    const known = [...this.form.elements.plan.options].map((option) => option.value);
    const wanted = query.get("plan") ?? known[0];
    const id = known.includes(wanted) ? wanted : known[0];
    const run = (this.run = Symbol("run"));
    const plan = await this.fetched(`${id}.json`);
    if (run !== this.run) return;
    if (!plan) {
      if (this.plan) this.form.elements.plan.value = this.plan.plan; // still shown
      return;
    }
    this.plan = opened(plan);
    this.state = resolved(this.plan, query);
    const lost = wanted === id ? [] : [`There is no comparison called ${wanted}; shown is ${id}.`];
    this.say([...lost, ...this.state.notes].join(" "));
    this.form.elements.plan.value = id;
    this.draw();
  }

  async fetched(file) {
    try {
      const answer = await fetch(new URL(`${this.root}explore/${file}`, document.baseURI));
      if (answer.ok) return await answer.json();
    } catch {
      // Said below: an answer that is none and one that never came look alike to a reader.
    }
    this.say("The data of this comparison did not load. Load the page again.");
    return null;
  }

  say(words) {
    this.querySelector(".fallback").textContent = words;
  }

  draw() {
    const { plan, state } = this;
    this.choices();
    this.made = table(plan, state, this.root);
    this.grid.querySelector("table").replaceWith(this.made);
    this.show();
    // Not scrollIntoView: it would move the page as well.
    const cell = this.made.querySelector("[tabindex='0']")?.parentElement;
    this.grid.scrollTo(cell ? cell.offsetLeft - this.grid.clientWidth / 2 : 0, 0);
  }

  // The two axes, and a list for each dim that stands still.
  choices() {
    const { plan, state } = this;
    const { x, y, a } = state;
    const names = plan.dims.filter((one) => one.values.length > 1).map((one) => one.name);
    const others = ["", ...names.filter((name) => name !== x)];
    const [axes, fixed] = this.form.querySelectorAll("div");
    const focused = document.activeElement?.name;
    const comparison = this.form.elements.plan.closest("label");
    const down = list("y", "Down", others, ["nothing", ...others.slice(1)], y);
    axes.replaceChildren(comparison, list("x", "Across", names, names, x), down);
    const still = plan.dims.filter(({ name }) => name !== x && name !== y);
    const lists = still.map((one) => list(one.name, one.name, one.values, one.texts, a[one.name]));
    const seed = boundSeed(plan, x, y, a);
    if (seed) lists.push(list("seed", "seed", [seed], [seed], seed));
    fixed.replaceChildren(...lists);
    if (focused && focused !== "plan") this.form.elements[focused]?.focus();
  }

  chosen({ name, value }) {
    if (name === "plan") {
      this.open(new URLSearchParams({ plan: value })).then(() => this.plan && this.keep());
      return;
    }
    this.state = resolved(this.plan, this.changed(name, value));
    this.say(this.state.notes.join(" "));
    this.draw();
    this.keep();
  }

  // An address with this one choice changed, and both pictures kept as far as the axes allow.
  changed(name, value) {
    const { x, y, a, b } = this.state;
    const axes = { x, y, ...(name in { x, y } && { [name]: value }) };
    if (axes.x === axes.y) axes.y = x;
    const query = new URLSearchParams({ plan: this.plan.plan, ...axes });
    for (const dim of this.plan.dims) {
      const moving = dim.name === axes.x || dim.name === axes.y;
      if (moving && (dim.name === x || dim.name === y)) {
        query.set(`a.${dim.name}`, a[dim.name]);
        query.set(`b.${dim.name}`, b[dim.name]);
      } else if (dim.name !== axes.x) query.set(dim.name, a[dim.name]);
    }
    if (name in this.plan.dim) query.set(name, value);
    return query;
  }

  // The first picture chosen becomes A, the next B, and so on by turns.
  pick(button, side = this.turn) {
    if (!button?.place) return;
    this.state[side] = button.place;
    this.turn = side === "a" ? "b" : "a";
    this.say("");
    this.show();
    this.keep();
  }

  keep() {
    history.replaceState(history.state, "", `?${address(this.plan, this.state)}${location.hash}`);
  }

  show() {
    const { plan, state } = this;
    mark(this.made, state.a, state.b);
    const pair = [state.a, state.b].map((place) => {
      const { file, alt, width, height } = plan.at(place);
      const src = `${this.root}${plan.root}${file}`;
      return { src, alt, width, height, largest: plan.largest, label: words(place, state) };
    });
    this.compare.show(...pair);
    this.querySelector(".explorer-about").replaceChildren(about(plan, state, this.root));
    this.curve();
  }

  async curve() {
    const run = (this.drawing = Symbol("run"));
    const curves = found(this.plan, this.state);
    const data = await Promise.all(curves.map((one) => this.fetched(one.src)));
    if (run !== this.drawing) return;
    const figures = curves.flatMap((one, index) =>
      data[index] ? [drawn(this.plan, one, data[index], this.state)] : [],
    );
    this.querySelector(".explorer-curves").replaceChildren(...figures);
  }
}

function list(name, label, values, texts, chosen) {
  const options = values.map((value, index) => element("option", { value }, texts[index]));
  const select = element("select", { name, autocomplete: "off" }, ...options);
  select.value = chosen;
  return element("label", {}, label, select);
}

customElements.define("picture-explorer", PictureExplorer);

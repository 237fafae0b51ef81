// <steps-ruler>: reads one model off the ruler under the pointer, by a native slider, or by its name.
// The drawing is Python's (docs/builder/ruler.py); what is said of a model is looked up in its JSON.

class StepsRuler extends HTMLElement {
  connectedCallback() {
    this.plot = this.querySelector(".ruler-plot");
    this.said = this.querySelector(".ruler-said");
    this.tool = this.querySelector("select");
    this.search = this.querySelector("input[type=search]");
    this.walk = this.querySelector("input[type=range]");
    if (!this.walk) return;
    this.plot.addEventListener("pointermove", (event) => this.under(event));
    this.plot.addEventListener("pointerdown", (event) => this.under(event));
    this.walk.addEventListener("input", () => this.show(Number(this.walk.value)));
    this.tool.addEventListener("change", () => this.show(Number(this.walk.value)));
    this.search.addEventListener("input", () => this.find());
  }

  load() {
    this.data ??= fetch(this.dataset.from).then((got) => {
      if (!got.ok) throw new Error(String(got.status));
      return got.json();
    });
    return this.data.catch(() => {
      this.data = undefined;
      this.said.textContent = "The figures could not be fetched.";
    });
  }

  async under(event) {
    const data = await this.load();
    const box = this.plot.querySelector("svg").getBoundingClientRect();
    const share = (event.clientY - box.top) / box.height;
    if (!data || share < 0 || share >= 1) return;
    this.show(Math.floor(share * data.models.length));
  }

  async show(at) {
    const data = await this.load();
    if (!data) return;
    this.walk.value = at;
    const [id, name, , steps, range, places, words] = data.models[at];
    const [tool, column] = data.tools[this.tool.selectedIndex];
    const link = document.createElement("a");
    link.href = `${this.dataset.root}models/${id}/`;
    link.textContent = name;
    const text = document.createElement("span");
    const around = range ? ` (${range})` : "";
    text.textContent = `${steps} ${steps === 1 ? "step" : "steps"}${around}. ${tool}: ${words[column]}.`;
    this.said.replaceChildren(link, " ", text);
    this.walk.setAttribute("aria-valuetext", `${name}, ${text.textContent}`);
    const y = ((at + 0.5) / data.models.length) * 1000;
    this.draw("current", `M${places[0]} ${y}H${places[2]}`);
    this.draw("current-dot", `M${places[1]} ${y}h0`);
  }

  async find() {
    const data = await this.load();
    if (!data) return;
    const words = this.search.value.split(/\s+/).map(plain).filter(Boolean);
    const found = data.models
      .map((model, at) => [plain(`${model[1]} ${model[2]} ${model[0]}`), model[5], at])
      .filter(([text]) => words.length && words.every((word) => text.includes(word)));
    const height = data.models.length;
    this.plot.classList.toggle("finding", words.length > 0);
    this.draw(
      "found",
      found.map(([, places, at]) => `M${places[0]} ${((at + 0.5) / height) * 1000}H${places[2]}h0`).join(""),
    );
    if (found.length) this.show(found[0][2]);
    else if (words.length) this.said.textContent = `No model is called “${this.search.value.slice(0, 60)}”.`;
    else this.show(Number(this.walk.value));
  }

  draw(name, path) {
    this.plot.querySelector(`.${name}`).setAttribute("d", path);
  }
}

const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

customElements.define("steps-ruler", StepsRuler);

// <table-filter>: hides the rows of its table, or its cards, that lack a typed word. Each is searched
// by its text and by its data-words. Without this script the element is its table (see sweetspot.css).

const ROW = "tbody tr:not(.group), .card";

class TableFilter extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.output = this.querySelector("output");
    this.none = this.querySelector(".filter-none");
    this.input.addEventListener("input", () => this.show());
    // A browser may bring back what was typed before. Without that nothing is hidden yet.
    if (this.input.value) this.show();
  }

  show() {
    // Hundreds of rows are read when a reader types, not while the page loads.
    this.rows ??= [...this.querySelectorAll(ROW)].map((row) => [
      row,
      plain(`${row.textContent} ${row.dataset.words ?? ""}`),
    ]);
    const words = this.input.value.split(/\s+/).map(plain).filter(Boolean);
    let shown = 0;
    for (const [row, text] of this.rows) {
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    const all = this.rows.length;
    // A group's heading goes when none of its rows is left.
    for (const group of this.querySelectorAll(".group")) {
      const members = group.matches("tr") ? group.parentElement : group;
      group.hidden = !members.querySelector(`:is(${ROW}):not([hidden])`);
    }
    const noun = this.dataset.noun ?? "models";
    this.output.value = shown === all ? `${all} ${noun}` : `${shown} of ${all} ${noun}`;
    this.none.hidden = shown > 0;
  }
}

// "FLUX.1 [schnell]" and "flux1 schnell" have the same letters and digits.
const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

customElements.define("table-filter", TableFilter);

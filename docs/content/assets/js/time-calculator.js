// <time-calculator>: what fewer steps save, from the reader's own figures. Cost of a picture = fixed +
// steps × step, as docs/builder/measured_time.py has it; a test holds both to the same numbers.
// Without this script the page shows its table of savings and no inputs (see measured.css).

class TimeCalculator extends HTMLElement {
  connectedCallback() {
    this.output = this.querySelector("output");
    this.addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const at = (name) => this.querySelector(`[name=${name}]`);
    const [before, after, step, fixed, pictures] = ["before", "after", "step", "fixed", "pictures"].map(
      (name) => (at(name).value === "" ? NaN : Number(at(name).value)),
    );
    const sound = [before, after, pictures].every((n) => n >= 1) && step >= 0 && fixed >= 0;
    this.output.value = sound
      ? sentence(before, after, step, fixed, pictures, at("unit").value)
      : "Steps and pictures from 1, costs from 0.";
  }
}

function sentence(before, after, step, fixed, pictures, unit) {
  const now = pictures * (fixed + before * step);
  const then = pictures * (fixed + after * step);
  const share = now > 0 ? (100 * Math.abs(now - then)) / now : 0;
  const verb = then > now ? "costs" : "saves";
  const more = then > now ? " more" : "";
  const amounts = `${figure(now)} ${unit} become ${figure(then)}`;
  return `From ${before} to ${after} steps ${verb} ${share.toFixed(0)} %${more}: ${amounts}.`;
}

const figure = (number) => Number(number.toPrecision(4)).toLocaleString("en");

customElements.define("time-calculator", TimeCalculator);

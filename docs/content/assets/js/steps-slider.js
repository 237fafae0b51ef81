// <steps-slider>: a range input, or a list of choices, that flips rendered pictures. Each
// <img data-stops> inside holds its pictures as [[value, address, alternative text], …]; all follow the
// one input. Without this script the element shows its pictures and no input (see sweetspot.css).

class StepsSlider extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=range], select");
    this.output = this.querySelector("output");
    this.images = [...this.querySelectorAll("img[data-stops]")];
    this.stops = this.images.map((image) => JSON.parse(image.dataset.stops));
    if (!this.input || !this.stops.length) return;
    this.input.addEventListener("input", () => this.show());
    // The rest of the pictures are fetched when a reader reaches for the slider, not before.
    const fetchAll = () => this.fetchAll();
    for (const event of ["pointerenter", "focusin", "touchstart"]) {
      this.addEventListener(event, fetchAll, { once: true, passive: true });
    }
    this.show();
  }

  fetchAll() {
    if (this.fetched) return;
    this.fetched = this.stops.flat().map(([, address]) => {
      const image = new Image();
      image.src = address;
      return image;
    });
  }

  /** The number of the picture that is shown. */
  get at() {
    return Number(this.input.value);
  }

  show() {
    const at = this.at;
    this.images.forEach((image, row) => {
      const [, address, text] = this.stops[row][at];
      // Setting an address again would fetch again.
      if (image.getAttribute("src") !== address) image.src = address;
      image.alt = text;
    });
    if (!this.output) return; // a list of choices says its own value
    const value = String(this.stops[0][at][0]);
    this.output.value = value;
    this.input.setAttribute("aria-valuetext", value);
  }
}

customElements.define("steps-slider", StepsSlider);

// <picture-compare>: two pictures on top of each other. Around any two captioned <img>: the first
// is A, the second B. A range input wipes between them, a button lets them flicker, and where they
// differ is drawn beside them, with the largest and the mean difference in grey levels of 255.
// Without this script the two stand side by side. `show(a, b)` puts two others in their place.

import { difference } from "./explore/difference.js";

const BEAT = 600; // milliseconds a picture stays: well below three flashes a second (WCAG 2.3.1)
const still = matchMedia("(prefers-reduced-motion: reduce)");

const BOX = `<div class="compare-box">
  <figure class="shot"><div class="stage"></div>
    <label class="wipe"><span class="sr-only">Wipe: how much of A is seen</span>
    <input type="range" min="0" max="100" value="50" autocomplete="off"></label></figure>
  <figure class="shot"><div class="stage"><canvas role="img"></canvas></div>
    <figcaption><span role="status"></span></figcaption></figure>
  <p class="names"><span><b>A</b> <span></span></span><span><b>B</b> <span></span></span></p>
  <p class="tools"><button type="button" aria-pressed="false">Flicker</button></p>
</div>`;

class PictureCompare extends HTMLElement {
  connectedCallback() {
    const figures = [...this.querySelectorAll("figure")].slice(0, 2);
    if (this.stage || figures.length < 2) return;
    this.images = figures.map((figure) => figure.querySelector("img"));
    this.captions = figures.map((figure) => figure.querySelector("figcaption"));
    this.build();
    this.measure();
  }

  disconnectedCallback() {
    this.rest();
  }

  build() {
    const box = document.createRange().createContextualFragment(BOX).firstElementChild;
    [this.stage] = box.querySelectorAll(".stage");
    this.canvas = box.querySelector("canvas");
    this.status = box.querySelector("[role=status]");
    this.input = box.querySelector("input");
    this.button = box.querySelector("button");
    const names = box.querySelectorAll(".names span span");
    this.captions.forEach((caption, index) => names[index].append(...caption.childNodes));
    this.captions = [...names];
    // The attributes: the properties tell how large a picture is drawn.
    const side = (image, name) => Number(image.getAttribute(name));
    const sizes = this.images.map((image) => [side(image, "width"), side(image, "height")]);
    const largest = Math.max(...sizes.flat());
    this.images.forEach((image, index) => {
      image.loading = "eager";
      scaled(image, ...sizes[index].map((one) => one / largest));
    });
    this.stage.append(...this.images);
    this.replaceChildren(box);
    this.input.addEventListener("input", () => this.wipe());
    this.button.addEventListener("click", () => this.flicker());
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.rest());
    const named = () => (this.button.textContent = still.matches ? "Swap A and B" : "Flicker");
    still.addEventListener("change", () => (this.rest(), named()));
    named();
    this.drag();
    this.wipe();
  }

  // {src, alt, width, height, largest, label}: what stands in place of A and of B.
  show(...pair) {
    pair.forEach(({ src, alt, width, height, largest, label }, index) => {
      const image = this.images[index];
      Object.assign(image, { alt, width, height });
      if (image.src !== new URL(src, document.baseURI).href) image.src = src;
      scaled(image, width / largest, height / largest);
      const code = document.createElement("code");
      code.textContent = label;
      this.captions[index].replaceChildren(code);
    });
    this.measure();
  }

  wipe() {
    this.rest();
    const share = Number(this.input.value);
    this.stage.dataset.seen = "both";
    this.stage.style.setProperty("--at", `${share}%`);
    this.input.setAttribute("aria-valuetext", `${share} % A, ${100 - share} % B`);
  }

  // The line follows a finger or the mouse too; the input stays what the keyboard moves.
  drag() {
    const move = (event) => {
      const { left, width } = this.stage.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
      this.input.value = Math.round(100 * share);
      this.wipe();
    };
    this.stage.addEventListener("pointerdown", (event) => {
      this.stage.setPointerCapture(event.pointerId);
      move(event);
    });
    this.stage.addEventListener("pointermove", (event) => event.buttons && move(event));
  }

  // A reader who asked for less motion changes the picture by hand, one press each time.
  flicker() {
    if (still.matches) return this.swap();
    if (this.beat) return this.wipe();
    this.button.setAttribute("aria-pressed", "true");
    this.swap();
    this.beat = setInterval(() => this.swap(), BEAT);
  }

  swap() {
    this.stage.dataset.seen = this.stage.dataset.seen === "a" ? "b" : "a";
  }

  rest() {
    clearInterval(this.beat);
    this.beat = 0;
    this.button?.setAttribute("aria-pressed", "false");
  }

  async measure() {
    const run = (this.run = Symbol("run"));
    const sheet = document.createElement("canvas");
    const found = await difference(...this.images, sheet);
    if (run !== this.run) return;
    const map = typeof found === "object";
    this.canvas.style.visibility = map ? "visible" : "hidden";
    this.canvas.setAttribute("aria-label", map ? `Where A and B differ, ×${found.times}` : "No map");
    this.status.textContent = map ? told(found) : found;
    if (!map) return;
    const { share, tall } = this.images[0].dataset;
    scaled(this.canvas, share, tall);
    Object.assign(this.canvas, { width: sheet.width, height: sheet.height });
    this.canvas.getContext("2d").drawImage(sheet, 0, 0);
  }
}

// How much of the square a picture fills: those of a plan are shown at one scale.
function scaled(element, share, tall) {
  Object.assign(element.dataset, { share, tall });
  element.style.setProperty("--share", share);
  element.style.setProperty("--tall", tall);
}

function told({ mean, largest, times }) {
  if (!largest) return "Every pixel of the two is the same.";
  const numbers = `mean ${mean.toFixed(2)}, largest ${largest} grey levels of 255`;
  return `Where they differ, ×${times}: ${numbers}.`;
}

customElements.define("picture-compare", PictureCompare);

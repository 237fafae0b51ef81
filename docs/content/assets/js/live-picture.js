// <live-picture>: a rendered picture, its <steps-slider>, and a button that draws more of them here.
// All that the button needs is fetched when it is pressed; until then, and whatever fails after, the
// rendered pictures stand. An address with settings (live/address.js) fills them in and waits.

class LivePicture extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("[name=generate]");
    if (!this.button) return; // a copy of the guide without the runtime
    this.offer = this.button.closest("p");
    this.button.addEventListener("click", () => this.generate());
    if (location.hash.startsWith("#draw?")) this.restore();
  }

  async restore() {
    const { read, fill } = await import("./live/address.js");
    const form = this.querySelector("form");
    const refused = fill(form, read(location.hash));
    const names = refused.join(", ");
    const left = names && ` Left out, as they cannot be drawn here: ${names}.`;
    const { prompt } = form.elements;
    this.say(`The link draws “${prompt.value}”. Press the button.${left}`);
    this.scrollIntoView({ block: "nearest" });
  }

  async generate() {
    this.offer.hidden = true;
    // The button that had the focus is gone; what comes next is read out and stands before the form.
    this.querySelector("[role=status]").focus({ preventScroll: true });
    for (const part of this.querySelectorAll("[data-live]")) part.hidden = false;
    try {
      const { Panel } = await import("./live/panel.js");
      this.panel = new Panel(this);
      await this.panel.begin();
    } catch (error) {
      if (this.panel) this.panel.fail(error);
      else this.fail("The download failed.");
    }
  }

  /** Says in one line what went wrong, and offers the button again. */
  fail(line) {
    this.say(`${line} The rendered pictures stay.`);
    this.button.textContent = "Try again";
    this.offer.hidden = false;
  }

  say(line) {
    this.querySelector("[role=status]").textContent = line;
  }
}

customElements.define("live-picture", LivePicture);

// <live-picture>: a rendered picture, its <steps-slider>, and a button that draws more of them here.
// All that the button needs is fetched when it is pressed; until then, and whatever fails after, the
// rendered pictures stand. An address with settings (live/address.js) fills them in and waits; once the
// widget draws, one that is put in the address bar is drawn at once.

class LivePicture extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("[name=generate]");
    if (!this.button) return; // a copy of the guide without the runtime
    this.offer = this.button.closest("p");
    this.button.addEventListener("click", () => this.generate());
    this.leaving = new AbortController();
    addEventListener("hashchange", () => this.restore(), { signal: this.leaving.signal });
    this.restore();
  }

  disconnectedCallback() {
    this.leaving?.abort();
  }

  async restore() {
    if (!location.hash.startsWith("#draw?")) return;
    const { read, fill } = await import("./live/address.js");
    if (this.panel?.draws) return this.panel.take(read(location.hash));
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
    let panel;
    try {
      const { Panel } = await import("./live/panel.js");
      this.panel = panel = new Panel(this);
      await panel.begin();
    } catch (error) {
      if (panel) panel.fail(error);
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

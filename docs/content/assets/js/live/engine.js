// Draws with what the worker chose, or with what a reader chooses instead. Where anything but WASM
// on one thread fails, that draws the same pictures and the other is offered no more.

import { Session } from "./session.js";

export class Engine {
  /**
   * `open` is {base, manifest, root, runtimes}; `chooser` a <select> inside a label that stays
   * hidden where there is nothing to choose; `hear(message)` gets what worker.js tells.
   */
  constructor(open, chooser, hear) {
    Object.assign(this, { open, chooser, hear });
    this.broken = [];
    this.chosen = new AbortController();
    const choose = () => this.start(chooser.value);
    chooser?.addEventListener("input", choose, { signal: this.chosen.signal });
    this.start();
  }

  start(wanted) {
    this.session?.end();
    this.using = null;
    const session = new Session({ ...this.open, wanted }, (message) => {
      if (session === this.session) this.heard(message);
    });
    this.session = session;
  }

  heard(message) {
    if (message.offers) this.offer(message);
    else if (message.failure && this.using && this.using !== "wasm") this.retreat();
    else this.hear(message);
  }

  retreat() {
    this.broken.push(this.using);
    this.start("wasm");
    this.session.draw(this.jobs);
  }

  offer({ offers, name, most }) {
    this.using = name;
    this.most = most;
    if (!this.chooser) return;
    const left = offers.filter((one) => !this.broken.includes(one));
    this.chooser.replaceChildren(...left.map((one) => new Option(this.called(one), one)));
    this.chooser.value = name;
    this.chooser.closest("label").hidden = left.length < 2;
  }

  called(name) {
    if (name === "webgpu") return "WebGPU";
    return name === "threads" ? `WASM, ${this.most} threads` : "WASM";
  }

  /** What the pictures are drawn with, in words, and what failed at it before. */
  get told() {
    const failed = this.broken.map((one) => `, as ${this.called(one)} failed here`);
    return this.called(this.using) + failed.join("");
  }

  get ended() {
    return this.session.ended;
  }

  draw(jobs) {
    this.jobs = jobs;
    this.session.draw(jobs);
  }

  end() {
    this.chosen.abort();
    this.session.end();
  }
}

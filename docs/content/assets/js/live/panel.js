// The controls of a live picture once it draws: they ask an Engine for pictures and show them.

import { fill, settingsOf, write } from "./address.js";
import { Engine } from "./engine.js";
import { line } from "./failure.js";
import { fetchFile, fetchManifest } from "./fetching.js";
import { watchWords } from "./prompt.js";
import { refused } from "./refused.js";
import { Screen } from "./screen.js";

const AFTER_TYPING = 250; // ms

export class Panel {
  /** Takes over the controls of a <live-picture>; `begin` starts the first picture. */
  constructor(element) {
    this.element = element;
    this.form = element.querySelector("form");
    this.fields = this.form.elements;
    this.slider = element.querySelector("steps-slider");
    // What this page's form does not ask: the picture that all start from, with its size.
    this.fixed = JSON.parse(element.dataset.fixed ?? "{}");
    this.progress = element.querySelector("progress");
    this.screens = [...element.querySelectorAll("canvas")].map((canvas) => new Screen(canvas));
    this.stopped = new AbortController();
  }

  async begin() {
    const root = new URL(this.element.dataset.root, location.href).href;
    const base = new URL(this.element.dataset.models, root).href;
    this.manifest = await fetchManifest(base);
    const runtimes = JSON.parse(this.element.dataset.runtime);
    // For machines without a graphics card that still want to see WebGPU draw, such as those of tests.
    const any = new URLSearchParams(location.search).get("webgpu") === "any";
    const open = { base, manifest: this.manifest, root, runtimes, any };
    const chooser = this.form.querySelector("[data-backend]");
    this.engine = new Engine(open, chooser, (message) => this.heard(message));
    this.listen();
    this.left = this.suit();
    this.draw();
    const vocabulary = await fetchFile(base, this.manifest.vocabulary);
    const known = JSON.parse(new TextDecoder().decode(vocabulary));
    for (const name of ["prompt", "negative_prompt"])
      watchWords(this.fields[name], known, this.stopped.signal);
  }

  listen() {
    const { signal } = this.stopped;
    const on = (target, type, act) => target?.addEventListener(type, act, { signal });
    on(this.form, "submit", (event) => event.preventDefault());
    on(this.form, "input", ({ target }) => {
      if (target.name === "model") this.settle();
      this.left = [];
      this.suit();
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.draw(), target.type === "text" ? AFTER_TYPING : 0);
    });
    on(this.fields.another, "click", () => {
      this.fields.seed.value = crypto.getRandomValues(new Uint32Array(1))[0];
      this.draw();
    });
    on(this.fields.link, "click", () => this.copy());
    on(this.slider, "input", () => this.follow());
  }

  // Draws what the slider shows: the page says which settings make it, or that none here do.
  follow() {
    const settings = JSON.parse(this.element.dataset.sets)[this.slider.at];
    const refused = !settings || fill(this.form, Object.entries(settings)).length > 0;
    this.suit();
    if (!refused) return this.draw();
    this.told = "";
    this.element.say(`${this.model} cannot draw this one here. The picture beside it is rendered.`);
  }

  // Another model starts from its own figures.
  settle() {
    this.loosen();
    fill(this.form, Object.entries(this.manifest.models[this.model].defaults));
  }

  loosen() {
    this.fields.num_inference_steps.max = 50; // suit() narrows it again
    for (const option of this.fields.scheduler.options) option.disabled = false;
  }

  /** Whether a link can be taken without another press of the button. */
  get draws() {
    return Boolean(this.engine && !this.engine.ended);
  }

  /** Draws what a link asks for, given as [name, text] pairs. */
  take(settings) {
    this.loosen();
    const refused = fill(this.form, settings);
    this.left = [...refused, ...this.suit()];
    this.draw();
  }


  // The model that the form's settings are for: where both draw, the other one keeps to its own.
  get model() {
    const { value } = this.fields.model;
    return value in this.manifest.models ? value : this.element.dataset.main;
  }

  /** Leaves what the model and its scheduler can do, and returns the settings that gave way. */
  suit() {
    const before = settingsOf(this.form);
    const { scheduler, num_inference_steps: steps, strength } = this.fields;
    const { defaults } = this.manifest.models[this.model];
    const schedulers = this.offered;
    for (const option of scheduler.options) option.disabled = !schedulers.includes(option.value);
    if (!schedulers.includes(scheduler.value)) scheduler.value = defaults.scheduler;
    steps.max = Math.max(...this.manifest.schedulers[scheduler.value].steps);
    // At a product below 1 no step would run.
    if (strength) strength.min = (Math.ceil(1 / steps.value / 0.05) * 0.05).toFixed(2);
    for (const range of this.form.querySelectorAll("[type=range]"))
      range.closest("label").querySelector("output").value = range.value;
    const after = settingsOf(this.form);
    return Object.keys(after).filter((name) => after[name] !== before[name]);
  }

  // The schedulers of the model, from a picture those whose runs can be entered.
  get offered() {
    const { models, schedulers } = this.manifest;
    const entered = (id) => !this.fixed.source_image || schedulers[id].starts;
    return models[this.model].schedulers.filter(entered);
  }

  jobs(settings) {
    const [width, height] = [Number(settings.width), Number(settings.height)];
    const { models } = this.manifest;
    const chosen = settings.model in models ? [settings.model] : Object.keys(models);
    return chosen.map((model) => {
      const own = model === this.model ? {} : models[model].defaults;
      return { ...settings, width, height, ...this.fixed, ...own, model };
    });
  }

  draw() {
    const wrong = refused(this.form);
    if (this.engine.ended || wrong) return wrong && this.element.say(wrong);
    this.asked = settingsOf(this.form);
    this.drawing = this.jobs(this.asked);
    this.screens.forEach((screen, i) => screen.expect(this.drawing[i]));
    this.engine.draw(this.drawing);
  }

  heard(message) {
    const { at, failure, got, of, starting, call, calls, rgba, drawn } = message;
    if (failure) return this.fail(failure);
    if (of) this.tell("Fetching the model …", got / of, `${mega(got)} of ${mega(of)} MB`);
    if (starting) this.tell("Starting the model …", null);
    if (calls) this.tell("Drawing …", call / calls, `call ${call} of ${calls}`);
    if (rgba) this.screens[at].show(message, this.drawing[at]);
    if (drawn) this.finish();
  }

  finish() {
    const left = this.left.length ? ` Not as the link asked: ${this.left.join(", ")}.` : "";
    this.tell(`Drawn with ${this.engine.told}. The address bar is a link to this picture.${left}`, 1);
    // Of what was drawn: the reader may be typing the next.
    history.replaceState(history.state, "", write(this.asked));
    this.element.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  // The line is read out, so it changes with the kind of work alone; the bar tells the rest.
  tell(words, share, detail = "") {
    if (words !== this.told) this.element.say(words);
    this.told = words;
    if (share === null) this.progress.removeAttribute("value");
    else this.progress.value = share;
    this.progress.title = detail;
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      this.element.say("Copied: a link to this picture.");
    } catch {
      this.element.say("This browser lets no page copy. Take the link from the address bar.");
    }
    this.told = "";
  }

  fail(failure) {
    if (this.stopped.signal.aborted) return; // said already; another try may be under way
    this.end();
    this.element.fail(line(failure));
  }

  /** Ends the worker and lets go of the controls. */
  end() {
    this.stopped.abort();
    clearTimeout(this.typing);
    this.engine?.end();
  }
}

const mega = (bytes) => (bytes / 1e6).toFixed(1);

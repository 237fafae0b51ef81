// Draws pictures beside the page. It hears {open} once, tells {offers, name, most} of what there is to
// draw with, and then hears {run, jobs}, any number of times; a newer run drops an older one between
// two steps. Of the newest it tells, each with its `run`:
//   {got, of} bytes fetched; {starting}; {at, call, calls}; {at, rgba, width, height}, a preview of
//   picture `at`, or with {done, ms, latents} the picture itself; {drawn} at the end; or {failure}.

import { backend } from "./backends.js";
import { Failure, describe } from "./failure.js";
import { acts, guide } from "./guidance.js";
import { Models } from "./models.js";
import { Generator } from "./noise.js";
import { sample } from "./sampler.js";
import { first, varied } from "./start.js";

// A preview costs a decoding. Spaced so, they take a sixth of the time at most.
const PREVIEW_EVERY = 5;

let models;
let newest = 0;
let last = Promise.resolve();
let decoding = 80; // ms, of the last one; at first a guess

addEventListener("message", ({ data }) => {
  if (data.open) {
    last = opened(data.open);
    // While this worker lives it holds the lock; whoever waits for the lock hears of its end.
    navigator.locks?.request(data.open.lock, () => {
      postMessage({ holding: true });
      return new Promise(() => {});
    });
    return;
  }
  newest = data.run;
  last = last.then(() => draw(data)).catch((error) => tell(data.run, { failure: describe(error) }));
});

async function opened(open) {
  const found = await backend(open);
  models = new Models(open, found, (lost) => tell(newest, { failure: describe(lost) }));
  const { offers, name, most } = found;
  postMessage({ offers, name, most });
}

function tell(run, what, transfer = []) {
  if (run === newest) postMessage({ run, ...what }, transfer);
}

async function draw({ run, jobs }) {
  for (const [at, job] of jobs.entries()) {
    if (run !== newest) return;
    await models.ready(job.model, (got, of) => tell(run, of ? { got, of } : { starting: true }));
    const began = performance.now();
    const latents = await denoised(run, at, job);
    if (!latents) return;
    if (!latents.every(Number.isFinite)) throw new Failure("failed", "not a number");
    const rgba = await decoded(job, latents);
    const { width, height } = job;
    const done = { done: true, ms: performance.now() - began, latents };
    tell(run, { at, rgba, width, height, ...done }, [rgba.buffer]);
  }
  tell(run, { drawn: true });
}

async function denoised(run, at, job) {
  const shape = shapeOf(job);
  const size = shape.reduce((product, side) => product * side);
  const generator = new Generator(job.seed);
  const table = await models.table(job);
  const picture = await models.picture(job);
  const guided = (call) => acts(job, call, table.t.length);
  const both = table.t.some((_, call) => guided(call));
  const texts = [];
  for (const text of both ? [job.negative_prompt, job.prompt] : [job.prompt]) {
    texts.push(await models.embed(job.model, text));
  }
  const preview = previews(run, at, job);
  return sample(table, {
    noise: () => generator.normal(size),
    start: first(table, varied(generator.normal(size), job), picture),
    predict: async (state, timestep, call) => {
      const heard = guided(call) ? texts : texts.slice(-1);
      const answer = await models.denoise(job.model, state, shape, timestep, heard);
      return guided(call) ? guide(answer, job) : answer;
    },
    progress: async (call, calls, finished) => {
      await turn();
      if (run !== newest) return false;
      tell(run, { at, call, calls });
      if (call < calls) await preview(finished);
      return true;
    },
  });
}

// Shows what a run is heading for, as often as PREVIEW_EVERY allows.
function previews(run, at, job) {
  let next = performance.now() + PREVIEW_EVERY * decoding;
  return async (finished) => {
    if (performance.now() < next) return;
    const { width, height } = job;
    const rgba = await decoded(job, finished());
    tell(run, { at, rgba, width, height }, [rgba.buffer]);
    next = performance.now() + PREVIEW_EVERY * decoding;
  };
}

async function decoded(job, latents) {
  const began = performance.now();
  const rgba = await models.decode(latents, shapeOf(job));
  decoding = performance.now() - began;
  return rgba;
}

function shapeOf({ height, width }) {
  const { channels, pixels: shrink } = models.manifest.latents;
  return [channels, height / shrink, width / shrink];
}

// Lets messages in: a worker that only awaits promises would never hear of a newer run.
const { port1, port2 } = new MessageChannel();
const turns = [];
port1.onmessage = () => turns.shift()();
function turn() {
  return new Promise((resume) => {
    turns.push(resume);
    port2.postMessage(0);
  });
}

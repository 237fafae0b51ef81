// What the worker draws with: the runtime, the sessions of each model, the schedulers' tables. Each
// is fetched when first needed and stays.

import { deviceOf } from "./backends.js";
import { Failure } from "./failure.js";
import { fetchFile, inflate } from "./fetching.js";
import { entered } from "./start.js";
import { tokenize } from "./tokenizer.js";

export class Models {
  /**
   * `manifest` and `base` tell where the models' files are, `backend` what draws and `lost(failure)`
   * hears when it no longer can.
   */
  constructor({ base, manifest, root }, backend, lost) {
    Object.assign(this, { base, manifest, root, backend, lost });
    this.runtime = backend.runtime;
    this.loaded = new Map();
    this.embedded = new Map();
  }

  /** Makes ready what a model needs; `report(got, of)` hears of bytes, `report()` of compiling. */
  async ready(name, report) {
    const { decoder, vocabulary, models } = this.manifest;
    const { unet, text_encoder } = models[name];
    const all = [decoder, vocabulary, unet, text_encoder];
    const needed = all.filter((one) => !this.loaded.has(one.file));
    if (!needed.length) return;
    const runtime = this.ort ? [] : [this.runtime.wasm];
    const of = [...needed, ...runtime].reduce((sum, one) => sum + one.bytes, 0);
    let got = 0;
    const arrived = (bytes) => report((got += bytes), of);
    const fetched = needed.map((one) => fetchFile(this.base, one, arrived));
    // All are waited for, though one may fail: what arrived is kept for another try.
    const outcomes = await Promise.allSettled([...fetched, this.start(arrived)]);
    const failed = outcomes.find(({ reason }) => reason);
    if (failed) throw failed.reason;
    report();
    for (const [i, one] of needed.entries())
      this.loaded.set(one.file, await this.opened(one, outcomes[i].value));
  }

  async start(arrived) {
    if (this.ort) return;
    const wasm = fetchFile(this.root, this.runtime.wasm, arrived);
    const script = import(new URL(this.runtime.script.file, this.root)).catch(() => {
      throw new Failure("download", this.runtime.script.file);
    });
    const [ort, packed] = await Promise.all([script, wasm]);
    ort.env.wasm.wasmBinary = await inflate(packed);
    ort.env.wasm.numThreads = this.backend.threads;
    const { name, adapter } = this.backend;
    if (name === "webgpu") this.device = await deviceOf(adapter, this.lost);
    this.ort = ort;
  }

  opened({ file }, buffer) {
    if (file.endsWith(".json")) return JSON.parse(new TextDecoder().decode(buffer));
    if (file.endsWith(".f32")) return new Float32Array(buffer);
    const { device } = this;
    const executionProviders = [device ? { name: "webgpu", device } : "wasm"];
    // Nothing in the console: errors arrive here too, and are told to the reader.
    const options = { executionProviders, logSeverityLevel: 4 };
    return this.ort.InferenceSession.create(new Uint8Array(buffer), options);
  }

  /** Returns the table of a run from noise, or where a picture is named of the end of one. */
  async table({ scheduler, num_inference_steps: steps, strength, source_image }) {
    const wanted = this.manifest.schedulers[scheduler];
    if (!wanted) throw new Failure("failed", `no scheduler ${scheduler}`);
    const run = (await this.file(wanted)).runs[steps];
    if (!run) throw new Failure("failed", `${scheduler} has no ${steps} steps`);
    if (!source_image) return run;
    const start = (await this.file(wanted.starts)).runs[steps][Math.trunc(steps * strength) - 1];
    if (!start) throw new Failure("failed", `no step of ${steps} at strength ${strength}`);
    return entered(run, start);
  }

  /** Returns the latents of the picture that a run starts from, or null. */
  async picture({ source_image }) {
    return source_image ? this.file(this.manifest.sources[source_image]) : null;
  }

  async file(wanted) {
    if (!this.loaded.has(wanted.file)) {
      const buffer = await fetchFile(this.base, wanted);
      this.loaded.set(wanted.file, await this.opened(wanted, buffer));
    }
    return this.loaded.get(wanted.file);
  }

  /** Returns the embeddings of a text: float32 [length × width]; the last few are kept. */
  async embed(name, text) {
    const key = `${name} ${text}`;
    if (!this.embedded.has(key)) {
      const vocabulary = this.loaded.get(this.manifest.vocabulary.file);
      const ids = Int32Array.from(tokenize(text, vocabulary));
      const session = this.loaded.get(this.manifest.models[name].text_encoder.file);
      const answer = await session.run({ input_ids: this.tensor("int32", ids, [1, ids.length]) });
      this.embedded.set(key, answer.prompt_embeds.data.slice());
      if (this.embedded.size > 16) this.embedded.delete(this.embedded.keys().next().value);
    }
    return this.embedded.get(key);
  }

  /** Returns the denoiser's answer for `rows` copies of one state, each with its own text. */
  async denoise(name, state, shape, timestep, texts) {
    const rows = texts.length;
    const sample = repeated(state, rows);
    const session = this.loaded.get(this.manifest.models[name].unet.file);
    const length = this.loaded.get(this.manifest.vocabulary.file).length;
    const width = texts[0].length / length;
    const answer = await session.run({
      sample: this.tensor("float32", sample, [rows, ...shape]),
      timestep: this.tensor("float32", Float32Array.of(timestep), [1]),
      encoder_hidden_states: this.tensor("float32", joined(texts), [rows, length, width]),
    });
    return answer.out_sample.data.slice();
  }

  /** Returns a picture's bytes, four a pixel. */
  async decode(latents, shape) {
    const session = this.loaded.get(this.manifest.decoder.file);
    const feeds = { latents: this.tensor("float32", latents, [1, ...shape]) };
    const { rgba } = await session.run(feeds, ["rgba"]);
    return new Uint8ClampedArray(rgba.data);
  }

  tensor(type, data, shape) {
    return new this.ort.Tensor(type, data, shape);
  }
}

const repeated = (state, rows) => joined(Array(rows).fill(state));

function joined(parts) {
  const whole = new Float32Array(parts.length * parts[0].length);
  parts.forEach((part, i) => whole.set(part, i * part.length));
  return whole;
}

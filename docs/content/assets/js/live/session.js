// The page's end of a worker that draws. It hears of every run's progress, and of the worker's end.

import { Failure, describe } from "./failure.js";

// A WebAssembly module with one function that makes a vector: the runtime needs such instructions.
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // "\0asm", version 1
  ...[1, 5, 1, 96, 0, 1, 123], // its type: nothing to v128
  ...[3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11], // i32.const 0, i8x16.splat
);

/** Tells whether this browser has what drawing needs. */
export function supported() {
  const there = ["Worker", "WebAssembly", "DecompressionStream", "TextDecoder", "MessageChannel"];
  return there.every((name) => name in globalThis) && WebAssembly.validate(SIMD);
}

export class Session {
  /**
   * Starts a worker. `hear(message)` gets what worker.js tells of the newest run, and {failure} when
   * the worker is lost. `open` is {base, manifest, root, runtimes}, and what may be `wanted` of them.
   */
  constructor(open, hear) {
    if (!supported()) throw new Failure("unsupported");
    this.hear = hear;
    this.run = 0;
    this.lock = `sweetspot-live-${crypto.randomUUID?.() ?? Math.random()}`;
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.heard(data));
    this.worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.fail(describe(new Failure("lost", event.message ?? "")));
    });
    this.worker.postMessage({ open: { ...open, lock: this.lock } });
  }

  heard(data) {
    if (data.holding) this.watch();
    else if (data.offers || data.run === this.run) this.hear(data);
    if (data.failure) this.end();
  }

  // A worker that is ended says nothing, but its lock becomes free.
  watch() {
    const { signal } = (this.stopped = new AbortController());
    navigator.locks
      .request(this.lock, { signal }, () => this.fail(describe(new Failure("lost"))))
      .catch(() => {});
  }

  fail(failure) {
    this.end();
    this.hear({ run: this.run, failure });
  }

  /** Draws these pictures, one after the other; whatever was being drawn is dropped. */
  draw(jobs) {
    this.run += 1;
    this.worker.postMessage({ run: this.run, jobs });
    return this.run;
  }

  end() {
    this.stopped?.abort();
    this.worker.terminate();
    this.ended = true;
  }
}

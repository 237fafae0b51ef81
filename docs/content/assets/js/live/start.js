// What a run starts from: noise, the noises of two seeds, or a picture's latents with noise over them.

import { Generator } from "./noise.js";

/** Returns the noise that a run starts from; `variation_strength` blends a second seed's in. */
export function varied(noise, { variation_seed, variation_strength = 0 }) {
  if (!variation_strength) return noise;
  return arc(noise, new Generator(variation_seed).normal(noise.length), variation_strength);
}

// The point at `share` of the arc from a to b (Shoemake 1985): on a line it would be too quiet.
function arc(a, b, share) {
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  if (Math.sin(angle) < 1e-6) return a;
  const near = Math.sin((1 - share) * angle) / Math.sin(angle);
  const far = Math.sin(share * angle) / Math.sin(angle);
  return Float64Array.from(a, (value, i) => near * value + far * b[i]);
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Returns a run's first state, of noise and where there is one of a picture's latents. */
export function first({ init, kept }, noise, picture) {
  return Float64Array.from(noise, (value, i) => init * value + (picture ? kept * picture[i] : 0));
}

/**
 * Returns the end of a run, as image-to-image enters it.
 *
 * It leaves out `at` calls, and begins with rows of its own where a sampler would look back at them.
 */
export function entered(run, [at, noise, kept, rows = []]) {
  const rest = (all, kind) =>
    all && [...rows.map((row) => row[kind]), ...all.slice(at + rows.length)];
  const end = (all) => all?.slice(at);
  const [t, scale, draws, p] = [run.t, run.scale, run.draws, run.p].map(end);
  const [a, b, c] = [run.a, run.b, run.c].map(rest);
  return { init: noise, kept, t, scale, a, b, c, draws, p };
}

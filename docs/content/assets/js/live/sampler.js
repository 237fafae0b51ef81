// Applies a scheduler's table, which Python probed from diffusers: no sampler is written here. With
// states x, model outputs m and fresh noises z, call i gives
//   x' = Σ a[i][l]·x[i-l] + Σ b[i][l]·m[i-l] + Σ c[i][l]·z[i-l]
// Multistep methods subtract large terms: between calls all is double, only the network is single.

/**
 * Runs a table to latents, from `start` or from noise.
 *
 * `predict(input, timestep, call)` is the denoiser's answer, guidance included; `noise()` draws noise.
 * `progress(call, calls, finished)` is awaited after each call, where `finished()` is the picture
 * that the prediction promises. It may end the run by returning false: then the answer is null.
 */
export async function sample(
  run,
  { noise, start = scaled(noise(), run.init), predict, progress },
) {
  const calls = run.t.length;
  const states = [start];
  const outputs = [];
  const noises = [];
  for (let i = 0; i < calls; i++) {
    const x = states[0];
    const factor = run.scale?.[i] ?? 1;
    outputs.unshift(await predict(single(scaled(x, factor)), run.t[i], i));
    noises.unshift(run.draws?.[i] ? noise() : null);
    const terms = [
      ...weighted(run.a[i], states),
      ...weighted(run.b[i], outputs),
      ...weighted(run.c?.[i], noises),
    ];
    const [m] = outputs;
    const finished = () => single(sum([[run.p[i][0], x], [run.p[i][1], m]], x.length));
    states.unshift(sum(terms, x.length));
    for (const past of [states, outputs, noises]) past.splice(reach(run));
    if ((await progress(i + 1, calls, finished)) === false) return null;
  }
  return single(states[0]);
}

const weighted = (weights, values) =>
  (weights ?? []).flatMap((weight, lag) => (weight === 0 ? [] : [[weight, values[lag]]]));

const single = (values) => Float32Array.from(values);

const scaled = (values, factor) => Float64Array.from(values, (value) => value * factor);

function sum(terms, size) {
  const total = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let at = 0;
    for (const [weight, values] of terms) at += weight * values[i];
    total[i] = at;
  }
  return total;
}

// How many past states a table may ask for.
const reach = (run) =>
  Math.max(1, ...[run.a, run.b, run.c ?? []].flatMap((rows) => rows.map((row) => row.length)));

// Classifier-free guidance (Ho and Salimans 2022), and what acts on it.

/** Tells whether guidance acts at a call: from and until these shares of a run's calls. */
export function acts({ guidance_scale, guidance_start = 0, guidance_end = 1 }, call, calls) {
  // As diffusers does: at 1 and below the negative prompt is not asked.
  if (guidance_scale <= 1) return false;
  return Math.trunc(guidance_start * calls) <= call && call < Math.trunc(guidance_end * calls);
}

/**
 * Returns negative + scale × (prompt − negative), of answers to the negative prompt and the prompt.
 *
 * A share `guidance_rescale` of it is shrunk to the spread of the prompt's answer (Lin et al. 2024).
 */
export function guide(both, { guidance_scale, guidance_rescale = 0 }) {
  const half = both.length / 2;
  const guided = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    guided[i] = both[i] + Math.fround(guidance_scale * Math.fround(both[half + i] - both[i]));
  }
  if (!guidance_rescale) return guided;
  const shrunk = spread(both.subarray(half)) / spread(guided);
  const factor = guidance_rescale * shrunk + 1 - guidance_rescale;
  return guided.map((value) => value * factor);
}

function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

// A canvas that shows what a worker draws, with a caption that says exactly what is shown.

// Settings that a caption names where they are not what they usually are.
const USUAL = {
  guidance_rescale: 0,
  guidance_start: 0,
  guidance_end: 1,
  variation_strength: 0,
  strength: undefined,
};

export class Screen {
  constructor(canvas) {
    this.canvas = canvas;
    this.figure = canvas.closest("figure");
    this.caption = this.figure.querySelector("figcaption");
    this.context = canvas.getContext("2d");
  }

  /** Makes room for a picture, or goes where there is none to come. */
  expect(job) {
    this.figure.hidden = !job;
  }

  /** Shows a picture or a preview of it; `job` holds its settings. */
  show({ rgba, width, height, done, ms, latents }, job) {
    if (this.canvas.width !== width || this.canvas.height !== height)
      Object.assign(this.canvas, { width, height });
    this.context.putImageData(new ImageData(rgba, width, height), 0, 0);
    if (!done) return;
    this.latents = latents; // what a test compares with Python's
    const steps = `${job.num_inference_steps} steps`;
    const others = Object.entries(USUAL).filter(([name, usual]) => (job[name] ?? usual) !== usual);
    const words = [steps, `guidance ${job.guidance_scale}`, `seed ${job.seed}`, job.scheduler];
    const made = [...words, ...others.map(([name]) => `${name} ${job[name]}`)].join(", ");
    const alt = `${job.prompt || "no prompt"}: ${made} (${job.model}, drawn here)`;
    this.canvas.setAttribute("aria-label", alt);
    this.caption.textContent = `${job.model}, drawn here in ${(ms / 1000).toFixed(1)} s: ${made}`;
  }
}

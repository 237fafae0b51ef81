// Draws an answer as the pages of models draw it. Every text goes in as text, never as markup.

// An element with attributes and children; null and false children are left out.
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  made.append(...children.flat().filter((child) => child !== null && child !== false && child !== ""));
  return made;
}

const fact = (label, value, main) =>
  value === null || value === undefined || value === ""
    ? null
    : el("div", { class: main ? "answer-main" : null }, el("dt", {}, label), el("dd", {}, ...[value].flat()));

const size = ({ width, height }) => (width && height ? `${width} × ${height}` : null);

export function headline(answer) {
  const range = answer.said.range;
  const steps = answer.steps === null ? null : [String(answer.steps), range ? " " : "", range ? el("small", {}, range) : ""];
  return el(
    "dl",
    { class: "answer" },
    fact("Steps", steps, true),
    fact("Guidance", answer.said.guidance),
    fact("True CFG", answer.true_cfg_scale === null ? null : String(answer.true_cfg_scale)),
    fact("Scheduler", answer.scheduler),
    fact("Shift", answer.shift === null ? null : String(answer.shift)),
    fact("Size", size(answer)),
    fact("Network calls", answer.calls === null ? null : String(answer.calls)),
  );
}

const SHOWN = ["num_inference_steps", "guidance_scale", "true_cfg_scale", "scheduler", "shift", "width", "height"];

export function others(answer) {
  const rest = Object.entries(answer.settings).filter(([key, value]) => !SHOWN.includes(key) && value !== null);
  if (!rest.length) return null;
  const said = rest.map(([key, value]) => el("code", {}, `${key} = ${JSON.stringify(value)}`));
  return el("p", { class: "finder-rest" }, "Also: ", said.flatMap((one, at) => (at ? [", ", one] : [one])), ".");
}

export const warnings = (answer) =>
  answer.warnings.length
    ? el("ul", { class: "finder-warnings" }, answer.warnings.map((line) => el("li", {}, line)))
    : null;

export function why(answer, agreement) {
  const [rule, ...lines] = answer.why;
  return el(
    "div",
    { class: "prose why" },
    el("h2", {}, "Why"),
    el("p", {}, rule, answer.said.basis ? ` Basis: ${answer.said.basis}.` : ""),
    agreement ? el("p", { class: "spread" }, agreement) : null,
    lines.length ? el("ul", {}, lines.map((line) => el("li", {}, line))) : null,
  );
}

const web = (url) => /^https?:\/\//.test(url);

export function sources(answer) {
  if (!answer.sources.length) return null;
  const row = (source) =>
    el(
      "li",
      {},
      web(source.url) ? el("a", { href: source.url, rel: "noopener" }, source.where) : source.where,
      source.states ? `: ${source.states}` : "",
    );
  return el("div", { class: "prose" }, el("h2", {}, "Sources"), el("ul", { class: "sources" }, answer.sources.map(row)));
}

// A button that copies what `text` returns, and says so where it stands.
export function copyButton(label, text) {
  const button = el("button", { type: "button", class: "finder-copy" }, label);
  button.addEventListener("click", async () => {
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      done = "Select the text and copy it";
    }
    button.textContent = done;
    setTimeout(() => (button.textContent = label), 1600);
  });
  return button;
}

// A text to copy, with its button above it.
export const copyable = (text, label = "Copy") =>
  el(
    "div",
    { class: "finder-text" },
    copyButton(label, () => text),
    el("pre", { tabindex: "0" }, el("code", {}, text)),
  );

// The footer waits for what the address asks for (finder.css): it would jump out of a reader's sight.
// Two frames later the answer stands.
export async function waitingFor(element, work) {
  element.setAttribute("aria-busy", "true");
  await work;
  requestAnimationFrame(() => requestAnimationFrame(() => element.removeAttribute("aria-busy")));
}

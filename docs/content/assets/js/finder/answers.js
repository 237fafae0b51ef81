// Looks answers up in the sheets that Python wrote (docs/builder/finder.py): nothing is worked out here.
// A sheet has a row for every scheduler and goal, and a ladder for every budget below its cost.

const HERE = new URL("../../../finder/", import.meta.url);
const kept = new Map();

function load(path) {
  if (!kept.has(path)) {
    const asked = fetch(new URL(path, HERE)).then((got) => {
      if (!got.ok) throw new Error(`${path}: expected an answer, got ${got.status}`);
      return got.json();
    });
    asked.catch(() => kept.delete(path));
    kept.set(path, asked);
  }
  return kept.get(path);
}

const name = (model, lora) => encodeURIComponent(lora ? `${model}+${lora}` : model);
export const loadIndex = () => load("index.json");
export const loadSheet = (model, lora) => load(`answers/${name(model, lora)}.json`);
export const loadExports = (model, lora) => load(`exports/${name(model, lora)}.json`);

// The letters and digits of a name, as the recommender compares names.
export const loose = (text) => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

// What a typed text means: the models to offer, and whether the recommender would ask which. Where
// nothing has that name, models whose names begin as the text does, which is no answer but `near`.
export function find(index, text) {
  const typed = loose(text);
  if (!typed) return { models: [], asks: false };
  const exact = index.models.filter((model) => model[3].includes(typed));
  if (exact.length === 1) return { models: [...exact, ...holding(index, worded(text), exact)], exact: true, asks: false };
  const asked = Object.hasOwn(index.asks, typed) ? index.asks[typed] : [];
  if (asked.length) {
    const title = (model) => loose(model[1]).startsWith(typed); // Wan 2.2 before AnyFlow Wan
    return { models: ranked(asked.map((at) => index.models[at]), title), asks: true };
  }
  const words = worded(text);
  let models = holding(index, words, []);
  const near = !models.length;
  for (let left = Math.min(words.length, MOST_WORDS) - 1; left > 0 && !models.length; left -= 1)
    models = holding(index, words.slice(0, left), []);
  return { models, asks: false, near };
}

const MOST_WORDS = 8; // of a text that is no name; "flux1-schnell-fp8-e4m3fn.safetensors" has six
const worded = (text) => text.split(/[^\p{L}\p{N}]+/u).map(loose).filter(Boolean);

// Models with a name that has every typed word; those it begins with come first.
function holding(index, words, found) {
  const has = (key) => words.every((word) => key.includes(word));
  const models = index.models.filter((model) => !found.includes(model) && model[3].some(has));
  return ranked(models, (model) => model[3].some((key) => key.startsWith(words.join(""))));
}

const ranked = (models, first) => [...models.filter(first), ...models.filter((model) => !first(model))];

const put = (answer, key, value) => {
  const [group, one] = key.split(".");
  if (one === undefined) answer[key] = value;
  else (answer[group] ??= {})[one] = value;
};

// The answer to one question. `index` gives a scheduler its name where a text speaks of it.
export function lookUp(index, sheet, { scheduler = "", goal = "balanced", budget = null } = {}) {
  const asked = scheduler ? sheet.schedulers.indexOf(scheduler) + 1 : 0;
  const row = sheet.rows[sheet.answers[asked][index.goals.indexOf(goal)]];
  const answer = { goal, settings: {}, said: {} };
  for (const [key, value] of Object.entries(sheet.same)) put(answer, key, value);
  sheet.columns.forEach((key, at) => {
    if (row[at] >= 0) put(answer, key, sheet.values[at][row[at]]);
  });
  const ladder = answer.budgets;
  delete answer.budgets;
  for (const key of ["why", "warnings"]) answer[key] = answer[key].map((line) => sheet.texts[line]);
  answer.sources = answer.sources.map((source) => sheet.sources[source]);
  if (budget !== null) afford(index, sheet, answer, ladder, scheduler, budget);
  return answer;
}

function afford(index, sheet, answer, ladder, scheduler, budget) {
  if (answer.calls === null || budget >= answer.calls) return;
  for (const { words, stairs } of ladder) {
    const stair = stairs.find(([least]) => least <= budget);
    if (!stair) continue;
    const [, steps, effective, calls] = stair;
    const marks = { budget: `${budget} ${budget === 1 ? "call" : "calls"}`, paid: effective, scheduler: index.schedulers[scheduler]?.[0], id: scheduler };
    const lines = (key) => (words[key] ?? []).map((line) => filled(sheet.texts[line], marks));
    Object.assign(answer, { steps, effective_steps: effective, calls });
    answer.settings.num_inference_steps = steps;
    if ("timestep_spacing" in words) answer.settings.timestep_spacing = words.timestep_spacing;
    const gone = lines("gone");
    answer.why = [...answer.why, ...lines("why")];
    answer.warnings = [...answer.warnings.filter((line) => !gone.includes(line)), ...lines("warnings")];
    return;
  }
}

const filled = (text, marks) => text.replace(/\{(budget|paid|scheduler|id)\}/g, (_, mark) => marks[mark]);

// What one tool takes: its text and what could not be said, or why it takes nothing.
export function exported(index, file, tool, goal) {
  const at = index.tools.findIndex(([id]) => id === tool);
  const made = file.goals[index.goals.indexOf(goal)][at];
  if (typeof made === "string") return { refused: made };
  const [content, notes] = made.map((lines) => lines.map((line) => file.lines[line]));
  return { content: content.join("\n"), notes };
}

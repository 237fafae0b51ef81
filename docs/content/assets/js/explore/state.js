// What the explorer shows, read from an address and written to one: by names and values, never by
// numbers of columns. So a link outlives values and axes that are added, and what it asks for and
// does not get is said in a sentence.

// A plan's JSON has its pictures as [[number of the value in each dim], file, alt, width, height]
// and, where the live page can draw it too, the scheduler's table with which it does.
export function opened(plan) {
  const key = (numbers) => numbers.join(" ");
  const cells = new Map(
    plan.cells.map(([at, file, alt, width, height, table]) => {
      return [key(at), { file, alt, width, height, table }];
    }),
  );
  const dim = Object.fromEntries(plan.dims.map((one) => [one.name, one]));
  const at = (place) => cells.get(key(plan.dims.map((one) => one.values.indexOf(place[one.name]))));
  const sides = plan.cells.flatMap(([, , , width, height]) => [width, height]);
  return { ...plan, dim, at, largest: Math.max(...sides) };
}

export const said = (name, value) =>
  value !== "" && Number.isFinite(Number(value)) ? `${name} = ${value}` : `${name} = "${value}"`;

// Returns {x, y, a, b, notes}: the axes, and the two pictures chosen, each as {dim: value}.
export function resolved(plan, query) {
  const notes = [];
  const x = axis(plan, query, "x", plan.x, "", notes);
  const spare = [plan.y, plan.x, ...varied(plan)].find((name) => name && name !== x) ?? "";
  const y = query.get("y") === "" ? "" : axis(plan, query, "y", spare, x, notes);
  const a = {};
  const b = {};
  const ends = x === plan.x ? plan.ends : [plan.dim[x].values[0], plan.dim[x].values.at(-1)];
  for (const { name, values } of plan.dims) {
    const both = value(plan, query, name, name, null, notes);
    const across = name === x && both === null ? ends : [both ?? values[0], both ?? values[0]];
    const own = (side, or) =>
      name === x || name === y ? value(plan, query, name, `${side}.${name}`, or, notes) : or;
    a[name] = own("a", across[0]);
    b[name] = own("b", across[1]);
  }
  if (y && ![y, `a.${y}`, `b.${y}`].some((key) => query.has(key))) wholeRow(plan, y, a, b);
  const asked = [...query.keys()].some((name) => plan.dim[name.replace(/^[ab]\./, "")]);
  present(plan, x, a, "A", asked && notes, false);
  present(plan, x, b, "B", asked && notes, true);
  const seed = boundSeed(plan, x, y, a);
  if (seed && query.has("seed") && query.get("seed") !== seed)
    notes.push(`${said("seed", query.get("seed"))} was not rendered; shown is ${seed}.`);
  return { x, y, a, b, notes };
}

// A plan may leave pictures out: then unasked the first row that has both.
function wholeRow(plan, y, a, b) {
  const both = (value) => [a, b].every((side) => plan.at({ ...side, [y]: value }));
  const found = plan.dim[y].values.find(both);
  if (found !== undefined) a[y] = b[y] = found;
}

const varied = (plan) => plan.dims.filter((one) => one.values.length > 1).map((one) => one.name);

function axis(plan, query, key, fallback, taken, notes) {
  const wanted = query.get(key);
  if (wanted === null) return fallback;
  if (varied(plan).includes(wanted) && wanted !== taken) return wanted;
  const where = key === "x" ? "Across" : "Down";
  notes.push(`${where} cannot be ${wanted} here; shown is ${fallback || "nothing"}.`);
  return fallback;
}

// The value that an address asks for; one that was not rendered gives way to the nearest number.
function value(plan, query, name, key, fallback, notes) {
  const wanted = query.get(key);
  if (wanted === null) return fallback;
  const { values, texts } = plan.dim[name];
  const number = wanted.trim() === "" ? NaN : Number(wanted);
  const found = [
    values.indexOf(wanted),
    texts.indexOf(wanted),
    values.findIndex((one) => one !== "" && Number(one) === number),
  ].find((index) => index >= 0);
  if (found !== undefined) return values[found];
  const far = (one) => Math.abs(Number(one) - number);
  const near = Number.isNaN(number) || values.some((one) => Number.isNaN(Number(one)))
    ? (fallback ?? values[0])
    : values.reduce((best, one) => (far(one) < far(best) ? one : best));
  notes.push(`${said(name, wanted)} was not rendered here; shown is ${near || '""'}.`);
  return near;
}

// Where the plan leaves a picture out, another of its row stands in, then any.
function present(plan, x, place, side, notes, last) {
  if (plan.at(place)) return;
  const row = plan.dim[x].values.filter((one) => plan.at({ ...place, [x]: one }));
  if (row.length) {
    const wanted = place[x];
    place[x] = last ? row.at(-1) : row[0];
    if (notes) notes.push(`${side} was not rendered at ${said(x, wanted)}; shown is ${place[x]}.`);
    return;
  }
  const numbers = plan.cells[0][0];
  plan.dims.forEach((one, index) => (place[one.name] = one.values[numbers[index]]));
  if (notes) notes.push(`${side} was not rendered; shown is the first picture of the comparison.`);
}

// A plan may give each prompt a seed of its own: then no reader can choose another.
export function boundSeed(plan, x, y, place) {
  if (plan.dim.seed || x === "prompt" || y === "prompt") return "";
  return settings(plan, place).seed ?? "";
}

// Everything a picture was made with, by the names that diffusers and the live page have for it.
export function settings(plan, place) {
  const decided = plan.dims.map(({ name }) => plan.by[name]?.[place[name]] ?? {});
  const own = Object.fromEntries(plan.dims.map(({ name }) => [name, place[name]]));
  return Object.assign({}, plan.settings, own, ...decided);
}

// The address of what is shown. Every dim is named, also one that has a single value today.
export function address(plan, { x, y, a, b }) {
  const query = new URLSearchParams({ plan: plan.plan, x, y });
  for (const { name } of plan.dims) if (name !== x && name !== y) query.set(name, a[name]);
  const seed = boundSeed(plan, x, y, a);
  if (seed) query.set("seed", seed);
  for (const name of [x, y].filter(Boolean)) {
    query.set(`a.${name}`, a[name]);
    query.set(`b.${name}`, b[name]);
  }
  return query;
}

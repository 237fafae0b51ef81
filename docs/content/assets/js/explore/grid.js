// The explorer's table: a picture in each cell, a button around it. Real headings and a caption; as
// an ARIA grid it is one stop for the Tab key, and the arrow keys walk from picture to picture.

import { said } from "./state.js";

export function element(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

export function table(plan, { x, y, a }, root) {
  const { values, texts } = plan.dim[x];
  const head = texts.map((text) => element("th", { scope: "col" }, text));
  const down = y ? plan.dim[y] : { values: [""], texts: [""] };
  const rows = down.values.map((value, row) => {
    const place = { ...a, ...(y && { [y]: value }) };
    const cells = values.map((one) => cell(plan, { ...place, [x]: one }, root));
    return element("tr", {}, element("th", { scope: "row" }, down.texts[row]), ...cells);
  });
  const made = element(
    "table",
    { role: "grid", class: "pictures" },
    caption(plan, x, y, a),
    element("thead", {}, element("tr", {}, element("td"), ...head)),
    element("tbody", {}, ...rows),
  );
  made.addEventListener("keydown", (event) => walk(made, event));
  return made;
}

function caption(plan, x, y, a) {
  const made = element("span", {}, element("code", {}, x), " across");
  if (y) made.append(", ", element("code", {}, y), " down");
  for (const { name, values, texts } of plan.dims)
    if (name !== x && name !== y)
      made.append("; ", element("code", {}, name), `: ${texts[values.indexOf(a[name])]}`);
  return element("caption", {}, made);
}

function cell(plan, place, root) {
  const picture = plan.at(place);
  if (!picture) {
    const words = element("span", { class: "sr-only" }, "not rendered");
    return element("td", { class: "absent" }, words);
  }
  const badge = element("span", { class: "badge" });
  const button = element("button", { type: "button" }, image(plan, picture, root), badge);
  button.place = place;
  return element("td", {}, button);
}

function image(plan, { file, alt, width, height }, root) {
  const made = element("img", { alt, width, height, loading: "lazy", decoding: "async" });
  made.style.setProperty("--share", width / plan.largest);
  made.src = `${root}${plan.root}${file}`;
  return made;
}

// Says on each button which of the two pictures it is, and keeps the Tab key's one stop.
export function mark(made, a, b) {
  const buttons = [...made.querySelectorAll("button")];
  const same = (one, other) => Object.keys(one).every((name) => one[name] === other[name]);
  for (const button of buttons) {
    const sides = [same(button.place, a) && "A", same(button.place, b) && "B"].filter(Boolean);
    button.setAttribute("aria-pressed", String(sides.length > 0));
    button.querySelector(".badge").textContent = sides.join(" ");
    button.tabIndex = -1;
  }
  const stop = buttons.find((button) => button === document.activeElement);
  const first = stop ?? buttons.find((button) => same(button.place, a)) ?? buttons[0];
  if (first) first.tabIndex = 0;
  return first;
}

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

function walk(made, event) {
  const from = event.target.closest("button");
  if (!from || event.altKey || event.metaKey) return;
  const rows = [...made.tBodies[0].rows].map((row) =>
    [...row.querySelectorAll("td")].map((one) => one.querySelector("button")),
  );
  const row = rows.findIndex((one) => one.includes(from));
  const to = STEPS[event.key]
    ? next(rows, row, rows[row].indexOf(from), STEPS[event.key])
    : end(event.ctrlKey ? rows.flat() : rows[row], event.key);
  if (to === undefined) return;
  event.preventDefault();
  if (to === null) return;
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

// Pictures that were not rendered are stepped over; at an edge the walk stays where it is.
function next(rows, row, column, [down, right]) {
  do {
    row += down;
    column += right;
  } while (rows[row]?.[column] === null);
  return rows[row]?.[column] ?? null;
}

function end(row, key) {
  const there = row.filter(Boolean);
  return key === "Home" ? there[0] : key === "End" ? there.at(-1) : undefined;
}

// What tells the two pictures apart, for their captions; of one and the same, where it stands.
export function words(place, { x, y, a, b }) {
  const axes = [x, y].filter(Boolean);
  const apart = axes.filter((name) => a[name] !== b[name]);
  return (apart.length ? apart : axes).map((name) => said(name, place[name])).join(", ");
}

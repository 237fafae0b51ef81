// The measured curves of what is shown, with the two pictures' values marked on them: one for both,
// or one each where another model or scheduler drew the other.

import { element } from "./grid.js";
import { settings } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";

// Returns the plan's curves for what is shown; none where nothing was measured.
export const found = (plan, state) =>
  plan.curves.filter(
    (one) =>
      [state.x, state.y].includes(one.axis) &&
      (fits(plan, one, state.a) || fits(plan, one, state.b)),
  );

const fits = (plan, { where }, place) => {
  const made = settings(plan, place);
  return Object.entries(where).every(([name, value]) => made[name] === value);
};

export function drawn(plan, curve, data, state) {
  const svg = new DOMParser().parseFromString(data.svg, "text/html").querySelector("svg");
  const sides = ["a", "b"]
    .filter((side) => fits(plan, curve, state[side]))
    .map((side) => ({ letter: side.toUpperCase(), value: state[side][curve.axis] }));
  const row = ({ letter, value }) => `${letter} (${value}): ${data.rows[value] ?? "not measured"}`;
  sides.forEach(({ letter, value }, index) => {
    if (!(value in curve.places)) return;
    const twin = sides[1 - index]?.value === value;
    const x = curve.places[value];
    svg.append(shape("path", { class: "chosen", d: `M${x} ${data.top}V${data.bottom}` }));
    const at = { class: "chosen", x: x + (twin ? 7 * (2 * index - 1) : 0), y: data.top + 70 };
    svg.append(shape("text", { ...at, "text-anchor": "middle" }, letter));
  });
  const strong = element("strong", {}, sides.map(row).join("; "));
  const caption = element("figcaption", {}, strong, ` ${data.words}`);
  return element("figure", { class: "plot" }, document.importNode(svg, true), caption);
}

function shape(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

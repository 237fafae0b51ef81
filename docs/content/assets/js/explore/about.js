// Below the two pictures: the page of the setting, the live page with the same settings, and the
// command that renders the pictures again.

import { element } from "./grid.js";
import { settings } from "./state.js";

export function about(plan, state, root) {
  const items = [];
  if (plan.page) {
    const page = element("a", { href: `${root}settings/${plan.page.slug}/` }, plan.page.title);
    items.push(["What it does: ", page]);
  }
  const live = ["a", "b"].filter(() => plan.live).map((side) => {
    const query = new URLSearchParams(settings(plan, state[side]));
    return element("a", { href: `${root}live/#draw?${query}` }, `generate ${side.toUpperCase()} live`);
  });
  if (live.length) items.push(["With these settings: ", live[0], ", ", live[1]]);
  const { model } = state.a;
  const command = element("code", {}, plan.commands[model]);
  items.push([`Rendered with ${plan.rendered[model]}; again with `, command]);
  return element("ul", {}, ...items.map((inside) => element("li", {}, ...inside)));
}

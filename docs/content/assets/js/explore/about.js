// Below the two pictures: the page of the setting, the live page with the same settings, and the
// command that renders the pictures again.

import { element } from "./grid.js";
import { settings } from "./state.js";

export function about(plan, state, root) {
  const items = [];
  const link = (side) => {
    const made = settings(plan, state[side]);
    made.scheduler = plan.at(state[side]).table;
    const told = plan.live.filter((one) => one in made).map((one) => [one, made[one]]);
    const query = new URLSearchParams(told);
    return element("a", { href: `${root}live/#draw?${query}` }, `picture ${side.toUpperCase()}`);
  };
  if (plan.page) {
    const page = element("a", { href: `${root}settings/${plan.page.slug}/` }, plan.page.title);
    items.push(["What it does: ", page]);
  }
  const live = ["a", "b"].filter((side) => plan.at(state[side]).table);
  if (live.length) items.push(["Draw live: ", ...live.flatMap((side) => [link(side), " "])]);
  const { model } = state.a;
  const command = element("code", {}, plan.commands[model]);
  items.push([`Rendered with ${plan.rendered[model]}; again with `, command]);
  return element("ul", {}, ...items.map((inside) => element("li", {}, ...inside)));
}

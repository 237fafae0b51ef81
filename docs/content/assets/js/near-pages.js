// <near-pages>: on the page for addresses that do not exist, lists the pages whose names come nearest
// to the one asked for. The names are in the JSON that Python wrote: [[address, title, name, …], …],
// names in small letters and digits. Without this script the page has its links to the indexes.

const MOST = 5;
const TOO_FAR = 0.5;

class NearPages extends HTMLElement {
  async connectedCallback() {
    const root = new URL(this.dataset.root, location.href);
    const asked = words(location.pathname.slice(root.pathname.length));
    const answer = await fetch(new URL(this.dataset.list, root)).catch(() => null);
    if (!asked.length || !answer?.ok) return;
    const found = nearest(asked, await answer.json());
    if (!found.length) return;
    const list = this.querySelector("ul");
    list.replaceChildren(
      ...found.map(([address, title]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = new URL(address, root);
        link.textContent = title;
        item.append(link);
        return item;
      }),
    );
    this.classList.add("found");
  }
}

// "settings/cfg-scale/index.html" asks for "cfgscale", or failing that for "settings".
const words = (path) =>
  decoded(path)
    .replace(/(index)?\.(html?|md|json)$/, "")
    .split("/")
    .map((part) => part.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "").slice(0, 60))
    .filter(Boolean);

// An address may hold a "%" that stands for nothing.
function decoded(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

export function nearest(asked, pages) {
  const [last, ...before] = [...asked].reverse();
  return pages
    .map(([address, title, ...names]) => {
      const far = Math.min(...names.map((name) => distance(last, name)));
      // Among equals, the page that lies where the reader looked for it.
      const here = before.some((part) => words(address).includes(part));
      return { far: far - (here ? 0.05 : 0), page: [address, title] };
    })
    .filter(({ far }) => far < TOO_FAR)
    .sort((one, other) => one.far - other.far)
    .slice(0, MOST)
    .map(({ page }) => page);
}

// 0 for the same word, 1 for a wholly different one; a beginning counts as near.
function distance(asked, name) {
  if (asked === name) return 0;
  const [short, long] = asked.length < name.length ? [asked, name] : [name, asked];
  const missing = (long.length - short.length) / long.length;
  if (short.length > 2 && long.startsWith(short)) return Math.min(missing, 0.1 + 0.3 * missing);
  if (missing > TOO_FAR) return 1;
  return edits(short, long) / long.length;
}

// How many letters must change (Levenshtein 1966), a row of the table at a time.
function edits(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const changed = row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[other.length];
}

customElements.define("near-pages", NearPages);

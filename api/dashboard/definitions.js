// Owns the definitions of figures: the dictionary's sentences, where the figures stand.

import { byId, element } from "./elements.js";
import { NAMES } from "./figures.js";

let entries = null; // a promise of the dictionary, once somebody wants it
let ask = null;

/** Uses the client of the signed-in user. */
export function use(asking) {
  ask = asking;
  entries = null;
}

/** The dictionary's entries. */
export function all() {
  entries ??= ask.dictionary();
  entries.catch(() => (entries = null));
  return entries;
}

/** A button that shows the definitions of the figures at these key paths. */
export function button(title, paths) {
  const label = `Definition of ${title}`;
  const made = element("button", { type: "button", class: "info", popovertarget: "definition", "aria-label": label }, "i");
  made.addEventListener("click", () => show(title, paths));
  return made;
}

async function show(title, paths) {
  const box = byId("definition");
  const heading = element("h2", { id: "definition-title" }, title);
  box.replaceChildren(heading, element("p", {}, "…"));
  try {
    const known = await all();
    box.replaceChildren(heading, element("dl", {}, ...paths.flatMap((path) => definition(known, path))));
  } catch (error) {
    box.replaceChildren(heading, element("p", { class: "warning" }, error.message));
  }
}

function definition(known, path) {
  const entry = known.filter(({ key }) => path === key || path.startsWith(`${key}.`)).sort(longestFirst)[0];
  const head = element("dt", {}, NAMES[path] ? `${NAMES[path]} · ` : "", element("code", {}, path));
  if (!entry) return [head, element("dd", {}, "The dictionary does not have this figure.")];
  return [head, element("dd", {}, entry.meaning), element("dd", { class: "quiet" }, `From: ${entry.source}`)];
}

const longestFirst = (one, other) => other.key.length - one.key.length;

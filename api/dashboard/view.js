// Owns the controls of the view: range, plots and comparison, which the address repeats.

import * as address from "./address.js";
import * as definitions from "./definitions.js";
import { byId, element } from "./elements.js";
import { chosen, PLOTS } from "./plot_definitions.js";
import { DAY } from "./time_ranges.js";

const USUAL = PLOTS.map(({ name }) => name);

/** What is chosen, as in the address. */
export let view = address.read();

/** The plots that are chosen. */
export const plots = () => chosen(view.plots ?? USUAL);

/** Shows the view in the controls, and calls `changed` after each change of it. */
export function control(changed) {
  fill();
  const change = (part) => {
    view = { ...view, ...part };
    address.write(view);
    changed();
  };
  byId("range").addEventListener("change", ({ target }) => target.name === "range" && choose(target.value, change));
  byId("range").addEventListener("submit", (event) => {
    event.preventDefault();
    custom(change);
  });
  byId("compare").addEventListener("change", ({ target }) => change({ compare: target.checked }));
  byId("chooser").addEventListener("change", ({ target }) => target.name === "plot" && change({ plots: checked() }));
  byId("chooser").addEventListener("toggle", fillFigures);
  byId("add-figure").addEventListener("submit", (event) => {
    event.preventDefault();
    add(change);
  });
  byId("compare").disabled = view.range === "all";
}

function fill() {
  const { range, from, to, compare } = view;
  byId("range").elements.range.value = range;
  byId("custom").hidden = range !== "custom";
  [byId("from").value, byId("to").value] = [from, to];
  byId("compare").checked = compare;
  boxes();
}

function boxes() {
  const shown = plots().map(({ name }) => name);
  const others = plots().filter(({ name }) => !USUAL.includes(name));
  byId("plot-names").replaceChildren(...[...PLOTS, ...others].map((plot) => box(plot, shown.includes(plot.name))));
}

const box = ({ name, title }, isChecked) =>
  element("label", {}, element("input", { type: "checkbox", name: "plot", value: name, checked: isChecked }), ` ${title}`);

/** The names of the checked plots; null for the usual ones. */
function checked() {
  const boxes = [...byId("plot-names").querySelectorAll(":checked")];
  const names = boxes.map((found) => /** @type {any} */ (found).value);
  return names.join() === USUAL.join() ? null : names;
}

/** The dates of a range of one's own begin as those that are shown. */
function choose(range, change) {
  byId("custom").hidden = range !== "custom";
  problem("");
  byId("compare").disabled = range === "all";
  if (range !== "custom") return change({ range, from: "", to: "" });
  const days = parseInt(view.range, 10) || 30;
  const today = Date.now();
  byId("to").value ||= date(today);
  byId("from").value ||= date(today - days * DAY);
  byId("to").max = byId("from").max = date(today + DAY);
}

function custom(change) {
  const [from, to] = [byId("from").value, byId("to").value];
  const isRange = from && to && from <= to;
  problem(isRange ? "" : "Select a first day, and a last day that is not earlier.");
  if (isRange) change({ range: "custom", from, to });
}

export function problem(text) {
  byId("range-problem").textContent = text;
  byId("range-problem").hidden = !text;
}

const date = (moment) => new Date(moment).toISOString().slice(0, 10);

async function fillFigures() {
  if (!byId("chooser").open || byId("figure-names").children.length) return;
  const known = await definitions.all().catch(() => []);
  byId("figure-names").replaceChildren(...known.map(({ key, meaning }) => element("option", { value: key }, meaning)));
}

function add(change) {
  const path = byId("figure").value.trim();
  const isPath = chosen([path]).length > 0;
  byId("figure").setCustomValidity(isPath ? "" : "Enter a key path, for example totalThreads.");
  if (!isPath) return byId("figure").reportValidity();
  byId("figure").value = "";
  change({ plots: [...new Set([...(view.plots ?? USUAL), path])] });
  boxes();
}

// Owns the plots: each has a heading, a legend, a described picture, its numbers as a table, and as a file.

import * as charts from "./charts.js";
import * as csv from "./csv.js";
import * as definitions from "./definitions.js";
import { byId, element, table } from "./elements.js";
import { ask, rowsOf } from "./plot_definitions.js";
import { day, period } from "./formats.js";
import { reasonFor } from "./snapshot_values.js";

let drawn = null; // what is shown: the arguments of `show`

/** Shows headings and frames before the figures arrive, so that nothing moves then. */
export function frame(plots) {
  const names = plots.map(({ name }) => name).join();
  if (byId("plots").dataset.names === names) return;
  byId("plots").dataset.names = names;
  byId("plots").replaceChildren(...plots.map(frameOf));
}

function frameOf({ name, title, lines }) {
  const id = `plot-${name.replaceAll(".", "-")}`;
  return element(
    "article",
    { class: "plot", "aria-labelledby": id, "data-name": name },
    element("header", {}, element("h3", { id }, title), definitions.button(title, Object.values(lines))),
    element("ul", { class: "legend" }),
    element("div", { class: "picture" }),
    element(
      "div",
      { class: "below" },
      element("details", {}, element("summary", {}, "Numbers", element("span", { class: "hidden" }, ` of ${title}`))),
      element("button", { type: "button", class: "link save" }, "CSV", element("span", { class: "hidden" }, ` of ${title}`)),
    ),
  );
}

/** Fetches the figures of the plots, and of the period before if that is wanted. */
export async function load(asking, { plots, span, compare }, signal) {
  const earlier = compare && span.before;
  const [now, before, Chart] = await Promise.all([
    ask(asking, plots, span, span.query, signal),
    earlier ? ask(asking, plots, span, span.before, signal) : null,
    charts.library(),
  ]);
  return { now, before, Chart };
}

/** Draws the plots. Those without figures take no room, but a line that says why; returns whether any has some. */
export function show(plots, span, answers, events, snapshot) {
  drawn = [plots, span, answers, events, snapshot];
  frame(plots);
  byId("plots").classList.toggle("bare", !answers.Chart);
  const all = plots.map((plot) => figuresOf(plot, span, answers, events));
  for (const [n, figures] of all.entries()) {
    const box = byId("plots").children[n];
    box.hidden = !figures.names.length;
    if (!box.hidden) fill(answers.Chart, box, figures);
  }
  const isAny = all.some(({ names }) => names.length);
  const missing = isAny ? all.flatMap((figures) => withoutFigures(figures, snapshot)) : [];
  byId("empty").replaceChildren(...missing.map((text) => element("li", {}, text)));
  return isAny;
}

/** Draws again what is shown, in the colours of another theme. */
export const redraw = () => drawn && show(...drawn);

export const forget = () => (drawn = null);

function figuresOf(plot, span, { now, before }, events) {
  const { width } = plot.daily ? span.daily : span;
  const seams = events.filter(({ kind }) => kind === "backfill").map(({ at }) => at);
  const rows = rowsOf(plot, now, span, seams).filter(({ at }) => at + width / 2 >= span.axis[0]);
  const shift = span.last - span.first;
  const all = Object.entries(plot.lines).map(([name, path], n) => ({ name, path, n }));
  const known = all.filter(({ n }) => rows.some(({ values }) => values[n] !== null));
  const pick = (found) => found.map((row) => ({ ...row, values: known.map(({ n }) => row.values[n]) }));
  return {
    ...plot,
    span,
    width,
    events,
    shift,
    names: known.map(({ name }) => name),
    unknown: all.filter((one) => !known.includes(one)),
    rows: pick(rows),
    before: before && pick(rowsOf(plot, before, span, seams)),
  };
}

/** Why a plot, or a line of it, is not drawn. */
function withoutFigures({ title, names, unknown }, snapshot) {
  const reason = (path) => reasonFor(snapshot, path)?.replace(/\.$/, "") ?? "not enough history in this range";
  if (!names.length) return [`${title}: ${reason(unknown[0].path)}.`];
  return unknown.map(({ name, path }) => `${title}, ${name}: ${reason(path)}.`);
}

function fill(Chart, box, figures) {
  const picture = box.querySelector(".picture");
  picture.role = "img";
  picture.ariaLabel = inWords(figures);
  box.querySelector(".legend").replaceChildren(...legend(figures));
  numbers(box.querySelector("details"), figures);
  box.querySelector(".save").onclick = () => download(figures);
  if (Chart) charts.draw(Chart, picture, figures);
}

const column = (rows, n) => rows.map(({ values }) => values[n]);
const known = (rows, n) => column(rows, n).filter((value) => value !== null);

function legend({ names, rows, write }) {
  return names.map((name, n) =>
    element("li", { class: `line-${n + 1}` }, name, element("strong", {}, ` ${write(known(rows, n).at(-1))}`)),
  );
}

/** The text alternative of the picture. */
function inWords({ title, names, rows, write }) {
  const each = names.map((name, n) => {
    const values = known(rows, n);
    const [low, high] = [Math.min(...values), Math.max(...values)].map(write);
    return `${name}: from ${write(values[0])} to ${write(values.at(-1))}, minimum ${low}, maximum ${high}.`;
  });
  return `${title} from ${day(rows[0].at)} to ${day(rows.at(-1).at)}. ${each.join(" ")}`;
}

/** Builds the table when it is opened, and again if it is already open. */
function numbers(details, { title, names, rows, write, width }) {
  details.ontoggle = () => {
    details.querySelector(".scroll")?.remove();
    if (!details.open) return;
    const lines = rows.filter(({ isGap }) => !isGap).map(({ at, values }) => [period(at, width), ...values.map(write)]);
    details.append(table(`${title}, newest first`, ["Time", ...names], lines.reverse()));
  };
  details.ontoggle();
}

function download({ name, names, rows, width }) {
  const moment = (at) => new Date(at).toISOString();
  const lines = rows.filter(({ isGap }) => !isGap).map(({ at, values }) => [moment(at), moment(at + width), ...values]);
  csv.save(`rcstats-${name}`, ["from", "to", ...names], lines);
}

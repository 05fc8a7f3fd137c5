// Owns the plots: loads plotly.js on demand; each plot has a heading, a described picture, and its numbers as a table.

import { byId, element, table } from "./elements.js";
import { PLOTS, rowsOf } from "./plot_definitions.js";
import { binaryUnit, bytes, day, onAxis, time } from "./formats.js";
import { DAY } from "./time_ranges.js";

// Distinguishable with any colour blindness and from the background; by theme, dark or not.
const COLOURS = {
  false: ["#2342b8", "#ce7508", "#15a378", "#ad7dc9", "#522108"],
  true: ["#4a84f2", "#ba5e04", "#77ebd4", "#8b6da0", "#c3e289"],
};

/** @type {Promise<any>} */
let loading = null;

/** plotly.js, loaded once when the first plot is drawn; undefined if it is not installed. */
export function plotly() {
  const src = document.body.dataset.plotly;
  loading ??= new Promise((done) => {
    if (!src) return done(null);
    const script = element("script", { src });
    script.onload = script.onerror = () => done(window["Plotly"]);
    document.head.append(script);
  }).then((library) => {
    library?.register(language());
    return library;
  });
  return loading;
}

/** Shows headings and frames before the figures arrive, so that nothing moves then. */
export function frame() {
  const frames = PLOTS.map(({ title }, n) =>
    element(
      "article",
      { class: "plot", "aria-labelledby": `plot-${n}` },
      element("h3", { id: `plot-${n}` }, title),
      element("div", { class: "picture" }),
      element("details", {}, element("summary", {}, "Numbers", element("span", { class: "hidden" }, ` of ${title}`))),
    ),
  );
  byId("plots").replaceChildren(...frames);
}

/** Draws the plots one by one, so that the page stays responsive. */
export async function draw(answers, span, isStale) {
  const library = await plotly();
  byId("plots").classList.toggle("bare", !library);
  for (const [n, plot] of PLOTS.entries()) {
    if (isStale()) return;
    const box = byId("plots").children[n];
    const { width } = plot.daily ? span.daily : span;
    const [names, rows] = [Object.keys(plot.lines), rowsOf(plot, answers, span)];
    const figures = { ...plot, names, rows, width, isDaily: width >= DAY };
    numbers(box.querySelector("details"), figures);
    if (library) picture(library, box.querySelector(".picture"), figures);
    await new Promise((next) => setTimeout(next));
  }
}

const column = (rows, n) => rows.map(({ values }) => values[n]);

function picture(library, box, figures) {
  box.role = "img";
  box.ariaLabel = inWords(figures);
  const most = Math.max(1, ...figures.rows.flatMap(({ values }) => values));
  const unit = figures.write === bytes ? binaryUnit(most) : { name: "", size: 1 };
  const options = { displayModeBar: false, responsive: true, locale: "local" };
  library.react(box, traces(figures, unit.size), layout(box, figures, unit.name), options);
}

function traces({ names, rows, daily, width, write }, size) {
  const colours = COLOURS[byId("theme").ariaPressed];
  const bars = { type: "bar", width: width * (rows.length > 100 ? 1 : 0.8) };
  const kind = daily ? bars : { type: "scatter", mode: rows.length < 3 ? "markers" : "lines" };
  return names.map((name, n) => ({
    ...kind,
    name,
    x: rows.map(({ at }) => onAxis(at)),
    y: column(rows, n).map((value) => value && value / size),
    text: column(rows, n).map(write),
    textposition: "none",
    hovertemplate: "%{text}",
    marker: { color: colours[n], line: { width: 0 } },
    line: { width: 1.75 },
  }));
}

function layout(box, { names, rows, width, isDaily }, unit) {
  const { color, fontFamily: family } = getComputedStyle(box);
  const { backgroundColor: bgcolor, borderColor: muted } = getComputedStyle(box.parentElement);
  const visible = rows.some(({ values }) => values.some((value) => value !== null));
  const [first, last] = visible ? [rows[0].at, rows.at(-1).at] : [0, 0];
  const range = [Math.min(first, last - 12 * width) - width / 2, last + width / 2].map(onAxis);
  const isTouched = matchMedia("(pointer: coarse)").matches;
  return {
    margin: { l: 60, r: 8, t: 8, b: 36 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family, size: 12, color },
    hovermode: "x unified",
    hoverlabel: { bgcolor, bordercolor: muted },
    showlegend: names.length > 1,
    legend: { orientation: "h", y: -0.18, yanchor: "top", itemclick: false, itemdoubleclick: false },
    annotations: visible ? [] : [{ text: "No figures yet", showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0.5 }],
    dragmode: isTouched ? false : "zoom",
    xaxis: {
      type: "date",
      visible,
      range,
      showgrid: false,
      linecolor: muted,
      fixedrange: isTouched,
      nticks: box.clientWidth < 420 ? 5 : 8,
      hoverformat: `%a %-d %b %Y${isDaily ? "" : ", %H:%M"}`,
    },
    yaxis: {
      visible,
      rangemode: "tozero",
      gridcolor: muted,
      zeroline: false,
      fixedrange: true,
      separatethousands: true,
      ticksuffix: ` ${unit}`,
      ticks: "outside",
      tickcolor: "transparent",
    },
  };
}

/** The text alternative of the picture. */
function inWords({ title, names, rows, write }) {
  if (!rows.length) return `${title}: no figures in this period.`;
  const each = names.map((name, n) => {
    const values = column(rows, n).filter((value) => value !== null);
    const [low, high] = [Math.min(...values), Math.max(...values)].map(write);
    return `${name}: from ${write(values[0])} to ${write(values.at(-1))}, minimum ${low}, maximum ${high}.`;
  });
  return `${title} from ${day(rows[0].at)} to ${day(rows.at(-1).at)}. ${each.join(" ")}`;
}

/** Builds the table when it is opened, and again if it is already open. */
function numbers(details, { title, names, rows, write, isDaily }) {
  details.ontoggle = () => {
    details.querySelector(".scroll")?.remove();
    if (!details.open) return;
    const lines = rows.map(({ at, values }) => [(isDaily ? day : time)(at), ...values.map(write)]);
    details.append(table(`${title}, newest first`, ["Time", ...names], lines.reverse()));
  };
  details.ontoggle();
}

/** Month and day names and separators of the browser's locale. */
function language() {
  const names = (options, number, date) =>
    Array.from({ length: number }, (_, n) => new Date(date(n)).toLocaleDateString(undefined, { ...options, timeZone: "UTC" }));
  const months = (month) => names({ month }, 12, (n) => Date.UTC(2024, n));
  const days = (weekday) => names({ weekday }, 7, (n) => Date.UTC(2024, 8, n + 1)); // 1 September 2024 is a Sunday
  const [, thousands, , , , decimal] = new Intl.NumberFormat(undefined, { useGrouping: true }).formatToParts(1234567.8);
  const format = { days: days("long"), shortDays: days("short"), months: months("long"), shortMonths: months("short") };
  Object.assign(format, { thousands: thousands.value, decimal: decimal.value });
  return { moduleType: "locale", name: "local", dictionary: {}, format };
}

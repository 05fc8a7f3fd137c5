// Owns how Chart.js, which is loaded on demand, draws a plot.

import { element } from "./elements.js";
import { binaryUnit, bytes, count, decimal, period } from "./formats.js";
import { ticks } from "./time_axis.js";
import { points } from "./time_ranges.js";

/** @type {Promise<any>} */
let loading = null;

/** Chart.js, loaded once; null if it is not installed. */
export function library() {
  const source = document.body.dataset.chart;
  loading ??= source ? import(new URL(source, document.baseURI).href).then(ready, () => null) : Promise.resolve(null);
  return loading;
}

function ready() {
  const Chart = window["Chart"];
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const marks = { id: "marks", beforeDatasetsDraw: drawEvents, afterDatasetsDraw: drawLonePoints, afterDraw: drawPointer };
  Chart.register(marks);
  return Chart;
}

/**
 * Draws a plot into a box. `figures`: {names, rows, daily, width, write, span}, `before`: the rows of the period
 * before, moved by its length; `events`: [{at, text}].
 */
export function draw(Chart, box, figures) {
  box.chart?.destroy();
  const canvas = element("canvas");
  box.replaceChildren(canvas);
  const most = Math.max(1, ...figures.rows.flatMap(({ values }) => values));
  const unit = figures.write === bytes ? binaryUnit(most) : { name: "", size: 1 };
  const data = { datasets: datasets(figures, unit.size) };
  box.chart = new Chart(canvas, { type: figures.daily ? "bar" : "line", data, options: options(figures, unit) });
}

/** A colour of the style sheet, by the theme. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

function datasets({ names, rows, before, shift, daily, width, span }, size) {
  const middle = (at) => Math.min(at + width / 2, span.last);
  const pointsOf = (from, n, moved) =>
    points(from, n).map(({ at, values }) => ({
      x: middle(at + moved),
      y: values[n] === null ? null : values[n] / size,
      value: values[n],
      at,
    }));
  const tone = (n) => colour(`line-${n + 1}`);
  const shape = (n) => (daily ? bar(tone(n), width) : line(tone(n)));
  const lines = names.map((name, n) => ({ ...shape(n), label: name, data: pointsOf(rows, n, 0) }));
  if (!before) return lines;
  const earlier = names.map((name, n) => ({
    ...line(daily ? colour("text") : tone(n)), // on bars, not in their colour
    type: "line",
    order: -1,
    label: `${name}, period before`,
    data: pointsOf(before, n, shift),
    borderDash: [4, 4],
    borderWidth: 1.25,
  }));
  return [...lines, ...earlier];
}

const shared = { parsing: false, normalized: true, grouped: false };

const line = (tone) => ({
  ...shared,
  borderColor: tone,
  backgroundColor: tone,
  borderWidth: 1.75,
  borderJoinStyle: "round",
  pointRadius: 0, // one value for all: Chart.js then resolves no options point by point, which takes most of its time
});

const bar = (tone, width) => ({
  ...shared,
  backgroundColor: tone,
  barThickness: ({ chart: { chartArea, scales } }) =>
    chartArea ? Math.max(1, (0.8 * chartArea.width * width) / (scales.x.max - scales.x.min)) : 1,
});

function options({ span, width, write, events }, unit) {
  const [text, quiet, grid, ground] = ["text", "quiet", "line", "surface"].map(colour);
  return {
    color: text,
    events: ["mousemove", "mouseout", "click", "touchstart", "touchmove"],
    interaction: { mode: "nearest", axis: "x", intersect: false },
    layout: { padding: { top: 10 } },
    plugins: {
      legend: { display: false },
      marks: { events, colour: quiet },
      tooltip: tooltip({ ground, text, grid, width, write, events }),
    },
    scales: {
      x: {
        type: "linear",
        offset: false,
        min: span.axis[0],
        max: span.axis[1],
        grid: { display: false, offset: false },
        border: { color: grid },
        afterBuildTicks: (scale) => (scale.ticks = ticks(scale.min, scale.max, scale.width < 340 ? 4 : 7)),
        ticks: { autoSkip: false, maxRotation: 0, color: quiet, callback: (_, n, all) => all[n].label },
      },
      y: {
        beginAtZero: true,
        suggestedMax: 1,
        border: { display: false },
        grid: { color: grid, tickLength: 0 },
        afterFit: (scale) => (scale.width = 64),
        ticks: { color: quiet, maxTicksLimit: 6, padding: 6, callback: (value) => onScale(value, write, unit) },
      },
    },
  };
}

const onScale = (value, write, { name }) => {
  if (!value) return "0";
  if (write === count) return Number.isInteger(value) ? count(value) : "";
  return `${decimal(value)}${name && ` ${name}`}`;
};

function tooltip({ ground, text, grid, width, write, events }) {
  return {
    backgroundColor: ground,
    borderColor: grid,
    borderWidth: 1,
    titleColor: text,
    bodyColor: text,
    footerColor: text,
    footerFont: { weight: "normal" },
    boxWidth: 8,
    boxHeight: 8,
    boxPadding: 4,
    caretSize: 0,
    caretPadding: 12,
    callbacks: {
      title: ([item]) => item && period(item.raw.at, width),
      label: ({ dataset, raw }) => `${dataset.label}: ${write(raw.value)}`,
      footer: ([item]) => (item ? near(events, item.raw.at, width) : []),
    },
  };
}

/** The texts of the first events within a bucket. */
const near = (events, at, width) =>
  events.filter((event) => event.at >= at && event.at < at + width).slice(0, 4).map(({ text }) => shortened(text));

const shortened = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** Draws the points that no line leads to. */
function drawLonePoints(chart) {
  const { ctx, data } = chart;
  for (const [n, { data: values, borderColor }] of data.datasets.entries()) {
    if (!borderColor) continue; // bars
    const isEmpty = (k) => (values[k]?.y ?? null) === null;
    ctx.fillStyle = borderColor;
    for (const [k, { x, y }] of chart.getDatasetMeta(n).data.entries()) {
      if (isEmpty(k) || !isEmpty(k - 1) || !isEmpty(k + 1)) continue;
      ctx.beginPath();
      ctx.arc(x, y, 2.5, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
}

/** Marks the events: a thin line with a head. */
function drawEvents({ ctx, chartArea: { top, bottom, left, right }, scales }, _, { events = [], colour: tone }) {
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = tone;
  ctx.globalAlpha = 0.75;
  ctx.setLineDash([2, 3]);
  for (const { at } of events) {
    const x = Math.round(scales.x.getPixelForValue(at)) + 0.5;
    if (x < left || x > right) continue;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, top - 4, 3, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** A thin line at what the pointer is on. */
function drawPointer({ ctx, chartArea: { top, bottom }, tooltip: shown }, _, { colour: tone }) {
  const [item] = shown?.getActiveElements() ?? [];
  if (!item) return;
  ctx.save();
  ctx.strokeStyle = tone;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(item.element.x, top);
  ctx.lineTo(item.element.x, bottom);
  ctx.stroke();
  ctx.restore();
}

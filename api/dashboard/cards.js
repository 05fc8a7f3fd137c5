// Owns the cards: the newest snapshot's main figures, their changes and sparklines.

import * as definitions from "./definitions.js";
import { byId, element } from "./elements.js";
import { formatOf, NAMES } from "./figures.js";
import { change, day, NONE, percent, time } from "./formats.js";
import { sparkline } from "./sparkline.js";
import { reasonFor, valueAt } from "./snapshot_values.js";
import { DAY } from "./time_ranges.js";

const PERIODS = [7, 1]; // days to compare with, the best first
const SHOWN = 30; // days of a sparkline
const CARDS = Object.entries(NAMES).map(([path, name]) => {
  return { path, name, write: formatOf(path), every: path === "onlineUsers" ? "1h" : "1d" };
});

/** Shows cards without figures, so that nothing moves when these arrive. */
export function frame() {
  if (!byId("cards").children.length) byId("cards").replaceChildren(...CARDS.map((card) => cardOf(card, NONE, "")));
}

/** Shows the figures; the changes follow. */
export function show(snapshot) {
  byId("cards").replaceChildren(
    ...CARDS.map((card) => cardOf(card, card.write(valueAt(snapshot, card.path)), reasonFor(snapshot, card.path))),
  );
}

function cardOf({ path, name }, text, reason) {
  return element(
    "li",
    { class: "card", "data-path": path, title: reason },
    element("header", {}, element("h3", {}, name), definitions.button(name, [path])),
    element("p", { class: "number" }, text),
    element("p", { class: reason ? "reason" : "change" }, reason || " "),
    element("div", { class: "line" }),
  );
}

/** Shows the changes: online users since the same hour, all others since the end of a day. */
export async function showChanges(snapshot, ask, events, signal) {
  const widths = Object.entries(Object.groupBy(CARDS, ({ every }) => every));
  const start = { "1d": `-${SHOWN + 2}d`, "1h": "-8d" };
  const filled = widths.map(async ([every, cards]) => {
    const found = await ask.series(cards.map(({ path }) => path), { start: start[every], every }, signal);
    const seams = (await events).filter(({ kind }) => kind === "backfill").map(({ at }) => at);
    for (const card of cards) fill(card, snapshot, found, seams);
  });
  await Promise.all(filled);
}

function fill({ path, write }, snapshot, { at, series }, seams) {
  const box = document.querySelector(`[data-path="${path}"]`);
  const value = valueAt(snapshot, path);
  if (!box || !Number.isFinite(value)) return;
  const taken = Date.parse(snapshot.createdAt);
  const points = at.map((moment, n) => ({ at: Date.parse(moment), value: series[path][n] }));
  const known = points.filter((point) => Number.isFinite(point.value));
  // A count of documents, which a backfill takes, does not compare with the server's own counter.
  const seam = path === "totalMessages" ? Math.max(0, ...seams.filter((moment) => moment <= taken)) : 0;
  const comparable = known.filter((point) => point.at >= seam);
  const line = sparkline(comparable);
  box.querySelector(".line").replaceChildren(...(line ? [line] : []));
  box.querySelector(".change")?.replaceWith(changeOf(value, taken, comparable, write));
}

function changeOf(value, taken, points, write) {
  for (const days of PERIODS) {
    const was = points.findLast(({ at }) => at <= taken - days * DAY);
    if (was && was.at > taken - (days + 2) * DAY) return changed(value, was, days, write);
  }
  const first = points[0] && points[0].at < taken - DAY ? `since ${day(points[0].at)}` : "";
  return element("p", { class: "change" }, first || "no earlier value yet");
}

function changed(value, was, days, write) {
  const share = was.value ? ` (${value < was.value ? "−" : "+"}${percent(Math.abs(value / was.value - 1))})` : "";
  const period = days === 1 ? "in a day" : `in ${days} days`;
  const difference = value - was.value;
  const text = difference ? `${change(difference, write)} ${period}${share}` : `unchanged ${period}`;
  return element("p", { class: "change", title: `${write(was.value)} on ${time(was.at)}` }, text);
}

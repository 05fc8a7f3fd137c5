// Owns the time ranges, their bucket widths, and the gaps in them.

import { atWallClock } from "./formats.js";

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const MOST_POINTS = 400;
const LEAST_BUCKETS = 12; // of an axis, however young the history is

const widths = (short, size, numbers) => numbers.map((n) => ({ every: `${n}${short}`, width: n * size }));
const WIDTHS = [
  ...widths("h", HOUR, [1, 2, 3, 6, 12]),
  ...widths("d", DAY, [1, 2, 3]),
  ...widths("w", 7 * DAY, [1, 2]),
  ...widths("mo", 30.4 * DAY, [1, 2, 3, 6]),
];

/**
 * {query, before: parameters of a series over the range and the equal one before it, first, last, every, width, daily:
 * the bucket of daily figures, axis}. Where the history begins within the range, so does the axis.
 */
export function span(choice, oldest, now) {
  const [first, last] = ends(choice, oldest, now);
  const start = Math.min(Math.max(first, oldest || first), last);
  const narrowest = (least) =>
    WIDTHS.find(({ width }) => width >= least && (last - start) / width <= MOST_POINTS) ?? WIDTHS.at(-1);
  const bucket = narrowest(0);
  const axis = [Math.max(first, Math.min(start, last - LEAST_BUCKETS * bucket.width)), last];
  return { ...queries(choice, first), first, last, ...bucket, daily: narrowest(DAY), axis };
}

function ends({ range, from, to }, oldest, now) {
  if (range === "custom") return [Date.parse(from), Date.parse(to) + DAY].map(atWallClock);
  if (range === "all") return [oldest || now - DAY, now];
  return [now - parseInt(range, 10) * DAY, now];
}

function queries({ range, from, to }, first) {
  if (range === "all") return { query: { start: new Date(first).toISOString(), end: "now" }, before: null };
  if (range !== "custom") {
    const days = parseInt(range, 10);
    return { query: { start: `-${days}d`, end: "now" }, before: { start: `-${2 * days}d`, end: `-${days}d` } };
  }
  const end = Date.parse(to) + DAY;
  const start = 2 * Date.parse(from) - end;
  return { query: { start: from, end: date(end) }, before: { start: date(start), end: from } };
}

const date = (moment) => new Date(moment).toISOString().slice(0, 10);

/** The rows, with a row of nulls in each step that exceeds the bucket and the usual steps on either side of it. */
export function withGaps(rows, width) {
  const steps = rows.slice(1).map(({ at }, n) => at - rows[n].at);
  const usual = (found) => found.toSorted((a, b) => a - b)[found.length >> 1] ?? 0;
  const around = (n) => Math.max(usual(steps.slice(Math.max(0, n - 3), n)), usual(steps.slice(n + 1, n + 4)));
  const isGap = (n) => steps.length > 1 && steps[n] > 1.5 * Math.max(width, around(n));
  const nothing = (row) => ({ at: row.at + width, isGap: true, values: row.values.map(() => null) });
  return rows.flatMap((row, n) => (n < steps.length && isGap(n) ? [row, nothing(row)] : [row]));
}

/** The points of a line: a few snapshots without this figure are no gap in it, a row of nulls and many are. */
export function points(rows, n) {
  const isNull = (row) => (row?.values[n] ?? null) === null;
  return rows.filter((row, k) => row.isGap || !isNull(row) || [k - 1, k + 1].every((near) => isNull(rows[near])));
}

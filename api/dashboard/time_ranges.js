// Owns the time ranges, their bucket widths, and the gaps in them.

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const MOST_POINTS = 400;

const widths = (unit, short, size, numbers) =>
  numbers.map((n) => ({ every: `${n}${short}`, width: n * size, name: named(unit, n) }));
const named = (unit, n) => new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "long" }).format(n);
const WIDTHS = [
  ...widths("hour", "h", HOUR, [1, 2, 3, 6, 12]),
  ...widths("day", "d", DAY, [1, 2, 3]),
  ...widths("week", "w", 7 * DAY, [1, 2]),
  ...widths("month", "mo", 30.4 * DAY, [1, 2, 3, 6]),
];

/** {start, end, every, width, name, daily: the bucket of daily figures} of the selected range. */
export function span(choice, { from, to, oldest }) {
  if (choice === "custom") return between(from, dateAfter(to), Date.parse(dateAfter(to)) - Date.parse(from));
  if (choice === "all") return between(new Date(oldest).toISOString(), "now", Date.now() - oldest);
  return between(`-${choice}`, "now", parseInt(choice, 10) * DAY);
}

function between(start, end, length) {
  const narrowest = (least) => WIDTHS.find(({ width }) => width >= least && length / width <= MOST_POINTS) ?? WIDTHS.at(-1);
  return { start, end, ...narrowest(0), daily: narrowest(DAY) };
}

const dateAfter = (date) => new Date(Date.parse(date) + DAY).toISOString().slice(0, 10);

/** The rows, with a row of nulls after each step that exceeds the bucket width and the usual step. */
export function withGaps(rows, width) {
  const steps = rows.map(({ at }, n) => (n ? at - rows[n - 1].at : 0));
  const usual = steps.toSorted((a, b) => a - b)[steps.length >> 1];
  const isGap = (step) => step > 1.5 * Math.max(width, usual);
  const nothing = (n) => ({ at: rows[n - 1].at + width, values: rows[n].values.map(() => null) });
  return rows.flatMap((row, n) => (isGap(steps[n]) ? [nothing(n), row] : [row]));
}

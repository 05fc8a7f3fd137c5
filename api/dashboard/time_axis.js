// Owns the ticks of the time axis: full hours, days, months and years of the workspace's time zone.

import { atWallClock, onAxis, wallClock } from "./formats.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONDAY = 4 * DAY; // the first one of Unix time
const MONTH = 30.4 * DAY;
const STEPS = [
  ...[1, 3, 6, 12].map((n) => ({ unit: "hour", n, size: n * HOUR })),
  ...[1, 2, 7, 14].map((n) => ({ unit: "day", n, size: n * DAY })),
  ...[1, 2, 3, 6, 12, 24].map((n) => ({ unit: "month", n, size: n * MONTH })),
];

/** At most so many ticks {value, label} from one moment to another. */
export function ticks(first, last, most) {
  const { unit, n } = STEPS.find(({ size }) => (last - first) / size <= most) ?? STEPS.at(-1);
  const found = [];
  const [begin, end] = [wallClock(first), wallClock(last)];
  for (let wall = floor(begin, unit, n); wall <= end; wall = next(wall, unit, n)) {
    if (wall >= begin) found.push({ value: atWallClock(wall), label: label(wall, unit) });
  }
  return found;
}

function floor(wall, unit, n) {
  const date = new Date(wall);
  if (unit === "month") return Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / n) * n);
  const size = n * (unit === "hour" ? HOUR : DAY);
  const origin = n % 7 ? 0 : MONDAY;
  return Math.floor((wall - origin) / size) * size + origin;
}

function next(wall, unit, n) {
  const date = new Date(wall);
  if (unit === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + n);
  return wall + n * (unit === "hour" ? HOUR : DAY);
}

const label = (wall, unit) => onAxis(atWallClock(wall), unit === "hour" && wall % DAY === 0 ? "day" : unit);

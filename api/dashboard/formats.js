// Owns the format of numbers and times: the browser's locale, and the workspace's time zone.

const DAY = 86_400_000;
const numbers = (options) => new Intl.NumberFormat(undefined, options).format;
const whole = numbers({ maximumFractionDigits: 0 });
const fine = numbers({ maximumFractionDigits: 2 });
const short = numbers({ maximumSignificantDigits: 3 });
const share = numbers({ style: "percent", maximumSignificantDigits: 2 });
const relative = new Intl.RelativeTimeFormat("en");
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const AGES = [["day", DAY], ["hour", 3_600_000], ["minute", 60_000]];

export const NONE = "–";
export let zone;
let days, times, ticks, clock;
inZone(Intl.DateTimeFormat().resolvedOptions().timeZone);

/** Sets the time zone, unless the browser does not know it. */
export function inZone(timeZone) {
  if (!timeZone || timeZone === zone) return;
  const dates = (options, locale) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  try {
    clock = dates({ dateStyle: "short", timeStyle: "medium" }, "sv-SE"); // the Swedish format is 2026-11-23 06:00:00
  } catch {
    return;
  }
  days = dates({ dateStyle: "medium" });
  times = dates({ dateStyle: "medium", timeStyle: "short" });
  ticks = {
    hour: dates({ timeStyle: "short" }),
    day: dates({ day: "numeric", month: "short" }),
    month: dates({ month: "short", year: "numeric" }),
  };
  zone = timeZone;
}

export const day = (moment) => days.format(moment);
export const time = (moment) => times.format(moment);
export const onAxis = (moment, unit) => ticks[unit].format(moment);

/** The day or days of a bucket, or its hours: "8 Nov 2026, 22:00 – 24:00". */
export const period = (at, width) =>
  width < DAY ? times.formatRange(at, at + width) : days.formatRange(at, at + width - DAY / 2);

/** The time of a clock in the zone, as if it were in UTC. */
export const wallClock = (moment) => Date.parse(`${clock.format(moment).replace(" ", "T")}Z`);

/** The moment at which a clock in the zone has this time. */
export function atWallClock(wall) {
  const guess = wall - (wallClock(wall) - wall);
  return guess - (wallClock(guess) - wall);
}

const written = (format) => (value) => (Number.isFinite(value) ? format(value) : NONE);
export const count = written(whole);
export const decimal = written(fine);
export const percent = written(share);
export const bytes = written((value) => `${short(value / binaryUnit(value).size)} ${binaryUnit(value).name}`);

/** The unit that makes the number at least 1 and less than 1024. */
export function binaryUnit(value) {
  const power = Math.min(BINARY.length - 1, Math.max(0, Math.floor(Math.log2(value) / 10)));
  return { name: BINARY[power], size: 1024 ** power };
}

/** A change: +3, −1.2 MiB, ±0. */
export const change = (value, write) => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${write(Math.abs(value))}`;

/** Seconds as people write them: 0.8 s, 3 h, 12 days. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds < 60) return `${fine(seconds)} s`;
  if (seconds < 3600) return `${whole(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${whole(seconds / 3600)} h`;
  return `${whole(seconds / 86_400)} days`;
}

export function ago(moment) {
  const age = Date.now() - moment;
  const [unit, size] = AGES.find(([, least]) => age >= least) ?? [];
  return unit ? relative.format(-Math.floor(age / size), unit) : "just now";
}

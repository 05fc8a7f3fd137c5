// Owns the format of numbers and times: the browser's locale, and the workspace's time zone.

const numbers = (options) => new Intl.NumberFormat(undefined, options).format;
const whole = numbers({ maximumFractionDigits: 0 });
const fine = numbers({ maximumFractionDigits: 2 });
const short = numbers({ maximumSignificantDigits: 3 });
const relative = new Intl.RelativeTimeFormat("en");
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const AGES = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];

export const NONE = "–";
export let zone, time, day, onAxis;
inZone(Intl.DateTimeFormat().resolvedOptions().timeZone);

/** Sets the time zone, unless the browser does not know it. */
export function inZone(timeZone) {
  const dates = (options, locale) => new Intl.DateTimeFormat(locale, { timeZone, ...options }).format;
  try {
    day = dates({ dateStyle: "medium" });
  } catch {
    return;
  }
  time = dates({ dateStyle: "medium", timeStyle: "short" });
  onAxis = dates({ dateStyle: "short", timeStyle: "medium" }, "sv-SE"); // the Swedish format is 2026-11-23 06:00:00
  zone = timeZone;
}

const written = (format) => (value) => (Number.isFinite(value) ? format(value) : NONE);
export const count = written(whole);
export const decimal = written(fine);
export const bytes = written((value) => `${short(value / binaryUnit(value).size)} ${binaryUnit(value).name}`);

/** The unit that makes the number at least 1 and less than 1024. */
export function binaryUnit(value) {
  const power = Math.max(0, Math.floor(Math.log2(value) / 10));
  return { name: BINARY[power], size: 1024 ** power };
}

/** A change: +3, −1.2 MiB, ±0. */
export const change = (value, write) => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${write(Math.abs(value))}`;

export function ago(moment) {
  const age = Date.now() - moment;
  const [unit, size] = AGES.find(([, least]) => age >= least) ?? [];
  return unit ? relative.format(-Math.floor(age / size), unit) : "just now";
}

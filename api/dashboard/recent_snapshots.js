// Owns the table of recent snapshots: their origins, durations and problems.

import { byId, element, table } from "./elements.js";
import { count, duration, NONE, time } from "./formats.js";

const OWN = ["kind", "seconds", "slot", "readings"].map((key) => `collector.${key}`);
const FIELDS = Object.fromEntries(["createdAt", ...OWN].map((key) => [key, 1]));
const HEADS = ["Snapshot", "Origin", "Took", "Missed before", "Problems"];
const HOUR = 3_600_000;

/** Shows the table; returns the usual distance of snapshots in milliseconds. */
export async function show(ask, signal) {
  const snapshots = await ask.last(24, FIELDS, signal);
  const usual = usualStep(snapshots);
  const rows = snapshots.map((snapshot, n) => rowOf(snapshot, missed(snapshot, snapshots[n + 1], usual)));
  byId("health").replaceChildren(table(`The last ${rows.length} snapshots`, HEADS, rows));
  return usual;
}

export const failures = (snapshot) =>
  Object.entries(snapshot.collector?.readings ?? {}).filter(([, reading]) => reading.ok === false);

function rowOf(snapshot, skipped) {
  const { seconds, kind = "collected", slot } = snapshot.collector ?? {};
  const failed = failures(snapshot).map(([name, { error }]) => element("li", {}, element("code", {}, name), `: ${error}`));
  const isTaken = kind === "collected";
  return [
    time(Date.parse(snapshot.createdAt)),
    isTaken ? (slot ? "scheduled" : "on demand") : kind,
    isTaken ? duration(seconds) : NONE,
    skipped ? element("span", { class: "failed" }, count(skipped)) : NONE,
    failed.length ? element("ul", { class: "failed" }, ...failed) : isTaken ? "none" : NONE,
  ];
}

const slotOf = (snapshot) => Date.parse(snapshot?.collector?.slot);

/** The shortest step between two slots is the schedule's. */
function usualStep(snapshots) {
  const steps = snapshots.map((snapshot, n) => slotOf(snapshot) - slotOf(snapshots[n + 1])).filter((step) => step > 0);
  return steps.length ? Math.min(...steps) : HOUR;
}

/** The number of slots without a snapshot between two snapshots. */
function missed(snapshot, previous, usual) {
  const step = slotOf(snapshot) - slotOf(previous);
  return step > usual ? Math.round(step / usual) - 1 : 0;
}

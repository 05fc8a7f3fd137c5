// Owns the table of recent snapshots: their durations and failures.

import { byId, element, table } from "./elements.js";
import { count, decimal, NONE, time } from "./formats.js";

const FIELDS = { createdAt: 1, "collector.seconds": 1, "collector.slot": 1, "collector.readings": 1 };
const HEADS = ["Taken", "Seconds", "Readings", "Failed readings", "Slots skipped before"];

export async function show(ask) {
  const snapshots = await ask.last(24, FIELDS);
  const skipped = skippedSlots(snapshots);
  const rows = snapshots.map((snapshot, n) => rowOf(snapshot, skipped[n]));
  byId("health").replaceChildren(table(`The last ${rows.length} snapshots`, HEADS, rows));
}

export const failures = (snapshot) =>
  Object.entries(snapshot.collector?.readings ?? {}).filter(([, reading]) => reading.ok === false);

function rowOf(snapshot, skipped) {
  const { seconds, readings = {} } = snapshot.collector ?? {};
  const failed = failures(snapshot).map(([name, { error }]) => element("li", {}, element("code", {}, name), `: ${error}`));
  return [
    time(Date.parse(snapshot.createdAt)),
    decimal(seconds),
    count(Object.keys(readings).length),
    failed.length ? element("ul", { class: "failed" }, ...failed) : "none",
    skipped ? element("span", { class: "failed" }, count(skipped)) : NONE,
  ];
}

/** The number of slots without a snapshot before each; the shortest step between two slots is the schedule's. */
function skippedSlots(snapshots) {
  const slots = snapshots.map((snapshot) => Date.parse(snapshot.collector?.slot));
  const steps = slots.map((slot, n) => slot - slots[n + 1]);
  const usual = Math.min(...steps.filter((step) => step > 0));
  return steps.map((step) => (step > usual ? Math.round(step / usual) - 1 : 0));
}

// Owns the limits of the workspace: how near each is, and when it is reached.

import { byId, element } from "./elements.js";
import { bytes, count, day, duration, percent } from "./formats.js";

const MISSING = "This server does not report limits.";
const NONE = "No limits apply to this workspace, or none are known.";

/** Shows the limits, the nearest first; a server without this route costs one line. */
export async function show(ask, signal) {
  const found = await ask.limits(signal).catch((error) => {
    if (error.kind === "missing") return null;
    throw error;
  });
  if (signal.aborted) return;
  const note = found ? (found.limits.length ? "" : NONE) : MISSING;
  byId("limits").replaceChildren(...(found?.limits ?? []).map(limitOf));
  byId("limits-note").textContent = note;
}

function limitOf(limit) {
  const { title, state, source, certainty } = limit;
  const bar = limit.share === null || limit.share === undefined ? null : meter(limit);
  return element(
    "li",
    { class: `limit ${state}`, title: [source, certainty].filter(Boolean).join("; ") },
    element("h3", {}, title),
    element("p", { class: "left" }, left(limit)),
    bar,
    element("p", { class: "quiet" }, detail(limit)),
  );
}

const writeOf = ({ unit }) => (unit === "bytes" ? bytes : count);

function left({ unit, left, state, ...limit }) {
  if (state === "reached") return "reached";
  if (limit.date && left < 1) return `in ${duration(left * 86_400)}`;
  if (limit.date) return `in ${count(left)} day${Math.round(left) === 1 ? "" : "s"}`;
  return `${writeOf({ unit })(left)} left`;
}

/** The used part as a bar, whose width needs no style. */
function meter({ share, title, used, allowed, unit }) {
  const write = writeOf({ unit });
  const label = `${title}: ${write(used)} of ${write(allowed)}`;
  return element("progress", { max: 1, value: Math.min(1, share), "aria-label": label });
}

function detail({ used, allowed, share, date, reached, unit, source }) {
  const write = writeOf({ unit });
  if (!date && (allowed === null || allowed === undefined)) return source;
  if (date) return `on ${day(Date.parse(date))}`;
  const now = `${write(used)} of ${write(allowed)} (${percent(share)})`;
  if (!reached) return now;
  const dates = [reached.date, reached.earliest, reached.latest];
  const [at, earliest, latest] = dates.map((moment) => moment && day(Date.parse(moment)));
  const interval = earliest && latest ? ` (${earliest} to ${latest})` : "";
  return `${now}, reached about ${at}${interval} if growth continues`;
}

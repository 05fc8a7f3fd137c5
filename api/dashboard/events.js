// Owns the events of the chosen range: what happened between snapshots, and people's notes.

import { byId, element } from "./elements.js";
import { time } from "./formats.js";

const FIRST = 8; // shown at once

/** The events {at, kind, text} of a period; none where the server has no such route. */
export async function find(ask, { start, end }, signal) {
  const found = await ask.events(start, end, signal).catch((error) => {
    if (error.kind === "missing" || error.kind === "wrong") return { events: [] };
    throw error;
  });
  return found.events.map(({ at, kind, text }) => ({ at: Date.parse(at), kind, text })).filter(({ at }) => at);
}

/** Lists the events of the chosen range. */
export function list(events) {
  const rows = events.map(({ at, kind, text }) =>
    element("li", {}, element("time", {}, time(at)), element("span", { class: "kind" }, kind), element("span", {}, text)),
  );
  const more = rows.splice(FIRST);
  byId("events").hidden = !rows.length;
  byId("events-list").replaceChildren(...rows);
  byId("events-more").hidden = !more.length;
  byId("events-rest").replaceChildren(...more);
  byId("events-count").textContent = `${more.length} earlier`;
}

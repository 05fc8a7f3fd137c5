// Owns the cards: the newest snapshot's main figures and their changes.

import { byId, element } from "./elements.js";
import { bytes, change, count, day, NONE } from "./formats.js";
import { DAY } from "./time_ranges.js";

const NO_VALUE = "Rocket.Chat itself has no value.";
const BACK = { "1 day": 1, "7 days": 7, "30 days": 30 };
const CARDS = [
  { path: "totalUsers", name: "Users" },
  { path: "activeUsers", name: "Active users" },
  { path: "onlineUsers", name: "Online now", every: "1h" },
  { path: "totalRooms", name: "Rooms" },
  { path: "totalMessages", name: "Messages" },
  { path: "uploadsTotal", name: "Uploads" },
  { path: "uploadsTotalSize", name: "Upload size", write: bytes },
  { path: "uniqueUsersOfYesterday.data.0.count", name: "Active yesterday" },
  { path: "uniqueUsersOfLastWeek.data.0.count", name: "Active last week" },
  { path: "uniqueUsersOfLastMonth.data.0.count", name: "Active last month" },
].map((card) => ({ write: count, every: "1d", ...card }));

/** Shows the figures; the changes follow. */
export function show(snapshot) {
  byId("cards").replaceChildren(...CARDS.map((card) => cardOf(card, snapshot)));
}

function cardOf({ path, name, write }, snapshot) {
  const value = valueAt(snapshot, path);
  const reason = value === undefined ? reasonFor(snapshot, path) : value === null && NO_VALUE;
  return element(
    "li",
    { class: "card", "data-path": path, title: reason },
    element("h3", {}, name),
    element("p", { class: "number" }, write(value)),
    reason ? element("p", { class: "reason" }, reason) : element("dl", { class: "changes" }),
  );
}

function valueAt(snapshot, path) {
  const [key, list] = path.split(".");
  if (list && snapshot[key]?.[list]?.length === 0) return 0; // an empty list means no users
  return path.split(".").reduce((found, part) => found?.[part], snapshot);
}

/** The reason for an absent value is at the path of the value, or of one of its parents. */
function reasonFor(snapshot, path) {
  let found = snapshot.collector?.unavailable;
  for (const part of path.split(".")) {
    found = found?.[part];
    if (typeof found === "string") return found;
  }
  return "Not in this snapshot.";
}

/** Shows the changes: online users since the same hour, all others since the end of a day. */
export async function showChanges(snapshot, ask) {
  const widths = Object.entries(Object.groupBy(CARDS, ({ every }) => every));
  const filled = widths.map(async ([every, cards]) => {
    const found = await ask.series(cards.map(({ path }) => path), { start: "-32d", every });
    for (const card of cards) fill(card, snapshot, found);
  });
  await Promise.all(filled);
}

function fill({ path, write }, snapshot, { at, series }) {
  const value = valueAt(snapshot, path);
  const rows = Object.entries(BACK).map(([name, days]) => {
    const until = Date.parse(snapshot.createdAt) - days * DAY;
    const n = at.findLastIndex((moment) => Date.parse(moment) <= until);
    const was = n >= 0 && Date.parse(at[n]) > until - 2 * DAY ? series[path][n] : null;
    const title = was === null ? "No earlier value to compare with" : `${write(was)} on ${day(Date.parse(at[n]))}`;
    const text = was === null ? NONE : change(value - was, write);
    return element("div", { title }, element("dt", {}, name), element("dd", {}, text));
  });
  document.querySelector(`[data-path="${path}"] .changes`)?.replaceChildren(...rows);
}

// Owns the outlook: where figures may be heading, and which of the newest are odd.

import { byId, element, table } from "./elements.js";
import { bytes, change, count } from "./formats.js";

const NAMES = { totalUsers: "Users", totalMessages: "Messages", uploadsTotalSize: "Size of uploads" };
const HEADS = ["", "A week", "In 30 days", "In 90 days"];

export async function show(ask) {
  const { growth, odd } = await ask.outlook();
  const parts = [element("p", { class: "quiet" }, noteOn(growth))];
  if (growth.length) parts.push(table("Where figures may be heading", HEADS, growth.map(rowOf)));
  if (odd.length) parts.push(element("ul", { class: "failed" }, ...odd.map(({ text }) => element("li", {}, text))));
  byId("outlook").replaceChildren(...parts);
}

function rowOf({ key, weekly, expected }) {
  const write = key.endsWith("Size") ? bytes : count;
  const ahead = expected.map(({ low, middle, high }) => `${write(middle)} (${write(low)} to ${write(high)})`);
  return [NAMES[key] ?? key, change(weekly, write), ...ahead];
}

function noteOn(growth) {
  if (!growth.length) return "Of growth nothing can be said before eight whole weeks.";
  const weeks = Math.min(...growth.map((one) => one.weeks));
  return `A forecast, from the last ${weeks} weeks: 95 of 100 times between the numbers in brackets, if things go on so.`;
}

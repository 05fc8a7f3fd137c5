// Owns the forecast of growth and the list of anomalies.

import { byId, element, table } from "./elements.js";
import { bytes, change, count } from "./formats.js";

const NAMES = { totalUsers: "Users", totalMessages: "Messages", uploadsTotalSize: "Upload size" };
const HEADS = ["", "Per week", "In 30 days", "In 90 days"];

export async function show(ask) {
  const { growth, anomalies } = await ask.forecast();
  const parts = [element("p", { class: "quiet" }, noteOn(growth))];
  if (growth.length) parts.push(table("Growth and forecast", HEADS, growth.map(rowOf)));
  if (anomalies.length) parts.push(element("ul", { class: "failed" }, ...anomalies.map(({ text }) => element("li", {}, text))));
  byId("forecast").replaceChildren(...parts);
}

function rowOf({ key, weekly, expected }) {
  const write = key.endsWith("Size") ? bytes : count;
  const ahead = expected.map(({ low, middle, high }) => `${write(middle)} (${write(low)} to ${write(high)})`);
  return [NAMES[key] ?? key, change(weekly, write), ...ahead];
}

function noteOn(growth) {
  if (!growth.length) return "Not enough history for a forecast: 8 full weeks are needed.";
  const weeks = Math.min(...growth.map((one) => one.weeks));
  return `A forecast from the last ${weeks} weeks. In parentheses: the 95 % prediction interval, if the trend continues.`;
}

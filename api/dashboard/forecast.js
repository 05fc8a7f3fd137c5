// Owns the forecast of growth and the list of anomalies.

import { byId, element, table } from "./elements.js";
import { formatOf, NAMES } from "./figures.js";
import { change } from "./formats.js";

const HEADS = ["", "Per week", "In 30 days", "In 90 days"];

export async function show(ask, signal) {
  const { growth, anomalies } = await ask.forecast(signal);
  const parts = [element("p", { class: "quiet" }, noteOn(growth))];
  if (growth.length) parts.push(table("Growth and forecast", HEADS, growth.map(rowOf)));
  const odd = anomalies.map(({ text }) => element("li", {}, text));
  if (odd.length) parts.push(element("ul", { class: "failed" }, ...odd));
  byId("forecast").replaceChildren(...parts);
}

function rowOf({ key, weekly, expected }) {
  const write = formatOf(key);
  const ahead = expected.map(({ low, middle, high }) =>
    element("span", {}, write(middle), element("small", {}, `${write(low)} to ${write(high)}`)),
  );
  return [NAMES[key] ?? key, change(weekly, write), ...ahead];
}

function noteOn(growth) {
  if (!growth.length) return "Not enough history for a forecast: 8 full weeks are needed.";
  const weeks = Math.min(...growth.map((one) => one.weeks));
  return `Forecast from the last ${weeks} weeks, with the 95 % interval if the trend continues.`;
}

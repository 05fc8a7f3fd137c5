// Owns the download of a plot's figures as CSV.

import { element } from "./elements.js";

/** Saves rows as a file of the browser's. */
export function save(name, heads, rows) {
  const text = [heads, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
  const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

const cell = (value) => {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

// Owns the page's address: the range, the plots and the comparison that it names, so that a link shows the same view.

const DEFAULT = "30d";
const DAY = /^\d{4}-\d\d-\d\d$/;

/** {range, from, to, plots, compare}: `plots` are names, or null for the usual ones. */
export function read() {
  const given = new URLSearchParams(location.search);
  const [from, to] = (given.get("range") ?? "").split("..");
  if (DAY.test(from) && DAY.test(to ?? "") && from <= to) return { range: "custom", from, to, ...others(given) };
  return { range: /^(7d|30d|90d|365d|all)$/.test(from) ? from : DEFAULT, from: "", to: "", ...others(given) };
}

const others = (given) => ({
  plots: given.has("plots") ? [...new Set(given.get("plots").split(",").filter(Boolean))] : null,
  compare: given.get("compare") === "before",
});

/** Writes what differs from the usual view. */
export function write({ range, from, to, plots, compare }) {
  const parts = [
    range !== DEFAULT && `range=${range === "custom" ? `${from}..${to}` : range}`,
    plots && `plots=${plots.map(encodeURIComponent).join(",")}`,
    compare && "compare=before",
  ].filter(Boolean);
  history.replaceState(null, "", parts.length ? `?${parts.join("&")}` : location.pathname);
}

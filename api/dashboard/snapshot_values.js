// Owns the values of a snapshot by their key paths, and the reasons for those that it does not have.

const NO_VALUE = "Rocket.Chat itself has no value.";

export function valueAt(snapshot, path) {
  const [key, list] = path.split(".");
  if (list && snapshot[key]?.[list]?.length === 0) return 0; // an empty list means no users
  return path.split(".").reduce((found, part) => found?.[part], snapshot);
}

/** Why there is no value; undefined if there is one. The reason is at the path of the value, or of a parent. */
export function reasonFor(snapshot, path) {
  const value = valueAt(snapshot, path);
  if (value === null) return NO_VALUE;
  if (value !== undefined) return undefined;
  const { collector = {} } = snapshot;
  const parts = path.replace(/^collector\./, "").split(".");
  let found = collector.unavailable;
  for (const part of parts) {
    found = found?.[part];
    if (typeof found === "string") return found;
  }
  return "not in this snapshot";
}

// Owns the sparklines: a figure's last weeks as a small line, without axes.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [120, 28];

const shape = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

/** An SVG of points {at, value}; null if they are too few for a line. */
export function sparkline(points) {
  if (points.length < 2) return null;
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [points[0].at, points.at(-1).at];
  const x = (at) => ((at - first) / (last - first)) * WIDTH;
  const y = (value) => HEIGHT - 2 - ((value - low) / (high - low || 1)) * (HEIGHT - 4);
  const line = points.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const frame = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
  const made = shape("svg", { ...frame, "aria-hidden": "true", class: "spark" });
  made.append(
    shape("polygon", { points: `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}` }),
    shape("polyline", { points: line, "vector-effect": "non-scaling-stroke" }),
  );
  return made;
}

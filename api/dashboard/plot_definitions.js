// Owns the plots' definitions: the lines of each, and the few requests that fetch the figures of all.

import { count, decimal } from "./formats.js";
import { formatOf, NAMES } from "./figures.js";
import { DAY, withGaps } from "./time_ranges.js";

const BY_ROOM_TYPE = ["Channels", "Private", "Direct", "Discussions", "Omnichannel"];
const typed = (...paths) => Object.fromEntries(BY_ROOM_TYPE.map((name, n) => [name, `total${paths[n]}`]));
const named = (...paths) => Object.fromEntries(paths.map((path) => [NAMES[path], path]));

/**
 * `how`: the value of a bucket; `daily`: no bucket is narrower than a day; `before`: the figure is of the day before;
 * `growth`: how much it grew per day since the value before.
 */
export const PLOTS = [
  {
    name: "users",
    title: "Users",
    lines: { ...named("totalUsers", "activeUsers"), "Online, peak": "onlineUsers" },
    hows: { onlineUsers: "max" },
  },
  { name: "active", daily: true, before: true, lines: named("uniqueUsersOfYesterday.data.0.count") },
  { name: "messages", title: "Messages per day", daily: true, growth: true, lines: { "New messages": "totalMessages" } },
  {
    name: "messages-by-room",
    title: "Messages by room type",
    lines: typed(
      ...["ChannelMessages", "PrivateGroupMessages", "DirectMessages", "DiscussionsMessages", "LivechatMessages"],
    ),
  },
  {
    name: "rooms",
    title: "Rooms by type",
    lines: typed("Channels", "PrivateGroups", "Direct", "Discussions", "Livechat"),
  },
  { name: "uploads", lines: named("uploadsTotal") },
  { name: "upload-size", lines: named("uploadsTotalSize") },
  {
    name: "connections",
    title: "Connections",
    how: "max",
    lines: { "Highest of the hour": "collector.connections.hourPeak", "At the snapshot": "collector.connections.now" },
  },
  { name: "load", title: "Host load", how: "mean", lines: { "Load average (1 min)": "os.loadavg.0" } },
  { name: "memory", title: "Host memory", how: "mean", lines: { Available: "os.freemem", Installed: "os.totalmem" } },
].map((plot) => ({ title: Object.keys(plot.lines)[0], write: formatOf(Object.values(plot.lines)[0]), ...plot }));

const KEY_PATH = /^[a-z]\w*(\.\w+)*$/i;

/** The plots of these names: those above, and one of any other figure by its key path. */
export const chosen = (names) =>
  names.flatMap((name) => PLOTS.find((plot) => plot.name === name) ?? (KEY_PATH.test(name) ? [ofFigure(name)] : []));

const ofFigure = (path) => {
  const write = formatOf(path);
  const title = NAMES[path] ?? path;
  return { name: path, title, write: write === count ? decimal : write, lines: { [title]: path } };
};

const bucketOf = (plot, span) => (plot.daily ? span.daily : span);

/** The request that fetches a line: `how every`. */
function requestOf(plot, path, span) {
  const { every, width } = bucketOf(plot, span);
  const how = plot.before && width > DAY ? "mean" : (plot.hows?.[path] ?? plot.how ?? "last");
  return `${how} ${every}`;
}

/** The responses by `how every`: one for each pair that any of the plots needs; `query` has start and end. */
export async function ask(asking, plots, span, query, signal) {
  const lines = plots.flatMap((plot) => Object.values(plot.lines).map((path) => [requestOf(plot, path, span), path]));
  const wanted = Object.entries(Object.groupBy(lines, ([request]) => request));
  const answers = wanted.map(async ([request, of]) => {
    const [how, every] = request.split(" ");
    const fields = [...new Set(of.map(([, path]) => path))];
    return [request, await asking.series(fields, { ...query, every, how }, signal)];
  });
  return Object.fromEntries(await Promise.all(answers));
}

/**
 * The rows {at, values: one per line} of a plot on the axis, with gaps. Growth is that of complete buckets, and not
 * across a seam, at which figures of one source meet those of another.
 */
export function rowsOf(plot, answers, span, seams = []) {
  const { width } = bucketOf(plot, span);
  const lines = Object.values(plot.lines).map((path) => ({ path, answer: answers[requestOf(plot, path, span)] }));
  const columns = lines.map(({ path, answer }) => new Map(answer.at.map((at, n) => [at, answer.series[path]?.[n] ?? null])));
  const moments = [...new Set(lines.flatMap(({ answer }) => answer.at))].sort();
  let rows = moments.map((at) => ({ at: Date.parse(at), values: columns.map((column) => number(column.get(at))) }));
  if (plot.growth) rows = growth(rows, width, seams);
  if (plot.before && width === DAY) rows = rows.map(({ at, values }) => ({ at: at - DAY, values }));
  return withGaps(rows, width);
}

const number = (value) => (Number.isFinite(value) ? value : null);

function growth(rows, width, seams) {
  const known = rows.filter(({ at, values: [value] }) => value !== null && at + width <= Date.now());
  return known.slice(1).flatMap(({ at, values: [value] }, n) => {
    const was = known[n];
    const isSeam = seams.some((seam) => seam >= was.at + width && seam < at + width);
    return isSeam ? [] : [{ at, values: [((value - was.values[0]) / (at - was.at)) * DAY] }];
  });
}

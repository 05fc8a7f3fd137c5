// Owns the plots' definitions: the lines of each, and the few requests that fetch the figures of all.

import { bytes, count, decimal } from "./formats.js";
import { DAY, withGaps } from "./time_ranges.js";

/** `how`: the value of a bucket; `daily`: no bucket is narrower than a day; `before`: the figure is of the day before. */
export const PLOTS = [
  {
    title: "Users",
    lines: { Accounts: "totalUsers", Active: "activeUsers", "Peak online": "onlineUsers" },
    hows: { onlineUsers: "max" },
  },
  {
    title: "Active users per day",
    daily: true,
    before: true,
    lines: { "Active users": "uniqueUsersOfYesterday.data.0.count" },
  },
  { title: "Messages per day", daily: true, how: "delta", lines: { "New messages": "totalMessages" } },
  {
    title: "Messages by room type",
    lines: {
      Channels: "totalChannelMessages",
      Private: "totalPrivateGroupMessages",
      Direct: "totalDirectMessages",
      Discussions: "totalDiscussionsMessages",
      Omnichannel: "totalLivechatMessages",
    },
  },
  {
    title: "Rooms by type",
    lines: {
      Channels: "totalChannels",
      Private: "totalPrivateGroups",
      Direct: "totalDirect",
      Discussions: "totalDiscussions",
      Omnichannel: "totalLivechat",
    },
  },
  { title: "Uploads", lines: { Files: "uploadsTotal" } },
  { title: "Upload size", write: bytes, lines: { "All files": "uploadsTotalSize" } },
  {
    title: "Connections",
    how: "max",
    lines: { "Highest of the hour": "collector.connections.hourPeak", "At the snapshot": "collector.connections.now" },
  },
  { title: "Host load", write: decimal, how: "mean", lines: { "Load average (1 min)": "os.loadavg.0" } },
  { title: "Host memory", write: bytes, how: "mean", lines: { Available: "os.freemem", Installed: "os.totalmem" } },
].map((plot) => ({ write: count, ...plot }));

const bucketOf = (plot, span) => (plot.daily ? span.daily : span);

/** The request that fetches a line: `how every`. */
function requestOf(plot, path, span) {
  const { every, width } = bucketOf(plot, span);
  const how = plot.before && width > DAY ? "mean" : (plot.hows?.[path] ?? plot.how ?? "last");
  return `${how} ${every}`;
}

/** The responses by `how every`: one for each pair that any plot needs. */
export async function ask(asking, span, signal) {
  const lines = PLOTS.flatMap((plot) => Object.values(plot.lines).map((path) => [requestOf(plot, path, span), path]));
  const wanted = Object.entries(Object.groupBy(lines, ([request]) => request));
  const answers = wanted.map(async ([request, of]) => {
    const [how, every] = request.split(" ");
    const fields = [...new Set(of.map(([, path]) => path))];
    return [request, await asking.series(fields, { start: span.start, end: span.end, every, how }, signal)];
  });
  return Object.fromEntries(await Promise.all(answers));
}

/** The rows {at, values: one per line} of a plot, with gaps; sums only of complete buckets. */
export function rowsOf(plot, answers, span) {
  const { width } = bucketOf(plot, span);
  const lines = Object.values(plot.lines).map((path) => ({ path, answer: answers[requestOf(plot, path, span)] }));
  let rows = lines[0].answer.at.map((moment) => ({
    at: Date.parse(moment),
    values: lines.map(({ path, answer }) => answer.series[path][answer.at.indexOf(moment)] ?? null),
  }));
  if (plot.how === "delta") rows = rows.filter(({ at }) => at + width <= Date.now()).map((row) => perDay(row, width));
  if (plot.before && width === DAY) rows = rows.map(({ at, values }) => ({ at: at - DAY, values }));
  return withGaps(rows, width);
}

const perDay = ({ at, values }, width) => ({ at, values: values.map((value) => value && (value * DAY) / width) });

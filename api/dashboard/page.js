// Owns the page as a whole: the signed-in user, and the refresh of its parts.

import { asking, Refusal } from "./api_client.js";
import * as cards from "./cards.js";
import * as definitions from "./definitions.js";
import { byId } from "./elements.js";
import * as events from "./events.js";
import * as forecast from "./forecast.js";
import { day, inZone, time, zone } from "./formats.js";
import * as head from "./head.js";
import * as instances from "./instances.js";
import * as limits from "./limits.js";
import * as login from "./login.js";
import { awaited, Part } from "./parts.js";
import * as plots from "./plots.js";
import * as snapshots from "./recent_snapshots.js";
import { DAY, span } from "./time_ranges.js";
import * as view from "./view.js";

const MINUTE = 60_000;
const UNEXPECTED = "An unexpected error occurred on this page; reloading it may help.";
const RETRIES = [2, 5, 10, 30, 60]; // seconds

let ask = null; // the client of the signed-in user, or null
let snapshot = null; // the newest one
let oldest = NaN; // when the history begins
let failed = 0; // attempts without success since the last one
let timer = 0; // of the next refresh

const PLOTS = new Part("plots", "plots", "plots-problem", showPlots);
const PARTS = [
  PLOTS, // first, as they wait longest
  new Part("limits", "limits", "limits-problem", (asker, signal) => limits.show(asker, signal)),
  new Part("figures", "cards", "cards-problem", showCards),
  new Part("forecast", "forecast", "forecast-problem", (asker, signal) => forecast.show(asker, signal)),
  new Part("recent snapshots", "health", "health-problem", async (asker, signal) => {
    head.usualStep(await snapshots.show(asker, signal));
    head.showAge(snapshot);
  }),
];

/** Shows the page of a user; its frames at once if the login has worked before. */
function signIn(who, isKnown) {
  ask = asking(who);
  definitions.use(ask);
  byId("login-problem").hidden = true;
  if (isKnown) showFrames();
  return refresh();
}

function showFrames() {
  byId("sign-in").hidden = true;
  byId("board").hidden = byId("sign-out").hidden = false;
  cards.frame();
  plots.frame(view.plots());
}

function signOut(problem = "") {
  login.forget();
  clearTimeout(timer);
  ask = snapshot = null;
  oldest = NaN;
  for (const part of PARTS) part.forget();
  plots.forget();
  events.list([]);
  head.forget();
  byId("board").hidden = byId("sign-out").hidden = byId("problem").hidden = true;
  byId("sign-in").hidden = false;
  byId("use-chat").hidden = !login.ofChat();
  byId("login-problem").textContent = problem;
  byId("login-problem").hidden = !problem;
  byId("user-id").focus();
}

/** Runs a step for the signed-in user; after a failure, everything is tried again soon. */
async function attempt(step) {
  const asker = ask;
  try {
    await step(asker);
    if (asker !== ask) return;
    failed = 0;
    byId("problem").hidden = true;
    schedule(MINUTE);
  } catch (error) {
    if (asker !== ask) return;
    if (error.kind === "login") return signOut(error.message);
    postpone(error);
    if (!error.kind) throw error;
  }
}

function schedule(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refreshIfVisible, milliseconds);
}

/** Says what is wrong, what is shown in spite of it, and when the next attempt is; it remains until one succeeds. */
function postpone(error) {
  const seconds = error.wait || RETRIES[Math.min(failed++, RETRIES.length - 1)];
  const shown = snapshot?._id ? ` The figures are those of ${time(Date.parse(snapshot.createdAt))}.` : "";
  const text = error instanceof Refusal ? error.message : UNEXPECTED;
  byId("problem-text").textContent = `${text}${shown} The page tries again within ${seconds} s.`;
  byId("problem").hidden = false;
  if (!snapshot && login.found()) showFrames();
  if (PLOTS.shown && PLOTS.shown !== plotsKey()) PLOTS.end("The plots do not show the chosen view yet.");
  schedule(seconds * 1000);
}

/** Fetches the newest snapshot, and then each part that does not show it. */
const refresh = () =>
  attempt(async (asker) => {
    const [found, first] = await awaited("newest snapshot", Promise.all([asker.newest(), oldest || asker.oldest()]));
    if (asker !== ask) return;
    [snapshot, oldest] = [found, first];
    showSnapshot();
    if (found._id) await showParts(asker);
  });

async function showParts(asker) {
  const before = PLOTS.shown;
  const keyOf = (part) => (part === PLOTS ? plotsKey() : snapshot._id);
  const ends = await Promise.allSettled(PARTS.map((part) => part.show(keyOf(part), asker)));
  const errors = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  if (errors.length) throw errors.find(({ kind }) => kind === "login") ?? errors[0];
  if (PLOTS.shown === before) return;
  byId("status").textContent = `Showing the snapshot of ${time(Date.parse(snapshot.createdAt))}.`;
}

function plotsKey() {
  const { range, from, to, compare } = view.view;
  return [snapshot._id, range, from, to, compare, ...view.plots().map(({ name }) => name)].join();
}

function showSnapshot() {
  const { _id, collector } = snapshot;
  inZone(collector?.scheduleTimezone ?? collector?.timezone); // that of series
  byId("zone").textContent = `Times are in ${zone}.`;
  head.show(snapshot);
  showFrames();
  byId("board").hidden = !_id;
  byId("young").hidden = !(Date.now() - oldest < DAY);
  if (_id) instances.show(snapshot);
}

async function showCards(asker, signal) {
  cards.show(snapshot);
  performance.mark("cards");
  const recent = events.find(asker, { start: "-32d", end: "now" }, signal);
  await cards.showChanges(snapshot, asker, recent, signal);
}

async function showPlots(asker, signal) {
  const wanted = { plots: view.plots(), span: span(view.view, oldest, Date.now()), compare: view.view.compare };
  plots.frame(wanted.plots);
  const [answers, happened] = await Promise.all([
    plots.load(asker, wanted, signal),
    events.find(asker, wanted.span.query, signal),
  ]);
  if (signal.aborted) return;
  const isAny = plots.show(wanted.plots, wanted.span, answers, happened, snapshot);
  events.list(happened);
  byId("range-note").textContent = isAny || !wanted.plots.length ? noteOn(wanted, answers) : nothingIn(wanted.span);
  performance.mark("plots");
}

/** What the plots cannot say themselves. */
function noteOn({ span, compare }, { Chart }) {
  if (!Chart) return "Plots are not available, as the Python package chartkick is not installed.";
  const isLater = oldest > span.first + DAY && byId("young").hidden;
  return [isLater && `History begins on ${day(oldest)}.`, compare && span.before && "Dashed lines show the period before."]
    .filter(Boolean)
    .join(" ");
}

const nothingIn = ({ first, last }) =>
  `No snapshots between ${day(first)} and ${day(last - 1)}. The oldest is of ${day(oldest)}.`;

const update = () => ask && snapshot?._id && attempt(showParts);

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const who = { userId: byId("user-id").value.trim(), token: byId("token").value.trim() };
  login.keep(who, byId("stay").checked);
  byId("token").value = "";
  await signIn(who, false);
  if (ask) byId("main").focus({ preventScroll: true });
});
byId("use-chat").addEventListener("click", () => {
  login.mayUseChat(true);
  signIn(login.ofChat(), true);
});
byId("sign-out").addEventListener("click", () => {
  login.mayUseChat(false);
  signOut();
});
byId("retry").addEventListener("click", () => ask && refresh());
document.addEventListener("themechange", () => plots.redraw());

/** Refreshes while the page is visible, and at once when it becomes visible again. */
function refreshIfVisible() {
  if (ask && document.visibilityState === "visible") refresh();
}
document.addEventListener("visibilitychange", refreshIfVisible);
setInterval(() => snapshot && head.showAge(snapshot), MINUTE / 2);

view.control(update);
const who = login.found();
if (who) signIn(who, true);
else signOut();

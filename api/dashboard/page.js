// Owns the page as a whole: the signed-in user, the visible sections, and the refresh.

import * as cards from "./cards.js";
import { byId, element } from "./elements.js";
import * as figures from "./plot_definitions.js";
import * as forecast from "./forecast.js";
import { ago, inZone, time, zone } from "./formats.js";
import * as health from "./recent_snapshots.js";
import * as login from "./login.js";
import * as plots from "./plots.js";
import { asking } from "./api_client.js";
import { span } from "./time_ranges.js";

const MINUTE = 60_000;
const OLD = 120 * MINUTE;

let ask = null; // the client of the signed-in user, or null
let snapshot = null; // the newest one
let drawn = null; // what the plots show: responses and time range
let looked = 0; // when the newest snapshot was last requested
let drawing = new AbortController();

function signIn(who) {
  ask = asking(who);
  byId("sign-in").hidden = true;
  return refresh();
}

function signOut(problem = "") {
  login.forget();
  drawing.abort();
  ask = snapshot = drawn = null;
  byId("board").hidden = byId("sign-out").hidden = true;
  for (const id of ["taken", "cards", "plots", "forecast", "health"]) byId(id).replaceChildren();
  byId("sign-in").hidden = false;
  byId("use-chat").hidden = !login.ofChat();
  report(problem);
  byId("user-id").focus();
}

/** Shows a problem; hides it if there is none. */
function report(problem) {
  byId("problem").hidden = !problem;
  byId("problem").textContent = problem;
}

/** Runs a step for the signed-in user; reports errors, and signs out if the login is invalid. */
async function attempt(step) {
  const asker = ask;
  try {
    await step(asker);
    if (asker === ask) report("");
  } catch (error) {
    if (error.name === "AbortError" || asker !== ask) return;
    if (error.kind === "login") return signOut(error.message);
    report(error.kind ? error.message : "An unexpected error occurred on this page. Reloading it may help.");
    if (!error.kind) throw error;
  }
}

/** Fetches the newest snapshot; only if it is new, everything else too. */
function refresh() {
  looked = Date.now();
  return attempt(async (asker) => {
    const found = await asker.newest();
    if (asker !== ask) return;
    const isKnown = found._id === snapshot?._id;
    snapshot = found;
    showHead();
    if (isKnown || !found._id) return;
    cards.show(found);
    performance.mark("cards");
    await Promise.all([cards.showChanges(found, asker), health.show(asker), forecast.show(asker), showPlots(asker)]);
    byId("status").textContent = `Showing the snapshot of ${time(Date.parse(found.createdAt))}.`;
  });
}

/** Shows the header and the footer. */
function showHead() {
  const { _id, createdAt, version, collector } = snapshot;
  byId("board").hidden = !_id;
  byId("sign-out").hidden = false;
  if (!_id) return byId("taken").replaceChildren("No snapshot has been taken yet.");
  inZone(collector?.scheduleTimezone ?? collector?.timezone); // that of series
  byId("zone").textContent = `Times are those of ${zone}.`;
  const taken = Date.parse(createdAt);
  const isOld = Date.now() - taken > OLD;
  const failed = health.failures(snapshot).length;
  const parts = [
    version && `Rocket.Chat ${version}`,
    element("time", { datetime: createdAt, title: time(taken) }, `taken ${ago(taken)}`),
    isOld && element("strong", { class: "warning" }, "no new snapshot for more than two hours"),
    failed && element("a", { class: "warning", href: "#health-title" }, `${failed} failed reading${failed > 1 ? "s" : ""}`),
  ];
  byId("taken").replaceChildren(...parts.filter(Boolean).flatMap((part, n) => (n ? [" · ", part] : part)));
}

/** Fetches and draws the selected range; cancels any previous request. */
async function showPlots(asker) {
  drawing.abort();
  const { signal } = (drawing = new AbortController());
  const range = await chosenSpan(asker);
  if (!range || signal.aborted) return;
  if (!byId("plots").children.length) plots.frame();
  byId("plots").ariaBusy = "true";
  const answers = await figures.ask(asker, range, signal);
  drawn = [answers, range];
  await plots.draw(answers, range, () => signal.aborted);
  if (signal.aborted) return;
  byId("plots").ariaBusy = null;
  const missing = "Plots are not available, as the Python package plotly is not installed.";
  byId("range-note").textContent = `Each value covers ${range.name}. ${(await plots.plotly()) ? "" : missing}`;
  performance.mark("plots");
}

async function chosenSpan(asker) {
  const choice = byId("range").elements.range.value;
  const [from, to] = [byId("from").value, byId("to").value];
  byId("custom").hidden = choice !== "custom";
  if (choice === "custom" && !(from && from <= to)) return null;
  const [first] = choice === "all" ? await asker.oldest() : [];
  return span(choice, { from, to, oldest: Date.parse(first?.createdAt) });
}

async function rangeChanged() {
  byId("status").textContent = "";
  await attempt(showPlots);
  byId("status").textContent = byId("range-note").textContent;
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const who = { userId: byId("user-id").value.trim(), token: byId("token").value.trim() };
  login.keep(who, byId("stay").checked);
  byId("token").value = "";
  await signIn(who);
  if (ask) byId("main").focus();
});
byId("use-chat").addEventListener("click", () => {
  login.mayUseChat(true);
  signIn(login.ofChat());
});
byId("sign-out").addEventListener("click", () => {
  login.mayUseChat(false);
  signOut();
});
byId("range").addEventListener("change", ({ target }) => target.name === "range" && rangeChanged());
byId("range").addEventListener("submit", (event) => {
  event.preventDefault();
  if (byId("from").value && byId("from").value <= byId("to").value) rangeChanged();
  else report("Select a first day, and a last day that is not earlier.");
});
document.addEventListener("themechange", () => drawn && plots.draw(...drawn, () => !drawn));

/** Refreshes once a minute while the page is visible, and at once when it becomes visible again. */
function refreshIfDue() {
  const isDue = Date.now() - looked > MINUTE - 1000;
  if (ask && isDue && document.visibilityState === "visible") refresh();
}
setInterval(refreshIfDue, MINUTE);
document.addEventListener("visibilitychange", refreshIfDue);

const who = login.found();
if (who) signIn(who);
else signOut();

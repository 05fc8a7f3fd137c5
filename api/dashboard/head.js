// Owns the head of the page: the workspace's name, and how old the figures are.

import { byId, element } from "./elements.js";
import { ago, time } from "./formats.js";
import { failures } from "./recent_snapshots.js";

const OLD = 2 * 3_600_000;
const TITLE = "Workspace statistics";

let usual = OLD / 2; // milliseconds between two snapshots

export const usualStep = (step) => (usual = step);

export function show(snapshot) {
  const { collector = {} } = snapshot;
  const name = collector.workspaceName || TITLE;
  byId("workspace").textContent = collector.site ? `${name} (${collector.site})` : name;
  document.title = `${byId("workspace").textContent} · rcstats`;
  byId("version").textContent = collector.version ? `rcstats ${collector.version}` : "rcstats";
  showAge(snapshot);
}

export function forget() {
  byId("workspace").textContent = TITLE;
  document.title = `${TITLE} · rcstats`;
  byId("taken").replaceChildren();
  usual = OLD / 2;
}

/** Shows the release, the age by the clock, and what is wrong with the snapshot. */
export function showAge(snapshot) {
  const { _id, createdAt, version } = snapshot;
  if (!_id) return byId("taken").replaceChildren("No snapshot has been taken yet.");
  const taken = Date.parse(createdAt);
  const isOld = Date.now() - taken > Math.max(OLD, 2.5 * usual);
  const failed = failures(snapshot).length;
  const parts = [
    version && `Rocket.Chat ${version}`,
    element("time", { datetime: createdAt, title: time(taken) }, `taken ${ago(taken)}`),
    isOld && element("strong", { class: "warning" }, `old figures: no new snapshot since ${time(taken)}`),
    failed && element("a", { class: "warning", href: "#health-title" }, `${failed} failed reading${failed > 1 ? "s" : ""}`),
  ];
  byId("taken").replaceChildren(...parts.filter(Boolean).flatMap((part, n) => (n ? [" · ", part] : part)));
}

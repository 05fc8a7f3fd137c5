// Owns the table of the workspace's server processes.

import { byId, element, table } from "./elements.js";
import { bytes, count, duration, NONE } from "./formats.js";
import { reasonFor } from "./snapshot_values.js";

const HEADS = ["Instance", "Connections", "Running for", "Node.js", "Process", "Processors", "Memory"];

export function show(snapshot) {
  const found = snapshot.collector?.instances;
  const none = reasonFor(snapshot, "collector.instances") ?? "No instance was running when the snapshot was taken.";
  const body = found?.length ? table("Instances", HEADS, found.map(rowOf)) : element("p", { class: "quiet sentence" }, none);
  byId("instances").replaceChildren(body);
}

function rowOf({ kind, host, port, connections, uptime, nodeVersion, pid, cpus, totalmem }) {
  const name = host ? `${host}${port ? `:${port}` : ""}` : (kind ?? NONE);
  const process = [nodeVersion ?? NONE, String(pid ?? NONE)];
  return [name, count(connections), duration(uptime), ...process, count(cpus), bytes(totalmem)];
}

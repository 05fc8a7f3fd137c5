// Owns the parts of the page: each loads by itself, keeps what it shows until there is more, and says what is wrong.

import { byId } from "./elements.js";

const PATIENCE = 3_000; // milliseconds until the page says what it waits for
const pending = new Map(); // by part or request, since when it is awaited

/** Waits for a promise; the page says so if that takes long. */
export async function awaited(title, promise) {
  const mark = {};
  pending.set(mark, title);
  const timer = setTimeout(tell, PATIENCE);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    pending.delete(mark);
    if (!pending.size) byId("waiting").hidden = true;
    else if (!byId("waiting").hidden) tell();
  }
}

function tell() {
  byId("waiting").textContent = `Waiting for the server: ${[...new Set(pending.values())].join(", ")} …`;
  byId("waiting").hidden = false;
}

export class Part {
  /** `load(asker, signal)` fetches and shows; `box` and `problem` are ids of its content and of its own messages. */
  constructor(title, box, problem, load) {
    this.title = title;
    this.box = box;
    this.problem = problem;
    this.load = load;
    this.shown = null; // the key of what is shown
    this.wanted = null; // the key of what is being loaded
    this.running = null; // its promise
    this.loading = new AbortController();
  }

  /** Loads this part if it does not show `key` yet. Errors that concern the whole page are the caller's. */
  async show(key, asker) {
    if (key === this.shown) {
      this.cancel();
      return this.end();
    }
    if (key !== this.wanted) this.running = this.start(key, asker);
    return this.running;
  }

  async start(key, asker) {
    this.cancel();
    this.wanted = key;
    const { signal } = (this.loading = new AbortController());
    byId(this.box).ariaBusy = "true";
    try {
      await awaited(this.title, this.load(asker, signal));
      if (!signal.aborted) this.finish(key);
    } catch (error) {
      if (signal.aborted) return;
      this.wanted = byId(this.box).ariaBusy = null;
      if (error.kind !== "wrong" && error.kind !== "missing") throw error;
      this.finish(key, error.message);
    }
  }

  cancel() {
    this.loading.abort();
    this.wanted = null;
  }

  finish(key, problem = "") {
    this.wanted = null;
    this.shown = key;
    this.end(problem);
  }

  end(problem = "") {
    byId(this.box).ariaBusy = null;
    byId(this.problem).textContent = problem;
    byId(this.problem).hidden = !problem;
  }

  forget() {
    this.cancel();
    this.shown = null;
    this.end();
    byId(this.box).replaceChildren();
  }
}

// Owns the requests to the server, and the messages for its errors.

const PATIENCE = 10_000; // milliseconds that a request may take
const SERIES_PATIENCE = 30_000; // a long series is computed

export class Refusal extends Error {
  /** `kind`: login (invalid), away (may work later), missing (no such route) or wrong; `wait`: seconds to wait. */
  constructor(kind, text, wait = 0) {
    super(text);
    this.kind = kind;
    this.wait = wait;
  }
}

/** A client with one login; addresses are relative, so that it works behind any prefix. */
export function asking({ userId, token }) {
  async function get(path, parameters = {}, { signal = null, patience = PATIENCE } = {}) {
    const headers = { "X-User-Id": userId, "X-Auth-Token": token };
    const given = new URLSearchParams(parameters).toString();
    const answer = await sent(`api/v1/${path}${given && "?"}${given}`, headers, signal, patience);
    if (!answer.ok) throw refusal(answer.status, answer.body);
    return answer.body;
  }

  const list = async (count, sort, fields, signal) => {
    const parts = { count, sort: JSON.stringify({ createdAt: sort }), fields: JSON.stringify(fields) };
    return (await get("statistics.list", parts, { signal })).statistics;
  };

  const series = (fields, how, signal) =>
    get("statistics.series", { fields, ...how }, { signal, patience: SERIES_PATIENCE });

  return {
    newest: () => get("statistics"),
    forecast: (signal) => get("statistics.forecast", {}, { signal, patience: SERIES_PATIENCE }),
    limits: (signal) => get("statistics.limits", {}, { signal }),
    events: (start, end, signal) => get("statistics.events", { start, end, count: 500 }, { signal }),
    dictionary: async () => (await get("statistics.dictionary")).statistics,
    last: (number, fields, signal) => list(number, -1, fields, signal),
    oldest: async () => Date.parse((await list(1, 1, { createdAt: 1 }, null))[0]?.createdAt),
    series,
  };
}

async function sent(address, headers, signal, patience) {
  const limit = AbortSignal.timeout(patience);
  try {
    const answer = await fetch(address, { headers, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    const body = await answer.json().catch((error) => (limit.aborted ? Promise.reject(error) : {}));
    return { ok: answer.ok, status: answer.status, body };
  } catch (error) {
    if (signal?.aborted) throw error;
    if (limit.aborted) throw new Refusal("away", `The server has not responded for ${patience / 1000} seconds.`);
    // A header allows only some characters: a login with others is invalid.
    if (/header|ByteString|ISO-8859-1/i.test(error.message)) throw refusal(401, {});
    throw new Refusal("away", "The server does not respond.");
  }
}

function refusal(status, { error = "", details = { reason: "" } }) {
  if (status === 401) return new Refusal("login", "The user ID or the token is wrong, or this login has expired.");
  if (["error-not-allowed", "error-forbidden"].includes(error))
    return new Refusal("login", "This user is not allowed to view statistics: the permission view-statistics is required.");
  if (status === 404) return new Refusal("missing", "This server does not have this.");
  if (status === 429) {
    const wait = Number(/\d+(?= seconds)/.exec(error) ?? 60);
    return new Refusal("away", `Too many requests. Please wait ${wait} seconds.`, wait);
  }
  if (status > 501) return new Refusal("away", `Statistics are not available at the moment${error && `: ${error}`}.`);
  return new Refusal("wrong", details.reason || error || `The server responded with status ${status}.`);
}

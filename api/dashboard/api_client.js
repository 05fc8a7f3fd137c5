// Owns the requests to the server, and the messages for its errors.

export class Refusal extends Error {
  /** `kind`: login (invalid), away (may work later) or wrong. */
  constructor(kind, text) {
    super(text);
    this.kind = kind;
  }
}

/** A client with one login; addresses are relative, so that it works behind any prefix. */
export function asking({ userId, token }) {
  async function get(path, parameters, signal) {
    const headers = { "X-User-Id": userId, "X-Auth-Token": token };
    const answer = await sent(`api/v1/${path}?${new URLSearchParams(parameters)}`, { headers, signal });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw refusal(answer.status, body);
    return body;
  }

  const list = async (count, sort, fields) => {
    const parts = { count, sort: JSON.stringify({ createdAt: sort }), fields: JSON.stringify(fields) };
    return (await get("statistics.list", parts)).statistics;
  };

  return {
    newest: () => get("statistics"),
    forecast: () => get("statistics.forecast"),
    last: (number, fields) => list(number, -1, fields),
    oldest: () => list(1, 1, { createdAt: 1 }),
    series: (fields, how, signal) => get("statistics.series", { fields, ...how }, signal),
  };
}

async function sent(address, how) {
  try {
    return await fetch(address, how);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    // A header allows only some characters: a login with others is invalid.
    if (/header|ByteString|ISO-8859-1/i.test(error.message)) throw refusal(401, {});
    throw new Refusal("away", "The server does not respond. The next attempt is in a minute.");
  }
}

function refusal(status, { error = "", details = { reason: "" } }) {
  if (status === 401) return new Refusal("login", "The user ID or the token is wrong, or this login has expired.");
  if (error === "error-not-allowed")
    return new Refusal("login", "This user is not allowed to view statistics: the permission view-statistics is required.");
  if (status === 429)
    return new Refusal("away", `Too many requests. Please wait ${/\d+(?= seconds)/.exec(error) ?? 60} seconds.`);
  if (status > 501) return new Refusal("away", `Statistics are not available at the moment. ${error}`);
  return new Refusal("wrong", details.reason || error || `The server responded with status ${status}.`);
}

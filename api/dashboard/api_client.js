// Owns what is asked of the server, and what its refusals mean in plain words.

export class Refusal extends Error {
  /** `kind`: login, where this one is no good; away, where it may work later; or wrong. */
  constructor(kind, text) {
    super(text);
    this.kind = kind;
  }
}

/** Asks as one login; addresses are relative, so that it works behind any prefix. */
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
    // A header takes only some characters: what can't be sent can't be right.
    if (/header|ByteString|ISO-8859-1/i.test(error.message)) throw refusal(401, {});
    throw new Refusal("away", "The server does not answer. It is asked again in a minute.");
  }
}

function refusal(status, { error = "" }) {
  if (status === 401) return new Refusal("login", "The user ID or the token is wrong, or this login has ended.");
  if (error === "error-not-allowed")
    return new Refusal("login", "This user may not see statistics: it needs the permission view-statistics.");
  if (status === 429)
    return new Refusal("away", `Too many requests. Please wait ${/\d+(?= seconds)/.exec(error) ?? 60} seconds.`);
  if (status > 501) return new Refusal("away", `The server can't serve statistics now. ${error}`);
  return new Refusal("wrong", error || `The server answered with status ${status}.`);
}

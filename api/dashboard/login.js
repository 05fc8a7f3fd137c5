// Owns the login and its storage. It is never part of a URL or of the document.

const KEY = "rcstats.login";
const SIGNED_OUT = "rcstats.signedOut";

/** @param {"localStorage" | "sessionStorage"} name */
function at(name) {
  try {
    return window[name]; // throws if storage is forbidden
  } catch {
    return null;
  }
}

function parsed(text) {
  try {
    const { userId, token } = JSON.parse(text);
    return userId && token ? { userId, token } : null;
  } catch {
    return null;
  }
}

/** The login of Rocket.Chat's own web client in this origin; read-only. */
export function ofChat() {
  const userId = at("localStorage")?.getItem("Meteor.userId");
  const token = at("localStorage")?.getItem("Meteor.loginToken");
  return userId && token ? { userId, token } : null;
}

/** The login of this tab or device, else Rocket.Chat's own unless the user has signed out here. */
export function found() {
  const own = parsed(at("sessionStorage")?.getItem(KEY)) ?? parsed(at("localStorage")?.getItem(KEY));
  return own ?? (at("sessionStorage")?.getItem(SIGNED_OUT) ? null : ofChat());
}

export function keep(login, stay) {
  forget();
  at(stay ? "localStorage" : "sessionStorage")?.setItem(KEY, JSON.stringify(login));
}

export function forget() {
  at("sessionStorage")?.removeItem(KEY);
  at("localStorage")?.removeItem(KEY);
}

export const mayUseChat = (may) =>
  may ? at("sessionStorage")?.removeItem(SIGNED_OUT) : at("sessionStorage")?.setItem(SIGNED_OUT, "yes");

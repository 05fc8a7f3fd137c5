// Owns the login: where it is found, where it is kept. It never enters a URL or the document.

const KEY = "rcstats.login";
const SIGNED_OUT = "rcstats.signedOut";

function at(name) {
  try {
    return window[name]; // throws where storage is forbidden
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

/** What Rocket.Chat's own web client keeps for this origin: only read, never written. */
export function ofChat() {
  const userId = at("localStorage")?.getItem("Meteor.userId");
  const token = at("localStorage")?.getItem("Meteor.loginToken");
  return userId && token ? { userId, token } : null;
}

/** The login of this tab, of this device, or Rocket.Chat's own unless somebody signed out here. */
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

/**
 * Who is logged in. The access token lives in memory and in this tab's session storage; the refresh token is a cookie
 * that scripts cannot read.
 */

import { language } from "./i18n.js";

const KEPT_IN = "malha.session";
const EARLY_MILLISECONDS = 60_000;
const BASE = new URL("api/v1/", document.baseURI.replace(/#.*$/, ""));

let token = null;
let isKnownAsLoggedOut = false;
let renewal = null;
restore();

export const session = new EventTarget();

/** A refusal by the API: `code` and `detail` of its problem document. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.code = problem.code ?? "";
  }

  static async of(response) {
    return new ApiError(response.status, await response.json().catch(() => ({ detail: response.statusText })));
  }
}

export function apiUrl(path) {
  return new URL(path, BASE);
}

function restore() {
  try {
    token = JSON.parse(sessionStorage.getItem(KEPT_IN));
  } catch {
    token = null;
  }
}

function keep(answer) {
  token = answer && { value: answer.access_token, endsAt: Date.now() + answer.expires_in * 1000 };
  isKnownAsLoggedOut = !token;
  if (token) sessionStorage.setItem(KEPT_IN, JSON.stringify(token));
  else sessionStorage.removeItem(KEPT_IN);
}

async function post(path, body) {
  const headers = { "Accept-Language": language() };
  if (!(body instanceof URLSearchParams)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const response = await fetch(apiUrl(path), { method: "POST", headers, body });
  if (!response.ok) throw await ApiError.of(response);
  return response.json();
}

export async function logIn(email, password) {
  keep(await post("login/access-token?refresh=cookie", new URLSearchParams({ username: email, password })));
  session.dispatchEvent(new Event("change"));
}

export async function logInOnce(secret) {
  keep(await post("login/one-time?refresh=cookie", { token: secret }));
  session.dispatchEvent(new Event("change"));
}

/** End the session here and on the server. */
export async function logOut() {
  const current = await accessToken();
  keep(null);
  session.dispatchEvent(new Event("change"));
  if (current === null) return;
  const headers = { Authorization: `Bearer ${current}`, "Content-Type": "application/json" };
  await fetch(apiUrl("logout"), { method: "POST", headers, body: "{}" });
}

/** A token that is good for a while, or null when nobody is logged in. `isRefused` asks for another than the last. */
export async function accessToken({ isRefused = false } = {}) {
  if (token && !isRefused && token.endsAt - EARLY_MILLISECONDS > Date.now()) return token.value;
  if (isKnownAsLoggedOut) return null;
  renewal ??= oneTabAtATime(renew).finally(() => {
    renewal = null;
  });
  await renewal;
  return token?.value ?? null;
}

/** A refresh token works once and a second use ends the session, so tabs must not use it at the same time. */
function oneTabAtATime(task) {
  return navigator.locks ? navigator.locks.request("malha-refresh", task) : task();
}

async function renew() {
  const wasLoggedIn = token !== null;
  try {
    keep(await post("login/refresh", {}));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    keep(null);
    if (wasLoggedIn) session.dispatchEvent(new Event("change"));
  }
}

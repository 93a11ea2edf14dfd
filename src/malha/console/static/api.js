/** Requests to the API with the session's token; a refused token is renewed once. */

import { language } from "./i18n.js";
import { ApiError, accessToken, apiUrl } from "./session.js";

/** The answer to a request, not yet read; throws ApiError for a refusal. */
export async function request(path, { method = "GET", headers = {}, signal } = {}) {
  for (const isRefused of [false, true]) {
    const token = await accessToken({ isRefused });
    if (token === null) throw new ApiError(401, { code: "not-authenticated" });
    const response = await fetch(apiUrl(path), {
      method,
      signal,
      headers: { Authorization: `Bearer ${token}`, "Accept-Language": language(), ...headers },
    });
    if (response.ok) return response;
    if (response.status !== 401 || isRefused) throw await ApiError.of(response);
  }
}

export async function getJson(path, parameters = {}, options = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== null && one !== undefined && one !== "") query.append(name, one);
  }
  const response = await request(query.size ? `${path}?${query}` : path, options);
  return response.json();
}

export async function postJson(path) {
  const response = await request(path, { method: "POST" });
  return response.json();
}

/** Have the browser save an answer as a file. */
export async function download(path, name) {
  const response = await request(path);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Upload files; `onProgress` gets the sent share from 0 to 1. The same key makes a repetition harmless. */
export async function uploadAudit(files, ownCompanies, key, onProgress) {
  const form = new FormData();
  for (const company of ownCompanies) form.append("own_cnpj", company);
  for (const file of files) form.append("files", file, file.name);
  const token = await accessToken();
  return new Promise((resolve, reject) => {
    // fetch() tells nothing of how far an upload is.
    const sending = new XMLHttpRequest();
    sending.open("POST", apiUrl("audits"));
    sending.setRequestHeader("Authorization", `Bearer ${token}`);
    sending.setRequestHeader("Accept-Language", language());
    sending.setRequestHeader("Idempotency-Key", key);
    sending.responseType = "json";
    sending.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    sending.addEventListener("load", () => {
      if (sending.status < 300) resolve(sending.response);
      else reject(new ApiError(sending.status, sending.response ?? {}));
    });
    sending.addEventListener("error", () => reject(new TypeError("network")));
    sending.send(form);
  });
}

/** A key that no other upload has; works without the secure context that `randomUUID` asks for. */
export function newKey() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

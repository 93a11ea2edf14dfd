/** Places in the console: `#/`, `#/audits/<id>`, each with its filters as a query, so that links and reloads keep them. */

export function place() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  return { path: path || "/", query: new URLSearchParams(query) };
}

export function link(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one) query.append(name, one);
  }
  return `#${path}${query.size ? `?${query}` : ""}`;
}

export function go(path, parameters) {
  location.hash = link(path, parameters);
}

/** Change the filters of the current place without a new entry in the history and without rendering it anew. */
export function keepFilters(parameters) {
  history.replaceState(null, "", link(place().path, parameters));
}

/** The secret of a one-time link, taken out of the address at once so that it stays in no history. */
export function takeOneTimeToken() {
  const match = /^#login=([^&]+)/.exec(location.hash);
  if (!match) return null;
  history.replaceState(null, "", location.pathname);
  return decodeURIComponent(match[1]);
}

/** Small pieces that several places show. */

import { h } from "./dom.js";
import { count } from "./format.js";
import { t } from "./i18n.js";
import { ApiError } from "./session.js";

export const DOCUMENT_STATUSES = ["ERRO", "ALERTA", "OK", "unsupported"];
export const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const ACTIVE = new Set(["PENDING", "RUNNING"]);

export function isActive(audit) {
  return ACTIVE.has(audit.status);
}

/** An audit's state in a word; the engine's own word where it says more. */
export function statusChip(audit) {
  const detail = ["paused", "partial"].includes(audit.state) ? audit.state : audit.status;
  return h("span", { class: "chip", data: { status: detail } }, t(`status.${detail}`));
}

/** How many documents are in which state, as numbers with colours. */
export function documentCounts(byStatus) {
  const shown = DOCUMENT_STATUSES.filter((status) => byStatus[status] > 0);
  return h(
    "ul",
    { class: "counts" },
    shown.map((status) =>
      h("li", { data: { document: status } }, h("b", {}, count(byStatus[status])), ` ${t(`documentCount.${status}`)}`),
    ),
  );
}

/** Set a bar to a share; at nought it only moves, because a still empty bar looks as if nothing happened. */
export function setBar(bar, share, label) {
  if (share > 0) bar.value = Math.min(share, 1);
  else bar.removeAttribute("value");
  bar.setAttribute("aria-label", label);
}

/** A row of choices of which any number may be on; `onChange` gets the chosen values. */
export function toggles(label, choices, chosen, onChange) {
  const on = new Set(chosen);
  const buttons = choices.map(({ value, text, data }) => {
    const button = h("button", { class: "toggle", type: "button", data: { value, ...data }, "aria-pressed": on.has(value) }, text);
    button.addEventListener("click", () => {
      if (on.has(value)) on.delete(value);
      else on.add(value);
      button.setAttribute("aria-pressed", on.has(value));
      onChange([...on]);
    });
    return button;
  });
  return h("div", { class: "toggles", role: "group", "aria-label": label }, buttons);
}

/** A failure in the place of what could not be shown, with a way to try again. */
export function problem(error, retry) {
  const text = error instanceof ApiError ? error.message : t("app.network");
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("p", {}, text),
    retry && h("button", { type: "button", onclick: retry }, t("app.tryAgain")),
  );
}

/** A filter that is on, and how to take it away. */
export function activeFilter(name, remove) {
  return h(
    "button",
    { class: "filter", type: "button", "aria-label": t("findings.removeFilter", { name }), onclick: remove },
    name,
    h("span", { "aria-hidden": "true" }, "×"),
  );
}

/** The result of an audit in a few figures. */

import { h } from "./dom.js";
import { count, money } from "./format.js";
import { t } from "./i18n.js";
import { DOCUMENT_STATUSES, SEVERITIES, documentCounts } from "./parts.js";

const METRICS = ["notesTotal", "productsTotal", "icmsTotal", "pisTotal", "cofinsTotal"];

/** Documents by state, findings by severity, sums; null as long as there is no result. */
export function overview(audit) {
  const failure = audit.error_payload && failureNote(audit);
  const summary = audit.result_payload?.summary;
  if (!summary) return failure;
  return [failure, h("section", { class: "overview" }, documentsCard(summary), findingsCard(summary), sumsCard(audit.result_payload.report?.aggregatedMetrics))];
}

function failureNote(audit) {
  const { failed_parts: failed, message } = audit.error_payload;
  const what = failed ? `${t("audit.failedParts", { count: failed })}. ` : "";
  return h("div", { class: "problem" }, what, message && t("audit.failure", { detail: message }));
}

function documentsCard(summary) {
  const total = Math.max(summary.document_count, 1);
  const shares = DOCUMENT_STATUSES.map((status) => {
    const number = summary.documents_by_status[status] ?? 0;
    const share = h("span", { data: { document: status }, title: `${t(`documentStatus.${status}`)}: ${number}` });
    share.style.flexGrow = String(number / total);
    share.hidden = number === 0;
    return share;
  });
  return h(
    "div",
    { class: "card" },
    h("h2", {}, t("audit.documents", { count: summary.document_count })),
    h("div", { class: "shares", "aria-hidden": "true" }, shares),
    documentCounts(summary.documents_by_status),
  );
}

function findingsCard(summary) {
  const most = Math.max(...Object.values(summary.findings_by_severity), 1);
  const rows = SEVERITIES.map((severity) => {
    const number = summary.findings_by_severity[severity] ?? 0;
    const bar = h("span", { class: "meter-bar", data: { severity } });
    bar.style.inlineSize = `${(100 * number) / most}%`;
    return h("li", {}, h("span", {}, t(`severity.${severity}`)), h("span", { class: "meter", "aria-hidden": "true" }, bar), h("b", {}, count(number)));
  });
  return h(
    "div",
    { class: "card" },
    h("h2", {}, t("audit.findings", { count: summary.finding_count })),
    h("ul", { class: "meters" }, rows),
  );
}

function sumsCard(metrics) {
  if (!metrics) return null;
  const rows = METRICS.map((name) => [h("dt", {}, t(`audit.metric.${name}`)), h("dd", {}, money(metrics[name]))]);
  return h(
    "div",
    { class: "card" },
    h("dl", { class: "sums" }, rows),
    h("p", { class: "hint" }, t("audit.metricsNote", { count: metrics.numberOfNotes })),
  );
}

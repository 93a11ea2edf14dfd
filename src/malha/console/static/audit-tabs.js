/** The smaller tabs of an audit: what differs between documents, and the files as they were received. */

import { h } from "./dom.js";
import { bytes } from "./format.js";
import { t } from "./i18n.js";
import { isActive } from "./parts.js";

export function comparisonTab(context) {
  const element = h("div", {});
  const show = (audit) => {
    const found = audit.result_payload?.report?.deterministicCrossValidation ?? [];
    const nothing = isActive(audit) ? t("comparison.later") : t("comparison.none");
    element.replaceChildren(found.length === 0 ? h("p", { class: "empty" }, nothing) : h("ul", { class: "discrepancies" }, found.map(discrepancy)));
  };
  show(context.audit);
  return { element, update: show };
}

function discrepancy(one) {
  const side = (value, document) => h("span", {}, h("code", {}, value), " ", h("span", { class: "muted" }, document));
  return h(
    "li",
    { class: "finding", data: { severity: one.severity === "ERRO" ? "high" : "medium" } },
    h("p", { class: "finding-message" }, one.comparisonKey),
    h("p", {}, one.description),
    h("ul", { class: "pairs" }, one.discrepancies.map((pair) => h("li", {}, side(pair.valueA, pair.docA), h("span", {}, "×"), side(pair.valueB, pair.docB)))),
  );
}

export function filesTab(context) {
  const heads = [t("files.name"), t("files.type"), t("files.size"), "SHA-256"];
  const cell = (label, content, classes) => h("td", { class: classes, data: { label } }, h("div", {}, content));
  const rows = context.audit.input_payload.map((file) =>
    h(
      "tr",
      {},
      cell(heads[0], h("span", { class: "clip" }, file.original_name)),
      cell(heads[1], file.content_type),
      cell(heads[2], bytes(file.size), "number"),
      cell(heads[3], h("code", {}, file.sha256)),
    ),
  );
  const element = h(
    "table",
    {},
    h("thead", {}, h("tr", {}, heads.map((text, index) => h("th", { scope: "col", class: index === 2 ? "number" : null }, text)))),
    h("tbody", {}, rows),
  );
  return { element };
}

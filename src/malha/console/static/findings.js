/** Findings: what is wrong, by how much, where, and by which norm; with filters that the address keeps. */

import { getJson } from "./api.js";
import { announce, fill, h, icon, throttle } from "./dom.js";
import { accessKey } from "./format.js";
import { pick, t } from "./i18n.js";
import { SEVERITIES, activeFilter, isActive, problem, toggles } from "./parts.js";

const PAGE = 50;
const REREAD_MILLISECONDS = 2_000;

/** The tab; `update` and `hear` keep it fresh while the audit runs. */
export function findingsTab(context) {
  return new Findings(context);
}

class Findings {
  #context;
  #audit;
  #names = new Map();
  #namesCursor = null;
  #items = [];
  #cursor = null;
  #text = "";
  #reading = 0;
  #bar = h("div", { class: "filters" });
  #active = h("div", { class: "row" });
  #list = h("div", { class: "findings" });
  #foot = h("div", { class: "foot" });
  #reread = throttle(REREAD_MILLISECONDS, () => this.#readFirst());
  element = h("div", {}, this.#bar, this.#active, this.#list, this.#foot);

  constructor(context) {
    this.#context = context;
    this.#audit = context.audit;
    this.#showFilters();
    fill(this.#list, h("p", { class: "empty" }, t("app.loading")));
    this.#reread();
  }

  dispose() {
    this.#reread.stop();
    this.#reading += 1;
  }

  update(audit) {
    const hasEnded = isActive(this.#audit) && !isActive(audit);
    const hasMoved = this.#audit.progress.done !== audit.progress.done;
    this.#audit = audit;
    // Somebody who has gone on to further pages is not thrown back to the first.
    if (hasEnded || (hasMoved && this.#items.length <= PAGE)) this.#reread();
    if (hasEnded) this.#showFilters();
  }

  #showFilters() {
    const { filters, keep } = this.#context;
    const counts = this.#audit.result_payload?.summary?.findings_by_severity ?? {};
    const choices = SEVERITIES.map((severity) => ({
      value: severity,
      data: { severity },
      text: [t(`severity.${severity}`), counts[severity] ? h("span", { class: "muted" }, ` ${counts[severity]}`) : null],
    }));
    const choose = (severities) => {
      filters.severity = severities;
      keep();
      this.#readFirst();
    };
    const search = h("input", { type: "search", value: this.#text, placeholder: t("findings.search"), "aria-label": t("findings.search") });
    search.addEventListener("input", () => {
      this.#text = search.value.trim().toLowerCase();
      this.#draw();
    });
    fill(this.#bar, toggles(t("findings.severity"), choices, filters.severity, choose), h("div", { class: "search" }, icon("search"), search));
    this.#showActive();
  }

  #showActive() {
    const { filters } = this.#context;
    const active = [];
    if (filters.rule) active.push(activeFilter(t("findings.rule", { rule: filters.rule }), () => this.#filter({ rule: null })));
    if (filters.document) {
      const name = this.#names.get(filters.document)?.name ?? filters.document;
      active.push(activeFilter(t("findings.document", { name }), () => this.#filter({ document: null })));
    }
    fill(this.#active, active);
  }

  #filter(change) {
    Object.assign(this.#context.filters, change);
    this.#context.keep();
    this.#showActive();
    this.#readFirst();
  }

  async #readFirst() {
    const reading = ++this.#reading;
    try {
      const page = await this.#page(null);
      await this.#readNames(page.items);
      if (reading !== this.#reading) return;
      this.#items = page.items;
      this.#cursor = page.next_cursor;
      this.#showActive();
      this.#draw();
    } catch (error) {
      if (reading === this.#reading && error.status !== 401) fill(this.#list, problem(error, () => this.#readFirst()));
    }
  }

  async #readMore() {
    try {
      const page = await this.#page(this.#cursor);
      await this.#readNames(page.items);
      this.#items.push(...page.items);
      this.#cursor = page.next_cursor;
      this.#draw();
    } catch (error) {
      fill(this.#foot, problem(error, () => this.#readMore()));
    }
  }

  #page(cursor) {
    const { severity, rule, document } = this.#context.filters;
    return getJson(`audits/${this.#audit.id}/findings`, { severity, rule, document, limit: PAGE, cursor });
  }

  /** Findings know the place of their document only. Reads on in the list of documents until all are known. */
  async #readNames(items) {
    const isUnknown = (item) => !this.#names.has(item.document_id);
    if (!items.some(isUnknown)) return;
    do {
      const page = await getJson(`audits/${this.#audit.id}/documents`, { limit: 100, cursor: this.#namesCursor });
      for (const one of page.items) this.#names.set(one.id, one);
      this.#namesCursor = page.next_cursor;
    } while (this.#namesCursor && items.some(isUnknown));
  }

  #draw() {
    const shown = this.#items.filter((item) => matches(item, this.#text));
    if (shown.length === 0) fill(this.#list, h("p", { class: "empty" }, this.#nothing()));
    else fill(this.#list, groupByDocument(shown).map(([id, items]) => this.#group(id, items)));
    fill(this.#foot, this.#cursor && h("button", { type: "button", onclick: () => this.#readMore() }, t("list.more")));
  }

  #nothing() {
    const { severity, rule, document } = this.#context.filters;
    if (this.#text || severity.length > 0 || rule || document) return t("findings.noneFiltered");
    return isActive(this.#audit) ? t("findings.noneYet") : t("findings.none");
  }

  #group(id, items) {
    const document = this.#names.get(id);
    return h(
      "section",
      { class: "finding-group" },
      this.#documentHead(document ?? { name: items[0].key ?? id, kind: "" }),
      h("ul", {}, items.map((item) => this.#finding(item))),
    );
  }

  #documentHead(document) {
    const name = document.number ? `${document.kind} ${document.number}/${document.series ?? "–"}` : document.kind;
    return h(
      "h3",
      { class: "document-head" },
      document.status && h("span", { class: "dot", data: { document: document.status }, title: t(`documentStatus.${document.status}`) }),
      h("span", { class: "clip" }, document.name),
      h("span", { class: "muted clip" }, [name, document.issuer_name].filter(Boolean).join(" · ")),
    );
  }

  #finding(item) {
    const code = item.legacy_code ?? item.rule_id;
    const showRule = () => this.#filter({ rule: item.rule_id });
    return h(
      "li",
      { class: "finding", data: { severity: item.severity, rule: item.rule_id } },
      h(
        "div",
        { class: "finding-head" },
        h("span", { class: "severity", data: { severity: item.severity } }, t(`severity.${item.severity}`)),
        h("button", { class: "code", type: "button", "aria-label": t("findings.filterRule", { rule: code }), onclick: showRule }, code),
        item.n_item !== null && h("span", { class: "muted" }, t("findings.item", { number: item.n_item })),
      ),
      h("p", { class: "finding-message" }, pick(item.message_pt, item.message_en)),
      comparison(item),
      details(item),
    );
  }
}

function matches(item, text) {
  if (!text) return true;
  const fields = [item.rule_id, item.legacy_code, item.message_pt, item.message_en, item.found, item.expected, item.xpath, item.reference];
  return fields.some((field) => field?.toLowerCase().includes(text));
}

function groupByDocument(items) {
  const groups = new Map();
  for (const item of items) groups.set(item.document_id, [...(groups.get(item.document_id) ?? []), item]);
  return [...groups];
}

function comparison(item) {
  if (item.found === null && item.expected === null) return null;
  const pair = (name, value) => value !== null && h("div", {}, h("dt", {}, t(`findings.${name}`)), h("dd", { class: name }, value));
  return h("dl", { class: "comparison" }, pair("found", item.found), pair("expected", item.expected));
}

function details(item) {
  const rows = [
    ["formula", item.formula && h("code", {}, item.formula)],
    ["reference", item.reference],
    ["where", item.xpath && [h("code", {}, item.xpath), copyButton(item.xpath)]],
    ["related", item.related.length > 0 && item.related.map((one) => h("code", {}, /^\d{44}$/.test(one) ? accessKey(one) : one))],
  ].filter(([, value]) => value);
  if (rows.length === 0) return null;
  return h(
    "details",
    {},
    h("summary", {}, t("findings.details")),
    h("dl", {}, rows.map(([name, value]) => [h("dt", {}, t(`findings.${name}`)), h("dd", { data: { field: name } }, value)])),
  );
}

function copyButton(text) {
  if (!navigator.clipboard) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    announce(t("findings.copied"));
  };
  return h("button", { class: "quiet square", type: "button", "aria-label": t("findings.copy"), title: t("findings.copy"), onclick: copy }, icon("copy"));
}

/** The documents of an audit, each a way to its findings. */

import { getJson } from "./api.js";
import { fill, h, icon, throttle } from "./dom.js";
import { count, day, money, taxId } from "./format.js";
import { pick, t } from "./i18n.js";
import { DOCUMENT_STATUSES, isActive, problem, toggles } from "./parts.js";

const PAGE = 50;
const REREAD_MILLISECONDS = 2_000;
const TYPING_MILLISECONDS = 300;

/** The tab; `update` keeps it fresh while the audit runs. */
export function documentsTab(context) {
  return new Documents(context);
}

class Documents {
  #context;
  #audit;
  #statuses = [];
  #search = "";
  #items = [];
  #cursor = null;
  #reading = 0;
  #typing = null;
  #bar = h("div", { class: "filters" });
  #list = h("div", {});
  #foot = h("div", { class: "foot" });
  #reread = throttle(REREAD_MILLISECONDS, () => this.#readFirst());
  element = h("div", {}, this.#bar, this.#list, this.#foot);

  constructor(context) {
    this.#context = context;
    this.#audit = context.audit;
    this.#showFilters();
    this.#reread();
  }

  dispose() {
    this.#reread.stop();
    clearTimeout(this.#typing);
    this.#reading += 1;
  }

  update(audit) {
    const hasMoved = this.#audit.progress.done !== audit.progress.done || this.#audit.status !== audit.status;
    this.#audit = audit;
    if (hasMoved && this.#items.length <= PAGE) this.#reread();
  }

  #showFilters() {
    const choices = DOCUMENT_STATUSES.map((status) => ({ value: status, data: { document: status }, text: t(`documentStatus.${status}`) }));
    const choose = (statuses) => {
      this.#statuses = statuses;
      this.#readFirst();
    };
    const search = h("input", { type: "search", placeholder: t("documents.search"), "aria-label": t("documents.search") });
    search.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => {
        this.#search = search.value.trim();
        this.#readFirst();
      }, TYPING_MILLISECONDS);
    });
    fill(this.#bar, toggles(t("documents.status"), choices, [], choose), h("div", { class: "search" }, icon("search"), search));
  }

  async #readFirst() {
    const reading = ++this.#reading;
    try {
      const page = await this.#page(null);
      if (reading !== this.#reading) return;
      this.#items = page.items;
      this.#cursor = page.next_cursor;
      this.#draw();
    } catch (error) {
      if (reading === this.#reading && error.status !== 401) fill(this.#list, problem(error, () => this.#readFirst()));
    }
  }

  async #readMore() {
    try {
      const page = await this.#page(this.#cursor);
      this.#items.push(...page.items);
      this.#cursor = page.next_cursor;
      this.#draw();
    } catch (error) {
      fill(this.#foot, problem(error, () => this.#readMore()));
    }
  }

  #page(cursor) {
    return getJson(`audits/${this.#audit.id}/documents`, { status: this.#statuses, q: this.#search, limit: PAGE, cursor });
  }

  #draw() {
    const nothing = isActive(this.#audit) ? t("documents.noneYet") : t("documents.none");
    fill(this.#list, this.#items.length === 0 ? h("p", { class: "empty" }, nothing) : this.#table());
    fill(this.#foot, this.#cursor && h("button", { type: "button", onclick: () => this.#readMore() }, t("list.more")));
  }

  #table() {
    const heads = ["status", "name", "issuer", "recipient", "issued", "total", "findings"];
    return h(
      "table",
      { class: "documents" },
      h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col", class: ["total", "findings"].includes(name) ? "number" : null }, t(`documents.${name}`))))),
      h("tbody", {}, this.#items.map((one) => this.#row(one))),
    );
  }

  #row(document) {
    const cell = (name, content, classes) => h("td", { class: classes, data: { label: t(`documents.${name}`) } }, h("div", {}, content));
    const number = document.number ? `${document.kind} ${document.number}/${document.series ?? "–"}` : document.kind;
    const party = (name, id, uf) => [h("span", { class: "clip" }, name ?? "–"), h("span", { class: "muted" }, [id && taxId(id), uf].filter(Boolean).join(" · "))];
    const show = () => this.#context.showFindings({ document: document.id });
    const message = pick(document.message_pt, document.message_en);
    const findings = document.finding_count > 0 ? h("button", { class: "code", type: "button", onclick: show }, count(document.finding_count)) : "0";
    return h(
      "tr",
      { data: { document: document.status } },
      cell("status", h("span", { class: "chip", data: { document: document.status } }, t(`documentStatus.${document.status}`))),
      cell("name", [h("span", { class: "clip", title: document.name }, document.name), h("span", { class: "muted clip", title: message }, message || number)]),
      cell("issuer", party(document.issuer_name, document.issuer_id, document.issuer_uf)),
      cell("recipient", party(document.recipient_name, document.recipient_id, document.recipient_uf)),
      cell("issued", day(document.issued_at)),
      cell("total", money(document.total), "number"),
      cell("findings", findings, "number"),
    );
  }
}

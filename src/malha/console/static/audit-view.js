/** One audit: how far it is, what it found, and what can be done with it. */

import { download, getJson, postJson } from "./api.js";
import { KEPT, logTab } from "./audit-log.js";
import { overview } from "./audit-overview.js";
import { steps } from "./audit-steps.js";
import { comparisonTab, filesTab } from "./audit-tabs.js";
import { documentsTab } from "./documents.js";
import { announce, fill, h, icon, throttle } from "./dom.js";
import { findingsTab } from "./findings.js";
import { duration, instant } from "./format.js";
import { t } from "./i18n.js";
import { isActive, problem, statusChip } from "./parts.js";
import { keepFilters } from "./router.js";

const REREAD_MILLISECONDS = 1_000;
const REPORTS = ["html", "csv", "json"];
const TABS = { findings: findingsTab, documents: documentsTab, comparison: comparisonTab, files: filesTab, log: logTab };

/** Show the audit in `main`; returns how to leave it. */
export function auditView(main, id, query, live) {
  const page = new AuditPage(id, query);
  main.append(page.element);
  page.reread();
  const stop = live.follow(id, 0, (event) => page.hear(event));
  return () => {
    stop();
    page.dispose();
  };
}

class AuditPage {
  #id;
  #filters;
  #audit = null;
  #events = [];
  #head = h("div", { class: "audit-top" });
  #steps = steps();
  #overview = h("div", {});
  #tabs = h("div", { class: "tabs", role: "tablist" });
  #panel = h("div", { class: "panel", role: "tabpanel", tabindex: "0" });
  #tab = null;
  #message = h("div", {});

  constructor(id, query) {
    this.#id = id;
    this.#filters = {
      tab: query.get("tab") in TABS ? query.get("tab") : "findings",
      severity: query.getAll("severity"),
      rule: query.get("rule"),
      document: query.get("document"),
    };
    this.reread = throttle(REREAD_MILLISECONDS, () => this.#read());
    const back = h("a", { class: "back", href: "#/" }, icon("chevron"), t("audit.back"));
    this.element = h("div", { class: "audit-page" }, back, this.#head, this.#message, this.#steps.element, this.#overview, this.#tabs, this.#panel);
  }

  dispose() {
    this.reread.stop();
    this.#tab?.dispose?.();
  }

  /** Take in one event of the log: progress is shown as it is, the rest is read again. */
  hear(event) {
    this.#events.push(event);
    if (this.#events.length > KEPT) this.#events.shift();
    this.#tab?.hear?.(event);
    if (event.type !== "job.progress") this.reread();
    else if (this.#audit && isActive(this.#audit)) {
      this.#steps.progress(event.data);
      if (event.data.done !== undefined) this.reread();
    }
  }

  async #read() {
    try {
      const audit = await getJson(`audits/${this.#id}`);
      const wasActive = this.#audit && isActive(this.#audit);
      this.#audit = audit;
      this.#show();
      if (wasActive && !isActive(audit)) announce(t(`status.${audit.status}`));
    } catch (error) {
      if (error.status !== 401) fill(this.#message, problem(error, () => this.#read()));
    }
  }

  #show() {
    fill(this.#message);
    fill(this.#head, this.#heading(), this.#actions());
    this.#steps.show(this.#audit);
    fill(this.#overview, overview(this.#audit));
    if (this.#tab) this.#tab.update?.(this.#audit);
    else this.#open(this.#filters.tab);
  }

  #heading() {
    const audit = this.#audit;
    const names = audit.input_payload.map((file) => file.original_name);
    const rest = names.length > 1 ? ` +${names.length - 1}` : "";
    const facts = [audit.input_summary, t("audit.received", { instant: instant(audit.created_at) })];
    if (audit.finished_at && audit.started_at) facts.push(t("audit.took", { duration: duration(audit.started_at, audit.finished_at) }));
    return h(
      "div",
      { class: "audit-head" },
      h("div", { class: "title-row" }, h("h1", {}, names[0], h("span", { class: "muted" }, rest)), statusChip(audit)),
      h("p", { class: "muted" }, facts.join(" · ")),
    );
  }

  #actions() {
    const audit = this.#audit;
    const buttons = [];
    if (isActive(audit)) buttons.push(this.#action("cancel", "cross", t("audit.cancel"), t("audit.confirmCancel")));
    if (["FAILED", "CANCELLED"].includes(audit.status)) buttons.push(this.#action("retry", "retry", t("audit.retry")));
    if (audit.state === "partial") buttons.push(this.#action("retry-failed", "retry", t("audit.retryFailed")));
    if (audit.result_payload) {
      const reports = REPORTS.map((form) =>
        h("button", { type: "button", data: { report: form }, "aria-label": `${t("audit.report")}: ${form.toUpperCase()}`, onclick: () => this.#save(form) }, form.toUpperCase()),
      );
      buttons.push(h("div", { class: "joined", role: "group", "aria-label": t("audit.report") }, h("span", { class: "joined-label" }, icon("download"), t("audit.report")), reports));
    }
    return h("div", { class: "row actions" }, buttons);
  }

  #action(name, symbol, label, question) {
    const act = async () => {
      if (question && !confirm(question)) return;
      try {
        this.#audit = await postJson(`audits/${this.#id}/${name}`);
        this.#show();
        this.reread();
      } catch (error) {
        fill(this.#message, problem(error));
      }
    };
    return h("button", { type: "button", data: { action: name }, onclick: act }, icon(symbol), label);
  }

  async #save(form) {
    try {
      await download(`audits/${this.#id}/report?format=${form}`, `auditoria-${this.#id}.${form}`);
    } catch (error) {
      fill(this.#message, problem(error));
    }
  }

  #open(name) {
    this.#filters.tab = name;
    this.#keep();
    this.#tab?.dispose?.();
    const tabs = Object.keys(TABS);
    fill(this.#tabs, tabs.map((one) => this.#tabButton(one, tabs)));
    this.#panel.setAttribute("aria-labelledby", `tab-${name}`);
    this.#tab = TABS[name]({
      audit: this.#audit,
      events: this.#events,
      filters: this.#filters,
      keep: () => this.#keep(),
      showFindings: (filters) => {
        Object.assign(this.#filters, { severity: [], rule: null, document: null }, filters);
        this.#open("findings");
      },
    });
    fill(this.#panel, this.#tab.element);
  }

  #tabButton(name, tabs) {
    const isChosen = name === this.#filters.tab;
    const move = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      this.#open(tabs[(tabs.indexOf(name) + step + tabs.length) % tabs.length]);
      this.#tabs.querySelector("[aria-selected=true]").focus();
    };
    return h(
      "button",
      { type: "button", role: "tab", id: `tab-${name}`, "aria-selected": isChosen, tabindex: isChosen ? 0 : -1, onclick: () => this.#open(name), onkeydown: move },
      t(`tab.${name}`),
    );
  }

  #keep() {
    const { tab, severity, rule, document } = this.#filters;
    keepFilters({ tab: tab === "findings" ? null : tab, severity, rule, document });
  }
}

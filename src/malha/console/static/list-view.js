/** The list of audits, with the way to a new one above it. */

import { getJson } from "./api.js";
import { fill, h, icon, throttle } from "./dom.js";
import { instant } from "./format.js";
import { t } from "./i18n.js";
import { documentCounts, isActive, problem, setBar, statusChip } from "./parts.js";
import { keepFilters, link } from "./router.js";
import { uploadPanel } from "./upload.js";

const PAGE = 20;
const REREAD_MILLISECONDS = 1_000;
const FILTERS = { all: [], active: ["PENDING", "RUNNING"], COMPLETED: ["COMPLETED"], FAILED: ["FAILED"], CANCELLED: ["CANCELLED"] };

/** Show the list in `main`; returns how to leave it. */
export function listView(main, query, live) {
  const upload = uploadPanel();
  const list = new AuditList(query.get("show") ?? "all");
  main.append(upload.element, list.element);
  list.reread();
  const stop = live.overview((events) => list.hear(events), () => list.reread());
  return () => {
    stop();
    list.reread.stop();
    upload.dispose();
  };
}

class AuditList {
  #rows = new Map();
  #items = h("ul", { class: "audits" });
  #state = h("div", {});
  #foot = h("div", { class: "foot" });
  #filter;
  #limit = PAGE;

  constructor(filter) {
    this.#filter = filter in FILTERS ? filter : "all";
    this.reread = throttle(REREAD_MILLISECONDS, () => this.#read());
    this.element = h(
      "section",
      { "aria-labelledby": "audits-title" },
      h("div", { class: "section-head" }, h("h1", { id: "audits-title" }, t("list.title")), this.#filterButtons()),
      this.#state,
      this.#items,
      this.#foot,
    );
  }

  /** Progress is shown at once; anything else is a reason to read the list again. */
  hear(events) {
    for (const event of events) {
      const row = this.#rows.get(event.job_id);
      if (row && event.type === "job.progress") row.progress(event);
      else this.reread();
    }
  }

  #filterButtons() {
    const buttons = Object.keys(FILTERS).map((name) =>
      h("button", { class: "toggle", type: "button", data: { value: name }, onclick: () => this.#choose(name) }, t(`list.${name}`)),
    );
    const group = h("div", { class: "toggles", role: "group", "aria-label": t("list.filter") }, buttons);
    this.#markFilter = () => buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.value === this.#filter));
    this.#markFilter();
    return group;
  }

  #markFilter;

  #choose(name) {
    this.#filter = name;
    this.#limit = PAGE;
    keepFilters({ show: name === "all" ? null : name });
    this.#markFilter();
    this.#read();
  }

  async #read() {
    try {
      const page = await getJson("audits", { status: FILTERS[this.#filter], limit: Math.min(this.#limit, 100) });
      this.#show(page);
    } catch (error) {
      if (error.status !== 401) fill(this.#state, problem(error, () => this.#read()));
    }
  }

  #show(page) {
    const rows = new Map();
    for (const audit of page.items) {
      const row = this.#rows.get(audit.id) ?? new AuditRow();
      row.show(audit);
      rows.set(audit.id, row);
    }
    this.#rows = rows;
    const elements = [...rows.values()].map((row) => row.element);
    // Moving an element would take the keyboard's focus away from it.
    if (elements.some((element, index) => this.#items.children[index] !== element) || elements.length !== this.#items.children.length) {
      this.#items.replaceChildren(...elements);
    }
    const isEmpty = page.items.length === 0;
    const nothing = this.#filter === "all" ? t("list.empty") : t("list.emptyFiltered");
    fill(this.#state, isEmpty && h("p", { class: "empty" }, nothing));
    fill(this.#foot, !isEmpty && t("list.shown", { shown: page.items.length, total: page.total }), this.#moreButton(page));
  }

  #moreButton(page) {
    if (page.items.length >= page.total || this.#limit >= 100) return null;
    const more = () => {
      this.#limit += PAGE;
      this.#read();
    };
    return h("button", { type: "button", onclick: more }, t("list.more"));
  }
}

class AuditRow {
  #chip = h("span", { class: "audit-chip" });
  #summary = h("span", { class: "audit-summary clip" });
  #created = h("span", { class: "muted" });
  #result = h("span", { class: "audit-result" });
  #bar = h("progress", { max: "1" });
  #seq = 0;
  #total = 1;
  #isActive = false;

  constructor() {
    this.#link = h(
      "a",
      { class: "audit" },
      this.#chip,
      h("span", { class: "audit-name" }, this.#summary, this.#created),
      this.#result,
      icon("chevron"),
    );
    this.element = h("li", {}, this.#link);
  }

  #link;

  show(audit) {
    this.#link.href = link(`/audits/${audit.id}`);
    this.#total = Math.max(audit.progress.total, 1);
    this.#isActive = isActive(audit);
    fill(this.#chip, statusChip(audit));
    this.#summary.textContent = fileNames(audit);
    this.#created.textContent = `${instant(audit.created_at)} · ${audit.input_summary}`;
    if (this.#isActive) this.#showProgress(audit.progress.done + audit.progress.failed);
    else fill(this.#result, outcome(audit));
  }

  progress(event) {
    const { done, failed } = event.data;
    if (!this.#isActive || event.seq <= this.#seq || done === undefined) return;
    this.#seq = event.seq;
    this.#showProgress(done + (failed ?? 0));
  }

  #showProgress(ended) {
    const label = t("list.batches", { done: ended, count: this.#total });
    setBar(this.#bar, ended / this.#total, label);
    if (!this.#result.contains(this.#bar)) fill(this.#result, this.#bar);
    this.#result.title = label;
  }
}

function fileNames(audit) {
  const names = audit.input_payload.map((file) => file.original_name);
  return names.length > 1 ? `${names[0]} +${names.length - 1}` : names[0];
}

function outcome(audit) {
  const byStatus = audit.result_payload?.summary?.documents_by_status;
  if (byStatus) return documentCounts(byStatus);
  return h("span", { class: "muted clip" }, audit.error_payload?.message ?? audit.progress.message ?? "");
}

/** The way of an audit from received to report, with the progress inside the step that it is at. */

import { fill, h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { setBar } from "./parts.js";

const ENDINGS = { FAILED: "failed", CANCELLED: "cancelled" };

/** The tracker: `show(audit)` sets it, `progress(data)` moves it by one event. */
export function steps() {
  return new Steps();
}

class Steps {
  #list = h("ol", { class: "steps", "aria-label": t("audit.steps") });
  #bar = h("progress", { max: "1" });
  #text = h("span", {});
  #now = h("span", { class: "muted clip" });
  #detail = h("div", { class: "steps-detail" }, this.#bar, h("div", { class: "row" }, this.#text, this.#now));
  #audit = null;
  #counters = { done: 0, failed: 0 };
  #inside = 0;
  element = h("section", { class: "card tracker", "aria-label": t("audit.steps") }, this.#list, this.#detail);

  show(audit) {
    const isAnother = this.#audit?.status !== audit.status;
    this.#audit = audit;
    this.#counters = { done: audit.progress.done, failed: audit.progress.failed };
    if (isAnother) this.#inside = 0;
    this.#detail.hidden = ["COMPLETED", "FAILED", "CANCELLED"].includes(audit.status);
    this.#draw();
  }

  progress(data) {
    if (!this.#audit) return;
    if (data.part === undefined) {
      this.#counters = { done: data.done ?? this.#counters.done, failed: data.failed ?? this.#counters.failed };
      this.#inside = 0;
    } else {
      if (data.total) this.#inside = (data.current - 1) / data.total;
      this.#now.textContent = data.message ? t("audit.now", { name: data.message }) : "";
    }
    this.#draw();
  }

  #draw() {
    const here = position(this.#audit, this.#counters);
    const ending = ENDINGS[this.#audit.status];
    const names = ["received", "auditing", "comparing", ending ?? "done"];
    fill(this.#list, names.map((name, index) => step(name, index, here, Boolean(ending))));
    const total = Math.max(this.#audit.progress.total, 1);
    const ended = this.#counters.done + this.#counters.failed;
    if (ended >= total) this.#now.textContent = "";
    this.#text.textContent = t("audit.progress", { done: ended, count: total });
    setBar(this.#bar, (ended + this.#inside) / total, this.#text.textContent);
  }
}

/** Which step an audit is at: 0 received, 1 auditing, 2 comparing, 3 ended. */
function position(audit, counters) {
  if (audit.status === "PENDING") return 0;
  if (audit.status !== "RUNNING") return 3;
  return counters.done + counters.failed >= audit.progress.total ? 2 : 1;
}

function step(name, index, here, isBroken) {
  const state = index < here || (index === here && here === 3) ? "done" : index === here ? "now" : "later";
  const isEnd = index === 3 && here === 3 && isBroken;
  const mark = isEnd ? icon("cross") : state === "done" ? icon("check") : h("span", {}, index + 1);
  return h(
    "li",
    { data: { state: isEnd ? "broken" : state }, "aria-current": index === here ? "step" : null },
    h("span", { class: "step-mark" }, mark),
    h("span", {}, t(`audit.step.${name}`)),
  );
}

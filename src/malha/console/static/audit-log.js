/** The event log of an audit as it is written. */

import { fill, h } from "./dom.js";
import { time } from "./format.js";
import { hasMessage, t } from "./i18n.js";

export const KEPT = 500;

export function logTab(context) {
  return new Log(context.events);
}

class Log {
  #list = h("ol", { class: "log", role: "log", "aria-label": t("tab.log") });
  element = h("div", {}, this.#list);

  constructor(events) {
    const latest = events.slice(-KEPT);
    if (latest.length === 0) fill(this.#list, h("li", { class: "empty" }, t("log.none")));
    else fill(this.#list, latest.map(line));
  }

  hear(event) {
    const wasAtEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    this.#list.querySelector(".empty")?.remove();
    this.#list.append(line(event));
    if (this.#list.childElementCount > KEPT) this.#list.firstElementChild.remove();
    if (wasAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function line(event) {
  return h(
    "li",
    { data: { seq: event.seq, type: event.type } },
    h("time", { datetime: event.at }, time(event.at)),
    h("span", { class: "muted" }, event.seq),
    h("span", {}, words(event)),
  );
}

function words({ type, data }) {
  if (data.failures) return t("event.job.failures", { count: data.failures.length, detail: data.failures[0].error?.message ?? "" });
  if (type === "job.progress" && data.part !== undefined) return t("event.job.progress.part", { message: data.message ?? data.stage ?? "" });
  if (type === "job.progress") return t("event.job.progress", { ...data, count: data.total });
  return hasMessage(`event.${type}`) ? t(`event.${type}`) : type;
}

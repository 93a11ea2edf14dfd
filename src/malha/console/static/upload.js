/** Files on their way to an audit: dropped anywhere on the page or picked, looked over, sent. */

import { newKey, uploadAudit } from "./api.js";
import { announce, fill, h, icon } from "./dom.js";
import { bytes } from "./format.js";
import { t } from "./i18n.js";
import { go } from "./router.js";
import { problem } from "./parts.js";

const SHOWN_FILES = 8;
const KNOWN = /\.(xml|zip|csv|xlsx|pdf|txt|png|jpe?g)$/i;

/** The upload panel; returns its element and how to stop listening to the page. */
export function uploadPanel() {
  const panel = new Panel();
  return { element: panel.element, dispose: () => panel.dispose() };
}

class Panel {
  #files = [];
  #key = null;
  #isSending = false;
  #listeners = new AbortController();
  #picker = h("input", { type: "file", multiple: true, class: "unseen", id: "files", tabindex: "-1", onchange: (event) => this.#pick(event) });
  #folderPicker = h("input", { type: "file", webkitdirectory: true, class: "unseen", tabindex: "-1", "aria-hidden": "true", onchange: (event) => this.#pick(event) });
  #own = h("input", { id: "own", name: "own", autocomplete: "off", spellcheck: "false", "aria-describedby": "own-hint" });
  #body = h("div", { class: "upload-body" });
  #message = h("div", {});

  constructor() {
    this.#picker.setAttribute("aria-label", t("upload.pick"));
    this.element = h(
      "section",
      { class: "upload", "aria-label": t("upload.title") },
      this.#picker,
      this.#folderPicker,
      this.#body,
      this.#message,
    );
    this.#listenToPage();
    this.#show();
  }

  dispose() {
    this.#listeners.abort();
  }

  #listenToPage() {
    const options = { signal: this.#listeners.signal };
    let depth = 0;
    const mark = (change) => {
      depth = Math.max(depth + change, 0);
      this.element.classList.toggle("is-target", depth > 0);
    };
    addEventListener("dragenter", () => mark(1), options);
    addEventListener("dragleave", () => mark(-1), options);
    addEventListener("dragover", (event) => event.preventDefault(), options);
    const drop = async (event) => {
      event.preventDefault();
      depth = 0;
      mark(0);
      this.#add(await droppedFiles(event.dataTransfer));
    };
    addEventListener("drop", drop, options);
  }

  #pick(event) {
    const files = [...event.target.files];
    this.#add(event.target === this.#folderPicker ? files.filter((file) => KNOWN.test(file.name)) : files);
    event.target.value = "";
  }

  #add(files) {
    if (this.#isSending) return;
    this.#files.push(...files);
    this.#key = null;
    fill(this.#message);
    this.#show();
    this.element.querySelector(".primary")?.focus();
  }

  #remove(file) {
    this.#files = this.#files.filter((one) => one !== file);
    this.#key = null;
    this.#show();
  }

  #show() {
    if (this.#files.length === 0) fill(this.#body, this.#invitation());
    else fill(this.#body, this.#list(), this.#ownField(), this.#actions());
  }

  #invitation() {
    return h(
      "div",
      { class: "drop" },
      icon("upload"),
      h("p", { class: "drop-title" }, h("span", { class: "when-idle" }, t("upload.drop")), h("span", { class: "when-target" }, t("upload.release"))),
      h("p", { class: "hint" }, t("upload.formats")),
      h(
        "div",
        { class: "row" },
        h("button", { class: "primary", type: "button", id: "pick", onclick: () => this.#picker.click() }, icon("file"), t("upload.pick")),
        h("button", { type: "button", onclick: () => this.#folderPicker.click() }, icon("folder"), t("upload.folder")),
      ),
    );
  }

  #list() {
    const rows = this.#files.slice(0, SHOWN_FILES).map((file) =>
      h(
        "li",
        {},
        icon("file"),
        h("span", { class: "grow clip" }, file.name),
        h("span", { class: "muted" }, bytes(file.size)),
        h("button", { class: "quiet square", type: "button", "aria-label": t("upload.remove", { name: file.name }), onclick: () => this.#remove(file) }, icon("cross")),
      ),
    );
    const hidden = this.#files.length - rows.length;
    if (hidden > 0) rows.push(h("li", { class: "muted" }, t("upload.more", { count: hidden })));
    return h("ul", { class: "chosen" }, rows);
  }

  #ownField() {
    return h(
      "div",
      { class: "field" },
      h("label", { for: "own" }, t("upload.own")),
      this.#own,
      h("p", { class: "hint", id: "own-hint" }, t("upload.ownHint")),
    );
  }

  #actions() {
    const size = this.#files.reduce((sum, file) => sum + file.size, 0);
    const number = this.#files.length;
    return h(
      "div",
      { class: "row" },
      h("button", { class: "primary", type: "button", id: "start", onclick: () => this.#send() }, t("upload.start", { count: number })),
      h("button", { type: "button", onclick: () => this.#picker.click() }, t("upload.pick")),
      h("button", { class: "quiet", type: "button", onclick: () => this.#clear() }, t("upload.clear")),
      h("span", { class: "muted" }, t("upload.size", { count: number, size: bytes(size) })),
    );
  }

  #clear() {
    this.#files = [];
    this.#key = null;
    fill(this.#message);
    this.#show();
  }

  /** The key stays the same until the files change, so that sending again cannot make a second audit. */
  async #send() {
    this.#isSending = true;
    this.#key ??= newKey();
    const bar = h("progress", { max: "1", value: 0, "aria-label": t("upload.title") });
    const text = h("p", { class: "muted" });
    const show = (share) => {
      bar.value = share;
      text.textContent = t("upload.sending", { percent: `${Math.round(share * 100)} %` });
    };
    show(0);
    fill(this.#message, bar, text);
    this.#body.inert = true;
    try {
      const own = this.#own.value.split(/[\s,;]+/).filter(Boolean);
      const audit = await uploadAudit(this.#files, own, this.#key, show);
      announce(t("upload.sent"));
      go(`/audits/${audit.id}`);
    } catch (error) {
      fill(this.#message, problem(error, () => this.#send()));
    } finally {
      this.#isSending = false;
      this.#body.inert = false;
    }
  }
}

/** The files of a drop, those in dropped folders included. */
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files];
  const found = await Promise.all(entries.map((entry) => filesBelow(entry, true)));
  return found.flat();
}

async function filesBelow(entry, isDropped) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return isDropped || KNOWN.test(file.name) ? [file] : [];
  }
  const reader = entry.createReader();
  const found = [];
  // A reader gives at most a hundred entries at a time.
  for (let more = true; more; ) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    more = entries.length > 0;
    for (const one of entries) found.push(...(await filesBelow(one, false)));
  }
  return found;
}

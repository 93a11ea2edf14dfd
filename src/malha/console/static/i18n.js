/** Words in Portuguese and English; Portuguese unless the browser or the user asks for English first. */

import { messages as en } from "./messages-en.js";
import { messages as pt } from "./messages-pt.js";

const KEPT_IN = "malha.language";
const LANGUAGES = { pt, en };
const LOCALES = { pt: "pt-BR", en: "en-GB" };

let current = localStorage.getItem(KEPT_IN) ?? preferred();
apply();

function preferred() {
  const known = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES);
  return known ?? "pt";
}

function apply() {
  if (!(current in LANGUAGES)) current = "pt";
  document.documentElement.lang = LOCALES[current];
}

export const language = () => current;
export const locale = () => LOCALES[current];
export const otherLanguage = () => (current === "pt" ? "en" : "pt");

/** Change the language; whoever shows text has to render again. */
export function setLanguage(chosen) {
  current = chosen;
  localStorage.setItem(KEPT_IN, chosen);
  apply();
}

export function hasMessage(key) {
  return key in LANGUAGES[current];
}

/** A message with its `{fields}` filled in; one with forms for `one` and `other` is chosen by `count`. */
export function t(key, fields = {}) {
  let message = LANGUAGES[current][key];
  if (message === undefined) throw new Error(`no message ${key}`);
  if (typeof message === "object") message = message[new Intl.PluralRules(locale()).select(fields.count)] ?? message.other;
  return message.replace(/\{(\w+)\}/g, (_, name) => shown(fields[name]));
}

function shown(value) {
  return typeof value === "number" ? new Intl.NumberFormat(locale()).format(value) : String(value);
}

/** Whichever of two texts is in the user's language. */
export function pick(portuguese, english) {
  return (current === "pt" ? portuguese : english) ?? portuguese ?? english ?? "";
}

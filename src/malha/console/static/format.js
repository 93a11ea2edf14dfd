/** Numbers, instants and identifiers as people read them. Instants are shown in São Paulo's time. */

import { locale } from "./i18n.js";

const ZONE = "America/Sao_Paulo";
const UNITS = ["B", "KB", "MB", "GB"];

export function money(text) {
  if (text === null || text === undefined) return "–";
  return new Intl.NumberFormat(locale(), { style: "currency", currency: "BRL" }).format(text);
}

export function count(number) {
  return new Intl.NumberFormat(locale()).format(number);
}

export function bytes(number) {
  const power = Math.min(Math.floor(Math.log(Math.max(number, 1)) / Math.log(1024)), UNITS.length - 1);
  const digits = power === 0 ? 0 : 1;
  const scaled = new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(number / 1024 ** power);
  return `${scaled} ${UNITS[power]}`;
}

export function instant(text) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "short", timeStyle: "short", timeZone: ZONE }).format(new Date(text));
}

export function time(text) {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "medium", timeZone: ZONE }).format(new Date(text));
}

export function day(text) {
  return text ? new Intl.DateTimeFormat(locale(), { dateStyle: "short", timeZone: ZONE }).format(new Date(text)) : "–";
}

/** The time between two instants, in the largest unit that says enough. */
export function duration(from, to) {
  const seconds = Math.max((new Date(to) - new Date(from)) / 1000, 0.1);
  const [value, unit] = seconds < 100 ? [seconds, "second"] : [seconds / 60, "minute"];
  const digits = seconds < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: "unit", unit, maximumFractionDigits: digits }).format(value);
}

/** A CNPJ or CPF with its punctuation; anything else as it is. */
export function taxId(text) {
  if (!text) return "–";
  if (/^\d{11}$/.test(text)) return text.replace(/(...)(...)(...)(..)/, "$1.$2.$3-$4");
  if (/^[0-9A-Z]{12}\d{2}$/.test(text)) return text.replace(/(..)(...)(...)(....)(..)/, "$1.$2.$3/$4-$5");
  return text;
}

/** An access key in groups of four. */
export function accessKey(text) {
  return text.replace(/(.{4})(?=.)/g, "$1 ");
}

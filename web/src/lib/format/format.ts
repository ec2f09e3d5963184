import { currentLocale } from "../i18n/index.ts";

type Options = Intl.DateTimeFormatOptions;

// A formatter costs a hundred times what formatting does.
const dates = new Map<string, Intl.DateTimeFormat>();
const numbers = new Map<string, Intl.NumberFormat>();

function dateFormat(name: string, options: Options, zone?: string): Intl.DateTimeFormat {
  const locale = currentLocale();
  const key = `${name} ${locale} ${zone ?? ""}`;
  let format = dates.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { ...options, ...(zone ? { timeZone: zone } : {}) });
    dates.set(key, format);
  }
  return format;
}

let hospitalZone: string | undefined;

/** Times are shown as the clock on the hospital's wall has them. */
export function setHospitalZone(zone: string | undefined): void {
  hospitalZone = zone;
}

export function zone(): string {
  return hospitalZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** "4 Mar 2026", of a time. */
export function day(time: string): string {
  const options: Options = { day: "numeric", month: "short", year: "numeric" };
  return dateFormat("day", options, zone()).format(new Date(time));
}

/** "4 Mar 2026", of a date without a time, which is the same day everywhere. */
export function date(value: string): string {
  const options: Options = { day: "numeric", month: "short", year: "numeric" };
  return dateFormat("date", options, "UTC").format(new Date(`${value.slice(0, 10)}T00:00:00Z`));
}

export function time(value: string): string {
  return dateFormat("time", { hour: "2-digit", minute: "2-digit" }, zone()).format(new Date(value));
}

/** "4 Mar 2026, 09:30" */
export function dayAndTime(value: string): string {
  return `${day(value)}, ${time(value)}`;
}

export function month(value: string): string {
  return dateFormat("month", { month: "long", year: "numeric" }, zone()).format(new Date(value));
}

/** YYYY-MM-DD of a moment, where the hospital is. */
export function isoDay(moment: Date = new Date()): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone() }).format(moment);
}

/** YYYY-MM-DDTHH:MM of a moment where the hospital is, as date-time fields have it. */
export function localDateTime(moment: Date): string {
  const options: Options = { dateStyle: "short", timeStyle: "short", timeZone: zone() };
  return new Intl.DateTimeFormat("sv-SE", options).format(moment).replace(" ", "T");
}

/** The moment at which the hospital's clock shows `local` (YYYY-MM-DDTHH:MM). */
export function momentOf(local: string): Date {
  const wanted = Date.parse(`${local}:00Z`);
  let guess = wanted;
  // The offset at the guess may differ from the one at the result around a change of the clocks.
  for (let i = 0; i < 2; i++) {
    guess -= Date.parse(`${localDateTime(new Date(guess))}:00Z`) - wanted;
  }
  return new Date(guess);
}

export function number(value: number, digits?: number): string {
  const locale = currentLocale();
  const key = `${locale} ${digits ?? ""}`;
  let format = numbers.get(key);
  if (!format) {
    format = new Intl.NumberFormat(
      locale,
      digits === undefined
        ? { maximumFractionDigits: 6 }
        : { minimumFractionDigits: digits, maximumFractionDigits: digits },
    );
    numbers.set(key, format);
  }
  return format.format(value);
}

/** What somebody typed as a number: with a point or a comma. undefined when it is none. */
export function parseNumber(text: string): number | undefined {
  const plain = text.trim().replace(",", ".");
  if (!/^-?\d*\.?\d+$|^-?\d+\.$/.test(plain)) return undefined;
  return Number(plain);
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(count: number): string {
  let size = count;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${number(size, unit === 0 || size >= 100 ? 0 : 1)} ${UNITS[unit]}`;
}

/** Whole years, or months below two years. */
export function age(born: string, on: Date = new Date()): { years: number; months: number } {
  const [year = 0, monthOf = 1, dayOf = 1] = born.split("-").map(Number);
  const [nowYear = 0, nowMonth = 1, nowDay = 1] = isoDay(on).split("-").map(Number);
  const months = (nowYear - year) * 12 + nowMonth - monthOf - (nowDay < dayOf ? 1 : 0);
  return { years: Math.floor(months / 12), months };
}

import { useSyncExternalStore } from "react";

export const languages = { en: "English", es: "Español" } as const;
export type Language = keyof typeof languages;

function preferred(): Language {
  const wanted = typeof navigator === "undefined" ? [] : navigator.languages;
  for (const tag of wanted) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language in languages) return language as Language;
  }
  return "en";
}

let language: Language = preferred();
const listeners = new Set<() => void>();

export function currentLanguage(): Language {
  return language;
}

/** Dates and numbers: the browser's own region where it speaks the language that was chosen. */
export function currentLocale(): string {
  const wanted = typeof navigator === "undefined" ? [] : navigator.languages;
  return wanted.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

export function setLanguage(next: Language): void {
  language = next;
  if (typeof document !== "undefined") document.documentElement.lang = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage, () => "en" as const);
}

/** Words are texts, or functions that make one of what they are given; the shape is the English one. */
type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Widened<T[K]> };

export interface Catalogue<T> {
  /** In components: follows a change of the language. */
  (): Widened<T>;
  /** Elsewhere: in the language as it is now. */
  now(): Widened<T>;
  readonly all: Record<Language, Widened<T>>;
}

/** Each feature has a catalogue of its own; one that lacks a word in Spanish does not compile. */
export function catalogue<const T extends object>(en: T, es: Widened<T>): Catalogue<T> {
  const all = { en: en as unknown as Widened<T>, es };
  const use = () => all[useLanguage()];
  return Object.assign(use, { now: () => all[language], all });
}

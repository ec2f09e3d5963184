import { useEffect, useRef } from "react";

/** Runs for a key; returns false to leave the key to others. */
export type Run = (event: KeyboardEvent) => boolean | void;

export interface Shortcut {
  /**
   * "g p" (one after the other), "?", "Enter", "Ctrl+k" (Command on a Mac), "Alt+1". Letters by what
   * they type, so on every keyboard the one that is labelled so.
   */
  keys: string;
  run: Run;
  /** Also while somebody writes into a field. Those with Ctrl or Alt do anyway. */
  inFields?: boolean;
}

const SEQUENCE_MS = 1_200;
const layers: { current: readonly Shortcut[] }[] = [];
let singles = true;
let pending: { key: string; at: number } | undefined;

/** WCAG 2.1.4: shortcuts of a single letter can be turned off. */
export function setSingleKeys(on: boolean): void {
  singles = on;
}
export function singleKeys(): boolean {
  return singles;
}

export function nameOf(event: KeyboardEvent): string {
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const alt = event.altKey ? "Alt+" : "";
  const shift = event.shiftKey && event.key.length > 1 ? "Shift+" : "";
  const key = event.key.length === 1 && (control || alt) ? event.key.toLowerCase() : event.key;
  // With Alt some keyboards type another character: the digit's own key counts then.
  const digit = alt && /^Digit\d$/.test(event.code) ? event.code.slice(5) : key;
  return control + alt + shift + digit;
}

function writing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
}

/** A dialog keeps its keys to itself. */
function inDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[role=dialog],[role=alertdialog]") !== null;
}

export function handle(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  const field = writing(event.target);
  const sequence = pending && event.timeStamp - pending.at < SEQUENCE_MS ? `${pending.key} ${name}` : name;
  pending = undefined;
  if (!modified && inDialog(event.target)) return;
  for (const layer of layers.toReversed()) {
    for (const shortcut of layer.current) {
      if (shortcut.keys !== sequence && shortcut.keys !== name) continue;
      if (!modified && field && !shortcut.inFields) continue;
      if (!modified && !singles && name.length === 1) continue;
      if (shortcut.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  }
  const begins = layers.some((layer) => layer.current.some((it) => it.keys.startsWith(`${name} `)));
  if (begins && !modified && !field && singles) pending = { key: name, at: event.timeStamp };
}

/** The shortcuts of a component while it is there; those that came later win. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const layer = useRef({ current: shortcuts });
  useEffect(() => {
    layer.current.current = shortcuts;
  });
  useEffect(() => {
    const mine = layer.current;
    layers.push(mine);
    if (layers.length === 1) document.addEventListener("keydown", handle);
    return () => {
      layers.splice(layers.indexOf(mine), 1);
      if (layers.length === 0) document.removeEventListener("keydown", handle);
    };
  }, []);
}

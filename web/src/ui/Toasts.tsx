import { useEffect, useState, useSyncExternalStore } from "react";
import { Icon } from "./Icon.tsx";
import { useWords } from "./words.ts";
import css from "./Toasts.module.css";

interface Toast {
  id: number;
  text: string;
  undo?: (() => void) | undefined;
}

const SHOWN_MS = 7_000;
let toasts: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

function become(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** A line about something that was done, with the way back where there is one. */
export function toast(text: string, undo?: () => void): void {
  become([...toasts.slice(-2), { id: ++count, text, undo }]);
}

export function forgetToasts(): void {
  become([]);
}

function drop(id: number): void {
  become(toasts.filter((it) => it.id !== id));
}

function Line({ it }: { it: Toast }) {
  const words = useWords();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return undefined;
    const timer = setTimeout(() => drop(it.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [it.id, held]);
  return (
    <li
      className={css.toast}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <p>{it.text}</p>
      {it.undo && (
        <button
          type="button"
          onClick={() => {
            it.undo?.();
            drop(it.id);
          }}
        >
          {words.undo}
        </button>
      )}
      <button type="button" aria-label={words.dismiss} onClick={() => drop(it.id)}>
        <Icon name="close" size={16} />
      </button>
    </li>
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const words = useWords();
  const all = useSyncExternalStore(subscribe, () => toasts);
  return (
    <ol className={css.viewport} aria-live="polite" aria-label={words.notices}>
      {all.map((it) => (
        <Line key={it.id} it={it} />
      ))}
    </ol>
  );
}

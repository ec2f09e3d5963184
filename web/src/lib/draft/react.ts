import { useCallback, useSyncExternalStore } from "react";
import type { DraftStore } from "./store.ts";

/** One field of a draft; only a change of it renders. */
export function useDraft<V>(store: DraftStore<unknown>, path: string): [V | undefined, (value: V | null) => void] {
  const subscribe = useCallback((listener: () => void) => store.subscribe(path, listener), [store, path]);
  const value = useSyncExternalStore(subscribe, () => store.get(path) as V | undefined);
  const set = useCallback((next: V | null) => store.set(path, next), [store, path]);
  return [value, set];
}

export function useDraftFault(store: DraftStore<unknown>, path: string): string | undefined {
  const subscribe = useCallback((listener: () => void) => store.subscribe(path, listener), [store, path]);
  return useSyncExternalStore(subscribe, () => store.fault(path));
}

/** Renders with every change of the store: for what shows its state as a whole. */
export function useDraftStore<T>(store: DraftStore<T>): DraftStore<T> {
  const subscribe = useCallback((listener: () => void) => store.subscribeAll(listener), [store]);
  useSyncExternalStore(subscribe, () => store.revision);
  return store;
}

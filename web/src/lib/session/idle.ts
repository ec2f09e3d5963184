import { useSyncExternalStore } from "react";
import { api, call } from "../api/index.ts";
import { cover, currentState, lock, reopen, subscribe } from "./session.ts";

type Word = "active" | "locked" | "unlocked";

const CHECK_MS = 1_000;
/** The warning comes a minute before, or after four fifths of a shorter time. */
const WARNING_MS = 60_000;
const WARNING_SHARE = 0.2;
/** So often the other tabs hear that somebody is there. */
const TELL_MS = 5_000;

let locksAt: number | undefined;
const warned = new Set<() => void>();

function warn(at: number | undefined): void {
  if (at === locksAt) return;
  locksAt = at;
  for (const listener of warned) listener();
}

function subscribeWarned(listener: () => void): () => void {
  warned.add(listener);
  return () => warned.delete(listener);
}

/** When the page locks unless somebody touches it; undefined while that is not near. */
export function useLockNear(): number | undefined {
  return useSyncExternalStore(subscribeWarned, () => locksAt);
}

/** Locks the session after the time without a key or a click that the service names, in all tabs. */
export function watchIdle(): void {
  const tabs = new BroadcastChannel("wardbook-session");
  const tell = (word: Word) => tabs.postMessage(word);
  let longest: number | undefined;
  let last = Date.now();
  let told = 0;
  let before = currentState().phase;

  const ask = async () => {
    try {
      longest = (await call(api.GET("/ui-config"))).idle_lock_s * 1_000;
    } catch {
      longest = undefined; // Asked again with the next session.
    }
  };
  const active = () => {
    // Whoever comes back too late does not save the page from being locked by the first key.
    check();
    last = Date.now();
    warn(undefined);
    if (last - told < TELL_MS) return;
    told = last;
    tell("active");
  };
  function check(): void {
    if (!longest || currentState().phase !== "in") return warn(undefined);
    const idle = Date.now() - last;
    const near = longest - Math.min(WARNING_MS, longest * WARNING_SHARE);
    warn(idle >= near && idle < longest ? last + longest : undefined);
    if (idle < longest) return;
    last = Date.now();
    void lock();
  }

  for (const event of ["keydown", "pointerdown", "wheel"]) {
    document.addEventListener(event, active, { capture: true, passive: true });
  }
  tabs.addEventListener("message", ({ data }: MessageEvent<Word>) => {
    const { phase } = currentState();
    if (data === "active") {
      last = Date.now();
      warn(undefined);
    } else if (data === "locked" && phase === "in") cover();
    else if (data === "unlocked" && phase === "locked") void reopen();
  });
  subscribe(() => {
    const { phase } = currentState();
    if (phase === before) return;
    if (phase === "in") {
      last = Date.now();
      if (longest === undefined) void ask();
      if (before === "locked") tell("unlocked");
    } else if (phase === "locked" && before === "in") {
      tell("locked");
    }
    before = phase;
  });
  setInterval(check, CHECK_MS);
}

import { api, call } from "../api/index.ts";
import { cover, currentState, lock, reopen, subscribe } from "./session.ts";

type Word = "active" | "locked" | "unlocked";

const CHECK_MS = 1_000;
/** So often the other tabs hear that somebody is there. */
const TELL_MS = 5_000;

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
    if (last - told < TELL_MS) return;
    told = last;
    tell("active");
  };
  function check(): void {
    if (!longest || currentState().phase !== "in" || Date.now() - last < longest) return;
    last = Date.now();
    void lock();
  }

  for (const event of ["keydown", "pointerdown", "wheel"]) {
    document.addEventListener(event, active, { capture: true, passive: true });
  }
  tabs.addEventListener("message", ({ data }: MessageEvent<Word>) => {
    const { phase } = currentState();
    if (data === "active") last = Date.now();
    else if (data === "locked" && phase === "in") cover();
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

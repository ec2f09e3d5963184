import { isProblem } from "../api/index.ts";
import { currentState, subscribe } from "../session/index.ts";

const FIRST_WAIT_MS = 1_000;
const LAST_WAIT_MS = 30_000;
const STORE_TRIES = 8;

/** What the store answered to a PUT; 0 when nothing answered. */
export class StoreFault extends Error {
  constructor(readonly status: number) {
    super(`the store answered ${status}`);
  }
  /** The URL has run out, or was made for something else. */
  get refused(): boolean {
    return this.status === 403 || this.status === 400;
  }
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** Uploads go on while the page is locked; what needs the session waits for the password. */
function unlocked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = subscribe(check);
    signal.addEventListener("abort", () => {
      stop();
      reject(signal.reason as Error);
    });
    function check(): void {
      if (currentState().phase !== "in") return;
      stop();
      resolve();
    }
    check();
  });
}

function passing(error: unknown, tries: number): boolean {
  if (isProblem(error)) return error.passing;
  if (error instanceof StoreFault) {
    return error.status === 0 || (error.status >= 500 && tries < STORE_TRIES) || error.status === 429;
  }
  return false;
}

/** Does it until it succeeds or cannot: again after 1 to 30 seconds, when there is hope. */
export async function patiently<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onWait: () => void,
): Promise<T> {
  let wait = FIRST_WAIT_MS;
  for (let tries = 1; ; tries++) {
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isProblem(error) && error.status === 401 && currentState().phase === "locked") {
        await unlocked(signal);
        continue;
      }
      if (!passing(error, tries)) throw error;
      onWait();
      await sleep(wait * (0.75 + Math.random() / 2), signal);
      wait = Math.min(LAST_WAIT_MS, wait * 2);
    }
  }
}

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { api, call, isProblem, queryClient, setAuthority, type Schemas } from "../api/index.ts";

export type Permission = Schemas["Permission"];
export type Role = Schemas["Role"];

export interface Session {
  user: Schemas["Caller"];
  tenant: Schemas["NullableTenant"];
  permissions: ReadonlySet<Permission>;
}

export type State =
  /** Whether there is a session to be resumed is not known yet. */
  | { phase: "starting" }
  | { phase: "out"; reason?: "ended" | "signed_out" }
  /** The session goes on with the password; whose it is is known unless the page was loaded locked. */
  | { phase: "locked"; session: Session | undefined }
  | { phase: "in"; session: Session };

/**
 * In the browser's cookie is the refresh token, which no script sees; here is only what it was
 * exchanged for last.
 */
let access: string | undefined;
let state: State = { phase: "starting" };
const listeners = new Set<() => void>();
const atEnd = new Set<() => void>();
const beforeLock = new Set<() => Promise<unknown>>();
const atUnlock = new Set<() => void>();

function become(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

function begin(answer: Schemas["Session"]): Session {
  access = answer.access_token;
  const { user, tenant, permissions } = answer;
  const session = { user, tenant, permissions: new Set(permissions) };
  become({ phase: "in", session });
  return session;
}

function end(reason: "ended" | "signed_out"): void {
  access = undefined;
  // Nothing of a patient outlives the session.
  queryClient.clear();
  for (const forget of atEnd) forget();
  become({ phase: "out", reason });
}

/** All tabs have one cookie: one at a time exchanges or ends what is in it. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  const { locks } = navigator as Partial<Navigator>; // Only where the page is loaded over HTTPS.
  return locks ? (locks.request("wardbook-session", work) as Promise<T>) : work();
}

const cookie = { session: "cookie" } as const;

function refresh(): Promise<Schemas["Session"]> {
  return call(api.POST("/auth/refresh", { body: cookie }));
}

/** The page shows nothing of the session until the password is given. */
export function cover(): void {
  if (state.phase === "locked") return;
  const session = currentSession();
  access = undefined;
  queryClient.clear();
  become({ phase: "locked", session });
}

const LONGEST_FLUSH_MS = 3_000;

/** Sends what is not saved, and covers the page. It is covered offline too; then only this page is. */
export async function lock(): Promise<void> {
  const flushed = Promise.all([...beforeLock].map((flush) => flush().catch(() => undefined)));
  await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, LONGEST_FLUSH_MS))]);
  if (state.phase !== "in") return;
  const locked = call(api.POST("/auth/lock", {})).catch(() => undefined);
  cover();
  await locked;
}

let renewing: Promise<boolean> | undefined;

/** One request of this page asks for a new token; the others wait for its answer. */
async function renew(refused: string | undefined): Promise<boolean> {
  if (access === undefined) return false;
  if (access !== refused) return true; // Somebody else has renewed it meanwhile.
  renewing ??= alone(exchange).finally(() => (renewing = undefined));
  return renewing;
}

function isOf(answer: Schemas["Session"], session: Session): boolean {
  return answer.user.id === session.user.id && answer.tenant?.id === session.tenant?.id;
}

async function exchange(): Promise<boolean> {
  const before = currentSession();
  if (access === undefined || !before) return false;
  try {
    const answer = await refresh();
    // Another tab may have signed in as somebody else: what was begun here is not sent in their name.
    if (isOf(answer, before)) {
      begin(answer);
      return true;
    }
  } catch (error) {
    if (isProblem(error) && error.passing) throw error;
    if (isProblem(error, "session_locked")) {
      cover();
      return false;
    }
  }
  end("ended");
  return false;
}

setAuthority({ token: () => access, renew });

/** Called once at the start of the program: goes on with the session of the browser, if it has one. */
export async function resume(): Promise<void> {
  try {
    begin(await alone(refresh));
  } catch (error) {
    if (isProblem(error, "session_locked")) cover();
    else become({ phase: "out" });
  }
}

/** The session was unlocked in another tab. */
export async function reopen(): Promise<void> {
  const before = state.phase === "locked" ? state.session : undefined;
  try {
    const answer = await alone(refresh);
    if (state.phase !== "locked") return;
    if (before && !isOf(answer, before)) return end("ended");
    begin(answer);
    for (const goOn of atUnlock) goOn();
  } catch {
    // The password opens this page too, or says that the session has ended.
  }
}

/** Throws a Problem: wrong_password, … With an ended session somebody has to sign in. */
export async function unlock(password: string): Promise<void> {
  const before = state.phase === "locked" ? state.session : undefined;
  try {
    const answer = await alone(() => call(api.POST("/auth/unlock", { body: { password, ...cookie } })));
    if (before && !isOf(answer, before)) end("ended");
    begin(answer);
    for (const goOn of atUnlock) goOn();
  } catch (error) {
    if (isProblem(error) && error.status === 401) end("ended");
    else throw error;
  }
}

export interface Credentials {
  email: string;
  password: string;
  tenant?: string;
}

/** Throws a Problem: invalid_credentials, tenant_required with the choices, account_locked, … */
export async function signIn(credentials: Credentials): Promise<Session> {
  queryClient.clear();
  return begin(await call(api.POST("/auth/login", { body: { ...credentials, ...cookie } })));
}

export async function signOut(): Promise<void> {
  await alone(async () => {
    // Without a bearer the cookie says which session ends, even when the access token has run out.
    access = undefined;
    try {
      await call(api.POST("/auth/logout", {}));
    } catch {
      // The page forgets all the same, and the session ends by itself.
    }
  });
  end("signed_out");
}

/** What has to be forgotten with the session (keys, drafts in memory). */
export function onSessionEnd(forget: () => void): () => void {
  atEnd.add(forget);
  return () => atEnd.delete(forget);
}

/** What is written and not saved is sent before the page is covered; what could not be, when it is back. */
export function onLock(flush: () => Promise<unknown>, goOn: () => void): void {
  beforeLock.add(flush);
  atUnlock.add(goOn);
}

export function currentState(): State {
  return state;
}

export function currentSession(): Session | undefined {
  return state.phase === "in" ? state.session : undefined;
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSessionState(): State {
  return useSyncExternalStore(subscribe, currentState);
}

/** Of pages that only somebody who is signed in gets to see. */
export function useSession(): Session {
  const now = useSessionState();
  if (now.phase !== "in") throw new Error("nobody is signed in");
  return now.session;
}

export function useMay(permission: Permission): boolean {
  const now = useSessionState();
  return now.phase === "in" && now.session.permissions.has(permission);
}

const kept = new Map<string, unknown>();
onSessionEnd(() => kept.clear());

/** As useState, for what somebody writes and no draft keeps: it is there again after the lock. */
export function useKept<T>(key: string, first: () => T) {
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : first()));
  const now = useRef(value);
  useEffect(() => {
    now.current = value;
  });
  useEffect(() => {
    kept.delete(key);
    return () => {
      if (state.phase === "locked") kept.set(key, now.current);
    };
  }, [key]);
  return [value, setValue] as const;
}

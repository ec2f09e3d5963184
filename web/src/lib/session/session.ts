import { useSyncExternalStore } from "react";
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
  | { phase: "in"; session: Session };

/**
 * Where the refresh token is kept. In this module's memory, until the service keeps it in a cookie:
 * then `renew` sends {"session": "cookie"} and no token, and `resume` asks for a session at start.
 */
interface Tokens {
  access: string;
  refresh: string;
}

let tokens: Tokens | undefined;
let state: State = { phase: "starting" };
const listeners = new Set<() => void>();
const atEnd = new Set<() => void>();

function become(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

function begin(answer: Schemas["Session"]): Session {
  tokens = { access: answer.access_token, refresh: answer.refresh_token ?? "" };
  const { user, tenant, permissions } = answer;
  const session = { user, tenant, permissions: new Set(permissions) };
  become({ phase: "in", session });
  return session;
}

function end(reason: "ended" | "signed_out"): void {
  tokens = undefined;
  // Nothing of a patient outlives the session.
  queryClient.clear();
  for (const forget of atEnd) forget();
  become({ phase: "out", reason });
}

let renewing: Promise<boolean> | undefined;

/** One request at a time asks for a new token; the others wait for its answer. */
async function renew(refused: string | undefined): Promise<boolean> {
  if (!tokens) return false;
  if (tokens.access !== refused) return true; // Somebody else has renewed it meanwhile.
  renewing ??= exchange().finally(() => (renewing = undefined));
  return renewing;
}

async function exchange(): Promise<boolean> {
  if (!tokens) return false;
  try {
    begin(await call(api.POST("/auth/refresh", { body: { refresh_token: tokens.refresh } })));
    return true;
  } catch (error) {
    if (isProblem(error) && error.passing) throw error;
    end("ended");
    return false;
  }
}

setAuthority({ token: () => tokens?.access, renew });

/** Called once at the start of the program. */
export function resume(): void {
  become({ phase: "out" });
}

export interface Credentials {
  email: string;
  password: string;
  tenant?: string;
}

/** Throws a Problem: invalid_credentials, tenant_required with the choices, account_locked, … */
export async function signIn(credentials: Credentials): Promise<Session> {
  queryClient.clear();
  return begin(await call(api.POST("/auth/login", { body: credentials })));
}

export async function signOut(): Promise<void> {
  try {
    await call(api.POST("/auth/logout", {}));
  } catch {
    // The tokens are forgotten all the same, and the session ends by itself.
  }
  end("signed_out");
}

/** What has to be forgotten with the session (keys, drafts in memory). */
export function onSessionEnd(forget: () => void): () => void {
  atEnd.add(forget);
  return () => atEnd.delete(forget);
}

export function currentSession(): Session | undefined {
  return state.phase === "in" ? state.session : undefined;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSessionState(): State {
  return useSyncExternalStore(subscribe, () => state);
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

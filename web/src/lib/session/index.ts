export { useLockNear, watchIdle } from "./idle.ts";
export {
  currentSession,
  currentState,
  onLock,
  onSessionEnd,
  resume,
  signIn,
  signOut,
  subscribe,
  unlock,
  useKept,
  useMay,
  useSession,
  useSessionState,
} from "./session.ts";
export type { Credentials, Permission, Role, Session } from "./session.ts";

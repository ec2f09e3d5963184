export { watchIdle } from "./idle.ts";
export {
  currentSession,
  onLock,
  onSessionEnd,
  resume,
  signIn,
  signOut,
  unlock,
  useKept,
  useMay,
  useSession,
  useSessionState,
} from "./session.ts";
export type { Credentials, Permission, Role, Session } from "./session.ts";

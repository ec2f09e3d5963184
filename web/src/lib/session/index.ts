export {
  currentSession,
  onSessionEnd,
  resume,
  signIn,
  signOut,
  unlock,
  useMay,
  useSession,
  useSessionState,
} from "./session.ts";
export type { Credentials, Permission, Role, Session } from "./session.ts";

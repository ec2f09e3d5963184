import { Suspense, lazy } from "react";
import { Outlet, useLocation } from "react-router";
import { setHospitalZone } from "../lib/format/index.ts";
import { useSessionState } from "../lib/session/index.ts";
import { Loading } from "../ui/index.ts";

const SignIn = lazy(async () => ({
  default: (await import("../features/accounts/index.ts")).SignInPage,
}));

const Locked = lazy(async () => ({
  default: (await import("../features/accounts/index.ts")).LockedPage,
}));

/**
 * Whoever is not signed in sees the sign-in at the address that they asked for, so that they come out
 * at it. A code is accepted without being signed in.
 */
export function Gate() {
  const state = useSessionState();
  const { pathname } = useLocation();
  if (pathname === "/accept") return <Outlet />;
  if (state.phase === "starting") return <Loading />;
  if (state.phase === "out") {
    return (
      <Suspense fallback={<Loading />}>
        <SignIn ended={state.reason === "ended"} />
      </Suspense>
    );
  }
  if (state.phase === "locked") {
    return (
      <Suspense fallback={<Loading />}>
        <Locked user={state.session?.user} />
      </Suspense>
    );
  }
  setHospitalZone(state.session.tenant?.time_zone);
  return <Outlet />;
}

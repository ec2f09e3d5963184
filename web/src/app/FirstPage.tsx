import { Suspense, lazy } from "react";
import { Navigate } from "react-router";
import { useSession } from "../lib/session/index.ts";
import { Loading } from "../ui/index.ts";
import { firstPage } from "./navigation.ts";

const Worklist = lazy(async () => ({
  default: (await import("../features/worklist/index.ts")).WorklistPage,
}));

/** "/" is the worklist for clinicians, and leads everybody else to the page of their role. */
export function FirstPage() {
  const to = firstPage(useSession());
  if (to !== "/") return <Navigate to={to} replace />;
  return (
    <Suspense fallback={<Loading />}>
      <Worklist />
    </Suspense>
  );
}

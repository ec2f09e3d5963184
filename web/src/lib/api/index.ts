export { api, call, callWithEtag, idempotencyKey, mergePatch, setAuthority } from "./client.ts";
export type { Authority, Schemas } from "./client.ts";
export { isProblem, Problem } from "./problem.ts";
export type { Fault } from "./problem.ts";
export { bounds } from "./bounds.ts";
export { queryClient } from "./query.ts";

export { flatten, mergePatchOf, same, type Fields } from "./paths.ts";
export { useDraft, useDraftFault, useDraftStore } from "./react.ts";
export type { Row } from "./rows.ts";
export { DraftStore, type Conflict, type Remote, type Snapshot, type State, type Unsaved } from "./store.ts";

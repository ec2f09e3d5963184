import { api, callWithEtag, mergePatch, type Schemas } from "../../lib/api/index.ts";
import { DraftStore, flatten, type Snapshot, type Unsaved } from "../../lib/draft/index.ts";
import { dayAndTime } from "../../lib/format/index.ts";
import { onLock, onSessionEnd } from "../../lib/session/index.ts";
import { drop, keep, kept } from "../../lib/vault/index.ts";
import { toast } from "../../ui/index.ts";
import { useWords } from "./words.ts";
import { readVisit, visitChanged, type HeldVisit, type Visit } from "./queries.ts";

/** What can be written; the patient is chosen when a visit begins and stays. */
export const written = [
  "doctor_id",
  "visit_date",
  "visit_type",
  "chief_complaint",
  "history_of_present_illness",
  "physical_examination",
  "diagnosis",
  "treatment_plan",
  "prescriptions",
  "vital_signs",
  "lab_results",
  "notes",
  "follow_up_required",
  "follow_up_date",
  "follow_up_instructions",
] as const;

const KIND = "draft";
const KEPT_WITHIN_MS = 250;

export type VisitStore = DraftStore<Visit>;

export function snapshotOf({ visit, etag }: HeldVisit, names: readonly string[] = written): Snapshot<Visit> {
  const fields = flatten(visit as unknown as Record<string, unknown>, names);
  delete fields["vital_signs/bmi"]; // Derived.
  return { whole: visit, fields, etag };
}

/** A row that nothing was written into yet is nobody's business but the editor's. */
export function withoutBlankRows(patch: Record<string, unknown>): Record<string, unknown> {
  const blank = (row: unknown) => Object.values(row as object).every((it) => it === null || it === "");
  return Object.fromEntries(
    Object.entries(patch).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.filter((row) => !blank(row)) : value,
    ]),
  );
}

// Drafts outlive the pages that show them: what could not be sent yet goes on being sent, and whoever
// comes back to the visit finds it as they left it.
const open = new Map<number, VisitStore>();
const keepers = new Map<number, () => void>();
onSessionEnd(() => {
  for (const stop of keepers.values()) stop();
  // Nothing more is sent: whoever signs in next may be somebody else.
  for (const store of open.values()) store.stop();
  keepers.clear();
  open.clear();
});
const flushAll = () => Promise.allSettled([...open.values()].map((store) => store.flush()));
onLock(flushAll, () => void flushAll());

export function openDraft(held: HeldVisit): VisitStore {
  const { id } = held.visit;
  const kept = open.get(id);
  // What was read may be older than what this page has sent since.
  if (kept && !kept.stopped && (kept.pending || kept.whole.revision >= held.visit.revision)) return kept;
  const params = { path: { id } };
  const store = new DraftStore<Visit>(snapshotOf(held), {
    save: async (patch, etag) => {
      const { data, etag: next } = await callWithEtag(
        api.PATCH("/records/{id}", {
          params: { ...params, header: { "If-Match": etag } },
          body: withoutBlankRows(patch) as Schemas["RecordPatch"],
          // Outlives the page when that is what made it be saved.
          keepalive: document.visibilityState === "hidden",
          ...mergePatch,
        }),
      );
      return snapshotOf({ visit: data, etag: next });
    },
    read: async () => snapshotOf(await readVisit(id)),
  });
  open.set(id, store);
  void keepFrom(store, id);
  return store;
}

/** Puts back what a tab left behind that was closed or crashed, and keeps from then on what is not saved. */
async function keepFrom(store: VisitStore, id: number): Promise<void> {
  try {
    const left = await kept<Unsaved>(KIND, id);
    if (left && open.get(id) === store) {
      store.restore(left.value);
      if (store.pending) toast(useWords.now().editor.putBack(dayAndTime(new Date(left.at).toISOString())));
    }
  } catch {
    // The key is not to be had now; it is asked for again with what is written next.
  }
  if (open.get(id) !== store) return;
  keepers.get(id)?.();
  keepers.set(id, keepUnsaved(store, id));
}

/** Within a moment of each change; away once the service has everything. */
function keepUnsaved(store: VisitStore, id: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const write = () => {
    timer = undefined;
    const { unsaved } = store;
    turn = turn.then(() => (unsaved ? keep(KIND, id, unsaved) : drop(KIND, id))).catch(() => undefined);
  };
  const stop = store.subscribeAll(() => {
    timer ??= setTimeout(write, KEPT_WITHIN_MS);
  });
  write();
  return () => {
    stop();
    if (timer) write();
    clearTimeout(timer);
  };
}

/** The page is left: what is not saved is sent, and the rest of the UI learns what there is now. */
export async function leaveDraft(store: VisitStore): Promise<void> {
  if (store.stopped) return;
  await store.flush().catch(() => false);
  visitChanged({ visit: store.whole, etag: store.etag });
}

export function forgetDraft(id: number): void {
  keepers.get(id)?.();
  keepers.delete(id);
  void drop(KIND, id).catch(() => undefined);
  open.delete(id);
}

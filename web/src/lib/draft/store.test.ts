import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../api/problem.ts";
import { flatten } from "./paths.ts";
import { DraftStore, type Remote, type Snapshot } from "./store.ts";

type Whole = Record<string, unknown>;

/** A service with one record: it keeps what is sent, and others may write to it too. */
class Service implements Remote<Whole> {
  record: Whole;
  revision = 1;
  patches: Whole[] = [];
  /** What the next saves answer instead, in turn. */
  faults: (Problem | "lost")[] = [];
  before: (() => Promise<void>) | undefined;

  constructor(record: Whole) {
    this.record = record;
  }
  snapshot(): Snapshot<Whole> {
    return { whole: this.record, fields: flatten(this.record, Object.keys(this.record)), etag: `"${this.revision}"` };
  }
  write(change: Whole): void {
    this.record = { ...this.record, ...change };
    this.revision++;
  }
  read(): Promise<Snapshot<Whole>> {
    return Promise.resolve(this.snapshot());
  }
  async save(patch: Whole, etag: string): Promise<Snapshot<Whole>> {
    this.patches.push(patch);
    await this.before?.();
    const fault = this.faults.shift();
    if (fault instanceof Problem) throw fault;
    if (etag !== `"${this.revision}"`) throw new Problem("version_conflict", 412);
    const { vital_signs, ...rest } = patch;
    this.write(vital_signs ? { ...rest, vital_signs: { ...(this.record["vital_signs"] as object), ...(vital_signs as object) } } : rest);
    if (fault === "lost") throw new Problem("offline", 0);
    return this.snapshot();
  }
}

let service: Service;
let store: DraftStore<Whole>;

beforeEach(() => {
  vi.useFakeTimers();
  service = new Service({ notes: "old", plan: null, vital_signs: { pulse_bpm: 70 }, rows: [{ id: 1, name: "a" }] });
  store = new DraftStore(service.snapshot(), service);
});
afterEach(() => vi.useRealTimers());

const quiet = () => vi.advanceTimersByTimeAsync(1_500);

test("saves the fields that differ, after a moment of quiet", async () => {
  store.set("notes", "n");
  await vi.advanceTimersByTimeAsync(1_000);
  store.set("notes", "new");
  store.set("vital_signs/pulse_bpm", 80);
  await vi.advanceTimersByTimeAsync(1_400);
  expect(service.patches).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(service.patches).toEqual([{ notes: "new", vital_signs: { pulse_bpm: 80 } }]);
  expect(store.state.kind).toBe("saved");
});

test("saves at the latest ten seconds after the first change", async () => {
  for (let i = 0; i < 11; i++) {
    store.set("notes", `word ${i}`);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(service.patches.length).toBe(1);
});

test("keeps what is typed while a save is under way", async () => {
  let answer: () => void = () => undefined;
  service.before = () => new Promise((resolve) => (answer = resolve));
  store.set("notes", "first");
  await quiet();
  store.set("notes", "first and second");
  service.before = undefined;
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(store.get("notes")).toBe("first and second");
  await quiet();
  expect(service.record["notes"]).toBe("first and second");
  expect(store.state.kind).toBe("saved");
});

test("does not send what was changed back", async () => {
  store.set("notes", "new");
  store.set("notes", "old");
  await quiet();
  expect(service.patches).toEqual([]);
  expect(store.state.kind).toBe("saved");
});

test("puts changes of different fields together", async () => {
  store.set("notes", "mine");
  service.write({ plan: "theirs" });
  await quiet();
  expect(service.record).toMatchObject({ notes: "mine", plan: "theirs" });
  expect(store.get("plan")).toBe("theirs");
  expect(store.conflicts.size).toBe(0);
});

test("asks when the same field was changed on both sides, and saves the others", async () => {
  store.set("notes", "mine");
  store.set("plan", "mine too");
  service.write({ notes: "theirs" });
  await quiet();
  expect(store.state.kind).toBe("conflict");
  expect(store.conflicts.get("notes")).toEqual({ base: "old", mine: "mine", theirs: "theirs" });
  expect(service.record).toMatchObject({ notes: "theirs", plan: "mine too" });
  expect(store.get("notes")).toBe("mine");
  store.resolve("notes", "both");
  await vi.advanceTimersByTimeAsync(0);
  expect(service.record["notes"]).toBe("both");
  expect(store.state.kind).toBe("saved");
});

test("takes a lost answer for what it was", async () => {
  service.faults = ["lost"];
  store.set("notes", "new");
  await quiet();
  expect(store.state.kind).toBe("offline");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(store.conflicts.size).toBe(0);
  expect(store.state.kind).toBe("saved");
  expect(service.record["notes"]).toBe("new");
});

test("is in no conflict with what was sent and not answered, and written further since", async () => {
  service.faults = ["lost"];
  store.set("notes", "new");
  await quiet();
  store.set("notes", "new and more");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(store.conflicts.size).toBe(0);
  expect(service.record["notes"]).toBe("new and more");
});

test("is in no conflict with what was kept here and arrived after all", async () => {
  store.restore({ local: { notes: "kept" }, base: { notes: "old" } });
  store.set("notes", "kept and more");
  service.write({ notes: "kept" });
  await quiet();
  expect(store.conflicts.size).toBe(0);
  expect(service.record["notes"]).toBe("kept and more");
});

test("tries again by itself while the service is away", async () => {
  const away = () => new Problem("database_unavailable", 503);
  service.faults = [away(), away(), away()];
  store.set("notes", "new");
  await quiet();
  expect(store.state.kind).toBe("offline");
  store.set("plan", "written offline");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(service.record).toMatchObject({ notes: "new", plan: "written offline" });
});

test("holds back a field at fault and sends the rest", async () => {
  const errors = [{ pointer: "/vital_signs/pulse_bpm", message: "must be between 10 and 350" }];
  service.faults = [new Problem("invalid_fields", 422, { errors })];
  store.set("notes", "good");
  store.set("vital_signs/pulse_bpm", 5);
  await quiet();
  expect(service.patches.at(-1)).toEqual({ notes: "good" });
  expect(store.fault("vital_signs/pulse_bpm")).toBe("must be between 10 and 350");
  store.set("vital_signs/pulse_bpm", 55);
  expect(store.fault("vital_signs/pulse_bpm")).toBeUndefined();
  await quiet();
  expect(service.record["vital_signs"]).toEqual({ pulse_bpm: 55 });
});

test("does not blame what was written since for what was refused", async () => {
  const errors = [{ pointer: "/notes", message: "is too short" }];
  service.faults = [new Problem("invalid_fields", 422, { errors })];
  let answer: () => void = () => undefined;
  service.before = () => new Promise((resolve) => (answer = resolve));
  store.set("notes", "n");
  await quiet();
  store.set("notes", "not short any more");
  service.before = undefined;
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(store.fault("notes")).toBeUndefined();
  expect(service.record["notes"]).toBe("not short any more");
});

test("holds a field that depends on another one", async () => {
  const errors = [{ pointer: "/follow_up_date", message: "is needed" }];
  service.faults = [new Problem("invalid_fields", 422, { errors })];
  store.set("notes", "good");
  store.set("follow_up_required", true);
  await quiet();
  expect(service.patches.at(-1)).toEqual({ notes: "good" });
  store.set("follow_up_date", "2027-01-01");
  await quiet();
  expect(service.patches.at(-1)).toEqual({ follow_up_required: true, follow_up_date: "2027-01-01" });
});

test("keeps the text when somebody signs the visit meanwhile", async () => {
  service.faults = [new Problem("record_finalized", 409)];
  store.set("notes", "too late");
  await quiet();
  expect(store.state.kind).toBe("finalized");
  expect(store.changes()).toEqual({ notes: "too late" });
  store.set("notes", "still here");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.patches.length).toBe(1);
});

test("stops at another refusal, says so, and tries again when asked to", async () => {
  service.faults = [new Problem("forbidden", 403)];
  store.set("notes", "new");
  await quiet();
  expect(store.state).toMatchObject({ kind: "failed" });
  expect(await store.flush()).toBe(true);
  expect(service.record["notes"]).toBe("new");
});

test("puts rows together by their ids, and adopts the ids of new ones", async () => {
  store.set("rows", [{ id: 1, name: "a" }, { name: "mine" }]);
  service.write({ rows: [{ id: 1, name: "a" }, { id: 2, name: "theirs" }] });
  await quiet();
  expect(service.record["rows"]).toEqual([{ id: 1, name: "a" }, { name: "mine" }, { id: 2, name: "theirs" }]);
  expect(store.conflicts.size).toBe(0);
});

test("lets another change of the record wait for its turn and use the newest ETag", async () => {
  const seen: string[] = [];
  const revisions: number[] = [];
  store.set("notes", "before");
  await store.exclusive((etag) => {
    seen.push(etag);
    store.subscribeAll(() => revisions.push(store.revision)); // From now on: of the change itself.
    service.write({ signed: true });
    return service.read();
  });
  expect(seen).toEqual(['"2"']);
  expect(store.whole["signed"]).toBe(true);
  expect(revisions.length).toBeGreaterThan(0);
  store.set("plan", "after");
  await quiet();
  expect(service.record["plan"]).toBe("after");
});

test("collects the changes of an amendment without sending them", async () => {
  const amendment = new DraftStore(service.snapshot());
  amendment.set("notes", "amended");
  amendment.set("plan", "");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(amendment.changes()).toEqual({ notes: "amended" });
});

test("tells a field's readers of its own changes only", () => {
  const told: string[] = [];
  store.subscribe("notes", () => told.push("notes"));
  store.subscribe("plan", () => told.push("plan"));
  store.set("notes", "x");
  expect(told).toEqual(["notes"]);
});

test("what was not sent is put back in another store, and sent", async () => {
  store.set("notes", "mine");
  const left = store.unsaved!;
  store.stop();
  service.write({ plan: "theirs" });
  const next = new DraftStore(service.snapshot(), service);
  next.restore(JSON.parse(JSON.stringify(left)) as typeof left);
  expect(next.get("notes")).toBe("mine");
  expect(next.get("plan")).toBe("theirs");
  await quiet();
  expect(service.record["notes"]).toBe("mine");
  expect(next.unsaved).toBeUndefined();
});

test("what was put back and changed elsewhere meanwhile is a conflict", () => {
  store.set("notes", "mine");
  const left = store.unsaved!;
  service.write({ notes: "theirs" });
  const next = new DraftStore(service.snapshot(), service);
  next.restore(left);
  expect(next.conflicts.get("notes")).toMatchObject({ base: "old", mine: "mine", theirs: "theirs" });
  expect(next.unsaved).toEqual(left);
});

test("what was put back and had been saved after all is no change", () => {
  store.set("notes", "mine");
  const left = store.unsaved!;
  service.write({ notes: "mine" });
  const next = new DraftStore(service.snapshot(), service);
  next.restore(left);
  expect(next.pending).toBe(false);
  expect(next.state.kind).toBe("saved");
});

import { isProblem, type Fault, type Problem } from "../api/index.ts";
import { mergePatchOf, pathOf, same, type Fields } from "./paths.ts";
import { adoptRows, mergeRows, type Row } from "./rows.ts";

/** What the service has: the fields, and the ETag that the next change names. */
export interface Snapshot<T> {
  whole: T;
  fields: Fields;
  etag: string;
}

export interface Remote<T> {
  save(patch: Record<string, unknown>, etag: string): Promise<Snapshot<T>>;
  read(): Promise<Snapshot<T>>;
}

export interface Conflict {
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export type State =
  | { kind: "saved"; at: number | undefined }
  | { kind: "dirty" }
  | { kind: "saving" }
  /** The service cannot be reached; it goes on by itself. */
  | { kind: "offline" }
  | { kind: "conflict" }
  /** Something else than the fields is wrong; a change or "save now" tries again. */
  | { kind: "failed"; problem: Problem | undefined }
  /** Somebody has signed the record meanwhile: what is written here can become an amendment. */
  | { kind: "finalized" };

/** What the service does not have yet, and what it had at these paths when that was written. */
export interface Unsaved {
  local: Fields;
  base: Fields;
}

interface Refused {
  message: string;
  /** Found here, not by the service. */
  own: boolean;
  details: readonly Fault[];
}

const QUIET_MS = 1_500;
const LONGEST_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const MOST_UNANSWERED = 20;

/** Fields that the service judges together: a fault of one holds back both. */
const together: readonly (readonly string[])[] = [
  ["follow_up_required", "follow_up_date"],
  ["vital_signs/systolic_mmhg", "vital_signs/diastolic_mmhg"],
  ["vital_signs/weight_kg", "vital_signs/height_cm"],
];

/**
 * What is being written, outside of all components, always on its way to the service. A save sends
 * the fields that differ, one request at a time. Its answer changes what is known of the service and
 * never a field that somebody writes in.
 */
export class DraftStore<T> {
  #base: Snapshot<T>;
  readonly #remote: Remote<T> | undefined;
  readonly #local = new Map<string, unknown>();
  readonly #dirty = new Set<string>();
  /** Values that the service, or a check here, has refused; sent again once they differ. */
  readonly #faults = new Map<string, Refused>();
  readonly #conflicts = new Map<string, Conflict>();
  /** What may have arrived without an answer. If the service has it, nobody else wrote it. */
  readonly #unanswered = new Map<string, unknown[]>();
  #state: State = { kind: "saved", at: undefined };
  #queue: Promise<unknown> = Promise.resolve();
  #saving = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstChange: number | undefined;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;
  readonly #byPath = new Map<string, Set<() => void>>();
  readonly #listeners = new Set<() => void>();
  #revision = 0;

  /** Without a `remote` nothing is sent: the changes are collected, for an amendment. */
  constructor(base: Snapshot<T>, remote?: Remote<T>) {
    this.#base = base;
    this.#remote = remote;
  }

  get whole(): T {
    return this.#base.whole;
  }
  get etag(): string {
    return this.#base.etag;
  }
  get state(): State {
    return this.#state;
  }
  /** Changes with everything that may be seen of the store as a whole. */
  get revision(): number {
    return this.#revision;
  }
  get conflicts(): ReadonlyMap<string, Conflict> {
    return this.#conflicts;
  }
  get stopped(): boolean {
    return this.#closed;
  }
  get pending(): boolean {
    return this.#dirty.size > 0 || this.#saving;
  }

  get(path: string): unknown {
    return this.#local.has(path) ? this.#local.get(path) : this.#base.fields[path];
  }
  fault(path: string): string | undefined {
    return this.#faults.get(path)?.message;
  }
  /** The message for a place within a list, such as /prescriptions/0/dosage. */
  faultAt(pointer: string): string | undefined {
    return this.#faults.get(pathOf(pointer))?.details.find((it) => it.pointer === pointer)?.message;
  }
  faults(): [string, string][] {
    return [...this.#faults].map(([path, { message }]) => [path, message]);
  }

  /** The paths that differ from what the service has. */
  changes(): Record<string, unknown> {
    return Object.fromEntries([...this.#dirty].map((path) => [path, this.get(path)]));
  }

  set(path: string, value: unknown): void {
    this.#local.set(path, value);
    if (same(value, this.#base.fields[path]) && !this.#saving) this.#dirty.delete(path);
    else this.#dirty.add(path);
    this.#faults.delete(path);
    for (const group of together) if (group.includes(path)) this.#dropServiceFaults(group);
    this.#tell(path);
    if (this.#state.kind !== "finalized" && this.#conflicts.size === 0) {
      this.#become(this.#dirty.size > 0 ? { kind: "dirty" } : { kind: "saved", at: this.#lastSaved });
    }
    this.#schedule();
  }

  /** To be kept elsewhere, until the service has it; undefined when it has everything. */
  get unsaved(): Unsaved | undefined {
    if (this.#dirty.size === 0) return undefined;
    const local: Record<string, unknown> = {};
    const base: Record<string, unknown> = {};
    for (const path of this.#dirty) {
      const conflict = this.#conflicts.get(path);
      local[path] = this.get(path) ?? null;
      base[path] = (conflict ? conflict.base : this.#base.fields[path]) ?? null;
    }
    return { local, base };
  }

  /** Puts back what was kept; what others have changed since is merged as after a stale ETag. */
  restore({ local, base }: Unsaved): void {
    const now = this.#base;
    const paths = Object.keys(local).filter((path) => !this.#dirty.has(path));
    const fields = { ...now.fields };
    for (const path of paths) {
      fields[path] = base[path];
      this.#local.set(path, local[path]);
      this.#mayHaveArrived(path, local[path]);
      this.#dirty.add(path);
    }
    this.#base = { ...now, fields };
    this.#merge(now);
    for (const path of paths) this.#tell(path);
    this.#settle();
  }

  /** A value that cannot be sent, such as a number out of its bounds: it stays here and is marked. */
  refuse(path: string, value: unknown, message: string): void {
    this.#local.set(path, value);
    this.#dirty.add(path);
    this.#faults.set(path, { message, own: true, details: [] });
    this.#tell(path);
  }

  /** Sends what there is to be sent; true when the service has everything. */
  async flush(): Promise<boolean> {
    this.#cancelTimer();
    await this.#enqueue(() => this.#save());
    return this.#dirty.size === 0;
  }

  /**
   * Another change of the same record, in turn with the saves and with the ETag as it is then; it
   * answers with what the service has after it. A stale ETag is read anew once.
   */
  async exclusive(change: (etag: string, whole: T) => Promise<Snapshot<T>>): Promise<void> {
    await this.#enqueue(async () => {
      await this.#save();
      try {
        this.#adopt(await change(this.#base.etag, this.#base.whole), new Map());
      } catch (error) {
        if (!isProblem(error, "version_conflict") || !this.#remote) throw error;
        this.#merge(await this.#remote.read());
        this.#adopt(await change(this.#base.etag, this.#base.whole), new Map());
      }
    });
  }

  /** Decides a conflict: the chosen value is sent as a change of what the service has now. */
  resolve(path: string, value: unknown): void {
    this.#conflicts.delete(path);
    this.set(path, value);
    this.#cancelTimer();
    void this.#enqueue(() => this.#save());
  }

  /** The record is gone: nothing more is sent. */
  stop(): void {
    this.#closed = true;
    this.#dirty.clear();
    this.#cancelTimer();
  }

  subscribe(path: string, listener: () => void): () => void {
    const own = this.#byPath.get(path) ?? new Set();
    this.#byPath.set(path, own.add(listener));
    return () => own.delete(listener);
  }
  subscribeAll(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #lastSaved: number | undefined;

  #tell(path: string): void {
    for (const listener of this.#byPath.get(path) ?? []) listener();
    this.#tellAll();
  }
  #tellAll(): void {
    this.#revision++;
    for (const listener of this.#listeners) listener();
  }
  #become(state: State): void {
    this.#state = state;
    this.#tellAll();
  }

  #dropServiceFaults(paths: readonly string[]): void {
    for (const path of paths) {
      const fault = this.#faults.get(path);
      if (!fault || fault.own) continue;
      this.#faults.delete(path);
      this.#tell(path);
    }
  }

  #cancelTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** After a moment of quiet, and not later than ten seconds after the first unsaved change. */
  #schedule(): void {
    if (!this.#remote || this.#closed || this.#state.kind === "finalized") return;
    const now = Date.now();
    this.#firstChange ??= now;
    const left = Math.max(0, this.#firstChange + LONGEST_MS - now);
    this.#cancelTimer();
    this.#timer = setTimeout(() => void this.#enqueue(() => this.#save()), Math.min(QUIET_MS, left));
  }

  #retryLater(): void {
    const wait = this.#retryMs * (0.75 + Math.random() / 2);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    this.#cancelTimer();
    this.#timer = setTimeout(() => void this.#enqueue(() => this.#save()), wait);
  }

  #enqueue<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #sendable(): Map<string, unknown> {
    const out = new Map<string, unknown>();
    for (const path of this.#dirty) {
      if (!this.#faults.has(path) && !this.#conflicts.has(path)) out.set(path, this.get(path));
    }
    return out;
  }

  async #save(): Promise<void> {
    const remote = this.#remote;
    if (!remote || this.#closed || this.#state.kind === "finalized") return;
    this.#firstChange = undefined;
    for (;;) {
      const sent = this.#sendable();
      if (sent.size === 0) return this.#settle();
      this.#saving = true;
      this.#become({ kind: "saving" });
      try {
        const answer = await remote.save(mergePatchOf(Object.fromEntries(sent)), this.#base.etag);
        this.#saving = false;
        this.#retryMs = FIRST_RETRY_MS;
        this.#lastSaved = Date.now();
        this.#adopt(answer, sent);
        return this.#settle();
      } catch (error) {
        this.#saving = false;
        if (!(await this.#recover(error, sent, remote))) return;
      }
    }
  }

  /** Whether to try again at once. */
  async #recover(error: unknown, sent: ReadonlyMap<string, unknown>, remote: Remote<T>): Promise<boolean> {
    if (!isProblem(error)) throw error;
    if (error.passing) {
      for (const [path, value] of sent) this.#mayHaveArrived(path, value);
      this.#become({ kind: "offline" });
      this.#retryLater();
      return false;
    }
    if (error.code === "version_conflict") {
      try {
        this.#merge(await remote.read());
      } catch (again) {
        return this.#recover(again, sent, remote);
      }
      return true;
    }
    if (error.code === "record_finalized") {
      this.#become({ kind: "finalized" });
      return false;
    }
    if (error.status === 422 && this.#hold(error, sent)) return true;
    this.#become({ kind: "failed", problem: error });
    return false;
  }

  #mayHaveArrived(path: string, value: unknown): void {
    const others = (this.#unanswered.get(path) ?? []).filter((it) => !same(it, value));
    this.#unanswered.set(path, [...others, value].slice(-MOST_UNANSWERED));
  }

  /** Marks the paths that are at fault, so that the rest can be sent; false when there are none. */
  #hold(problem: Problem, sent: ReadonlyMap<string, unknown>): boolean {
    let held = false;
    for (const { pointer, message } of problem.faults) {
      const path = pathOf(pointer);
      const group = together.find((paths) => paths.includes(path)) ?? [path];
      for (const member of group.filter((it) => sent.has(it))) {
        const details = problem.faults.filter((it) => pathOf(it.pointer) === path);
        held = true;
        // The refusal is about what was sent; what was written since is sent by itself.
        if (!same(this.get(member), sent.get(member))) continue;
        this.#faults.set(member, { message, own: false, details });
        this.#tell(member);
      }
    }
    return held;
  }

  #settle(): void {
    if (this.#conflicts.size > 0) this.#become({ kind: "conflict" });
    else if (this.#dirty.size > 0) this.#become({ kind: "dirty" });
    else this.#become({ kind: "saved", at: this.#lastSaved });
    if (this.#sendable().size > 0) this.#schedule();
  }

  #adopt(answer: Snapshot<T>, sent: ReadonlyMap<string, unknown>): void {
    const before = this.#base;
    this.#base = answer;
    for (const [path, value] of sent) {
      this.#unanswered.delete(path);
      if (same(this.get(path), value)) this.#dirty.delete(path);
      const [mine, there] = [this.get(path), answer.fields[path]];
      if (Array.isArray(mine) && Array.isArray(there)) {
        this.#local.set(path, adoptRows(mine as Row[], there as Row[]));
        this.#tell(path);
      }
    }
    this.#followBase(before);
    this.#tellAll();
  }

  /** Fields that nobody writes in here show what the service has now. */
  #followBase(before: Snapshot<T>): void {
    const paths = new Set([...Object.keys(before.fields), ...Object.keys(this.#base.fields)]);
    for (const path of paths) {
      if (this.#dirty.has(path) || same(before.fields[path], this.#base.fields[path])) continue;
      if (this.#local.has(path) && same(this.#local.get(path), this.#base.fields[path])) continue;
      this.#local.delete(path);
      this.#tell(path);
    }
  }

  /** Somebody else has changed the record: three ways by path, and lists by the ids of their rows. */
  #merge(now: Snapshot<T>): void {
    const before = this.#base;
    this.#base = now;
    for (const path of [...this.#dirty]) {
      const [base, mine, theirs] = [before.fields[path], this.get(path), now.fields[path]];
      if (same(mine, theirs)) {
        this.#dirty.delete(path); // A lost answer: it was saved.
        this.#lastSaved = Date.now();
        this.#conflicts.delete(path);
      } else if (!same(base, theirs) && !this.#unanswered.get(path)?.some((it) => same(it, theirs))) {
        const lists = [base ?? [], mine ?? [], theirs ?? []];
        const merged = lists.every(Array.isArray)
          ? mergeRows(lists[0] as Row[], lists[1] as Row[], lists[2] as Row[])
          : undefined;
        if (merged) this.#local.set(path, merged);
        else this.#conflicts.set(path, { base, mine, theirs });
        this.#tell(path);
      }
    }
    this.#followBase(before);
  }
}

import { useSyncExternalStore } from "react";
import { api, call, idempotencyKey, isProblem, queryClient, type Schemas } from "../api/index.ts";
import { onSessionEnd } from "../session/index.ts";
import { allKept, drop, keep } from "../vault/index.ts";
import { HEAD_BYTES, nameOf, refusalOf, typeOf, type Refusal } from "./kinds.ts";
import { patiently, sleep } from "./patience.ts";
import { prepare } from "./prepare.ts";
import { Speed } from "./speed.ts";
import { sendParts, sendWhole, type Parts } from "./transfer.ts";

type Attachment = Schemas["Attachment"];
type Policy = Schemas["AttachmentPolicy"];

export type Phase =
  /** Read, compressed, hashed. */
  | "preparing"
  | "waiting"
  | "sending"
  /** The network or the store is away; it goes on by itself. */
  | "paused"
  | "finishing"
  /** All has arrived; the service reads it before anybody else may. */
  | "verifying"
  | "done"
  | "refused"
  | "failed"
  /** Begun before the page was loaded anew: the file has to be chosen again. */
  | "missing";

export interface Upload {
  id: string;
  record: number;
  patient: number;
  name: string;
  size: number;
  /** Bytes that are sent: fewer than `size` where the file is compressed. */
  total: number;
  sent: number;
  bytesPerSecond: number | undefined;
  phase: Phase;
  refusal?: Refusal;
  error?: unknown;
}

/** What is kept of an upload, so that it goes on after the page is loaded again. */
interface Begun {
  record: number;
  patient: number;
  name: string;
  size: number;
  /** Of the first MiB: by it the file is known again. */
  head: string;
  key: string;
  body?: Schemas["UploadStart"];
  attachment?: number;
}

interface Job {
  file: File | undefined;
  begun: Begun;
  stop: AbortController;
}

const FILES_AT_ONCE = 3;
const GZIP_MOST_BYTES = 64 * 2 ** 20;
const FINGERPRINT_BYTES = 2 ** 20;
const TELL_MS = 200;
const KIND = "upload";

let uploads: readonly Upload[] = [];
const jobs = new Map<string, Job>();
const listeners = new Set<() => void>();
const published = new Set<(upload: Upload, attachment: Attachment) => void>();

function become(next: readonly Upload[]): void {
  uploads = next;
  for (const listener of listeners) listener();
}

function change(id: string, more: Partial<Upload>): void {
  become(uploads.map((it) => (it.id === id ? { ...it, ...more } : it)));
}

export function isRunning(phase: Phase): boolean {
  return ["preparing", "waiting", "sending", "paused", "finishing", "verifying"].includes(phase);
}

onSessionEnd(() => {
  for (const { stop } of jobs.values()) stop.abort(new DOMException("signed out", "AbortError"));
  jobs.clear();
  become([]);
});

/** Told of each file that has become part of its record. */
export function onPublished(tell: (upload: Upload, attachment: Attachment) => void): () => void {
  published.add(tell);
  return () => published.delete(tell);
}

let policy: Promise<Policy> | undefined;
onSessionEnd(() => (policy = undefined));

export function readPolicy(): Promise<Policy> {
  policy ??= call(api.GET("/attachments/policy"));
  policy.catch(() => (policy = undefined));
  return policy;
}

// ------------------------------------------------------------------ turns

/** While a tab works on an upload, others leave it alone. */
function claim(id: string, signal: AbortSignal): void {
  const { locks } = navigator as Partial<Navigator>;
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  void locks?.request(`wardbook-upload-${id}`, () => ended);
}

async function claimed(): Promise<ReadonlySet<string>> {
  const { locks } = navigator as Partial<Navigator>;
  const held = (await locks?.query())?.held ?? [];
  return new Set(held.map((it) => it.name?.replace("wardbook-upload-", "") ?? ""));
}

let running = 0;
const turns: (() => void)[] = [];

async function inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (running >= FILES_AT_ONCE) await new Promise<void>((resolve) => turns.push(resolve));
  running++;
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    running--;
    turns.shift()?.();
  }
}

// ------------------------------------------------------------------ one file

async function fingerprint(file: Blob): Promise<string> {
  const head = await file.slice(0, FINGERPRINT_BYTES).arrayBuffer();
  const digest = await crypto.subtle.digest("SHA-256", head);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Started = Schemas["UploadStarted"]["upload"];

/** The beginning: a pending file at the service. Repeated under its key it goes on with the same. */
async function begin(id: string, job: Job, body: Schemas["UploadStart"]): Promise<Started> {
  const { begun } = job;
  // The bytes may come out otherwise than before the page was loaded anew; then it is another upload.
  if (begun.body && JSON.stringify(begun.body) !== JSON.stringify(body)) {
    begun.key = idempotencyKey();
    delete begun.attachment;
  }
  begun.body = body;
  await keep(KIND, id, begun).catch(() => undefined);
  const started = await call(
    api.POST("/records/{id}/attachments", {
      params: { path: { id: begun.record }, header: { "Idempotency-Key": begun.key } },
      body,
    }),
  );
  begun.attachment = started.attachment.id;
  await keep(KIND, id, begun).catch(() => undefined);
  return started.upload;
}

async function missingParts(attachment: number): Promise<Parts> {
  return call(api.GET("/attachments/{id}/parts", { params: { path: { id: attachment } } }));
}

/** All parts are there already, or the file is: only the completion is missing, or not even that. */
function nothingLeft(error: unknown): boolean {
  return isProblem(error, "conflict") || isProblem(error, "attachment_not_available");
}

async function transfer(id: string, job: Job, file: File, signal: AbortSignal): Promise<void> {
  const { compressible_types, multipart_threshold_bytes } = await readPolicy();
  const type = typeOf(file.name)!;
  const pays = compressible_types.includes(type) && file.size <= GZIP_MOST_BYTES;
  const { gzipped, sha256 } = await prepare(file, pays, multipart_threshold_bytes);
  const bytes: Blob = gzipped ?? file;
  const body: Schemas["UploadStart"] = {
    file_name: job.begun.name,
    file_type: type,
    file_size: file.size,
    ...(gzipped ? { content_encoding: "gzip" as const, stored_size: gzipped.size } : {}),
    ...(sha256 ? { stored_sha256: sha256 } : {}),
  };
  const speed = new Speed();
  let told = 0;
  change(id, { total: bytes.size, phase: "waiting" });
  const onWait = () => change(id, { phase: "paused", bytesPerSecond: undefined });
  const onSent = (sent: number) => {
    const now = performance.now();
    speed.note(sent, now);
    if (now - told < TELL_MS && sent < bytes.size) return;
    told = now;
    change(id, { sent, phase: "sending", bytesPerSecond: speed.bytesPerSecond });
  };
  const way = { signal, onSent, onWait };
  const start = () => patiently(() => begin(id, job, body), signal, onWait);
  const resumed = job.begun.attachment;
  const same = JSON.stringify(job.begun.body) === JSON.stringify(body);
  if (resumed !== undefined && same && bytes.size >= multipart_threshold_bytes) {
    try {
      const fresh = () => missingParts(resumed);
      return await sendParts(bytes, await patiently(fresh, signal, onWait), fresh, way);
    } catch (error) {
      if (nothingLeft(error)) return;
      if (!isProblem(error) || error.status !== 404) throw error;
      job.begun.key = idempotencyKey(); // It has been swept meanwhile.
    }
  }
  const upload = await start();
  if (upload.mode === "multipart") {
    await sendParts(bytes, upload, () => missingParts(job.begun.attachment!), way);
  } else {
    const fresh = async () => {
      const again = await start();
      if (again.mode !== "single") throw new Error("another way of uploading");
      return again;
    };
    await sendWhole(bytes, upload, fresh, way);
  }
}

/** Until the service has read what is too large to be read at once. */
async function verified(attachment: Attachment, signal: AbortSignal, onWait: () => void): Promise<Attachment> {
  let now = attachment;
  for (let wait = 1_000; now.state === "pending"; wait = Math.min(20_000, wait * 2)) {
    await sleep(wait, signal);
    const params = { path: { id: now.id } };
    now = await patiently(() => call(api.GET("/attachments/{id}", { params })), signal, onWait);
  }
  return now;
}

async function finish(id: string, job: Job, signal: AbortSignal): Promise<void> {
  const onWait = () => change(id, { phase: "paused" });
  const params = { path: { id: job.begun.attachment! } };
  const upload = () => uploads.find((it) => it.id === id)!;
  change(id, { phase: "finishing", sent: upload().total, bytesPerSecond: undefined });
  const complete = () => call(api.POST("/attachments/{id}/complete", { params, body: {} }));
  let attachment = await patiently(complete, signal, onWait);
  if (attachment.state === "pending") {
    change(id, { phase: "verifying" });
    attachment = await verified(attachment, signal, onWait);
  }
  await drop(KIND, id).catch(() => undefined);
  jobs.delete(id);
  job.stop.abort(new DOMException("done", "AbortError"));
  if (attachment.state !== "available") {
    change(id, { phase: "refused", refusal: "content" });
    return;
  }
  change(id, { phase: "done" });
  queryClient.removeQueries({ queryKey: ["timeline", job.begun.patient] });
  for (const tell of published) tell(upload(), attachment);
}

async function run(id: string): Promise<void> {
  const job = jobs.get(id);
  if (!job?.file) return;
  const { file } = job;
  const { signal } = job.stop;
  change(id, { phase: "waiting", error: undefined, bytesPerSecond: undefined });
  try {
    await inTurn(signal, async () => {
      change(id, { phase: "preparing" });
      await transfer(id, job, file, signal);
      await finish(id, job, signal);
    });
  } catch (error) {
    if (signal.aborted) return;
    change(id, { phase: "failed", error, bytesPerSecond: undefined });
    // What the service has refused is not to be gone on with.
    if (!isProblem(error) || error.status !== 422) return;
    job.begun.key = idempotencyKey();
    delete job.begun.attachment;
    delete job.begun.body;
    void drop(KIND, id);
  }
}

// ------------------------------------------------------------------ what pages do

async function sameAsMissing(record: number, file: File, head: string): Promise<Upload | undefined> {
  return uploads.find((it) => {
    const job = jobs.get(it.id);
    return it.phase === "missing" && it.record === record && it.size === file.size && job?.begun.head === head;
  });
}

/** Files for a record, in the order in which they were given. What is refused is said beside its name. */
export async function addFiles(record: number, patient: number, files: readonly File[]): Promise<void> {
  const rules = await readPolicy();
  const now = new Date();
  const names = new Map<string, number>();
  for (const file of files) {
    const id = crypto.randomUUID();
    const count = names.get(file.name) ?? 0;
    names.set(file.name, count + 1);
    const name = nameOf(file.name, now, count);
    const upload = { id, record, patient, name, size: file.size, total: file.size, sent: 0, bytesPerSecond: undefined };
    let head: string;
    try {
      const first = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
      const refusal = refusalOf(file, first, rules);
      if (refusal) {
        become([...uploads, { ...upload, phase: "refused", refusal }]);
        continue;
      }
      head = await fingerprint(file);
    } catch (error) {
      become([...uploads, { ...upload, phase: "failed", error }]);
      continue;
    }
    const before = await sameAsMissing(record, file, head);
    if (before) {
      const job = jobs.get(before.id)!;
      job.file = file;
      claim(before.id, job.stop.signal);
      void run(before.id);
      continue;
    }
    const begun: Begun = { record, patient, name, size: file.size, head, key: idempotencyKey() };
    const stop = new AbortController();
    jobs.set(id, { file, begun, stop });
    claim(id, stop.signal);
    become([...uploads, { ...upload, phase: "waiting" }]);
    void run(id);
  }
}

export function retryUpload(id: string): void {
  void run(id);
}

/** Ends an upload; what has arrived of it is thrown away. */
export async function cancelUpload(id: string): Promise<void> {
  const job = jobs.get(id);
  job?.stop.abort(new DOMException("cancelled", "AbortError"));
  jobs.delete(id);
  become(uploads.filter((it) => it.id !== id));
  await drop(KIND, id).catch(() => undefined);
  const attachment = job?.begun.attachment;
  if (attachment === undefined) return;
  // What stays behind when nobody answers is swept by the service.
  await call(api.DELETE("/attachments/{id}", { params: { path: { id: attachment } } })).catch(() => undefined);
}

/** Takes those that are done, or will never be, out of sight. */
export function clearEnded(record: number): void {
  become(uploads.filter((it) => it.record !== record || isRunning(it.phase) || it.phase === "missing"));
}

/** Uploads of a record that were under way when the page was left or loaded anew; how many there are. */
export async function restoreUploads(record: number): Promise<number> {
  const [all, elsewhere] = [await allKept<Begun>(KIND), await claimed()];
  const found = all.filter(({ id, value }) => value.record === record && !jobs.has(id) && !elsewhere.has(id));
  const restored = found.map(({ id, value }): Upload => {
    jobs.set(id, { file: undefined, begun: value, stop: new AbortController() });
    const { patient, name, size } = value;
    return { id, record, patient, name, size, total: size, sent: 0, bytesPerSecond: undefined, phase: "missing" };
  });
  if (restored.length > 0) become([...uploads, ...restored]);
  return restored.length;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(subscribe, () => uploads);
}

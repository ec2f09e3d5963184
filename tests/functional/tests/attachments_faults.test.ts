// The store misbehaves: what it breaks is 503 with Retry-After, everything else goes on, nothing is
// published that was not verified, and once it is well again the same uploads are finished.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { BadStore, type Fault } from "../lib/badstore.ts";
import { Client, type Schemas } from "../lib/client.ts";
import { complete, pdf, put, sha256, startUpload, upload, type Started } from "../lib/files.ts";
import { command, freePort, start, type Running } from "../lib/program.ts";
import { demoBucket, exists, keysOf, type Bucket } from "../lib/s3.ts";
import { as, config, dataDir, HOME, newPatient, newRecord } from "../lib/world.ts";

type Attachment = Schemas["Attachment"];

let store: BadStore;
let node: Running;
let doctor: Client;
let patient: Schemas["Patient"];
let bucket: Bucket;
let altered: string;
const bytes = pdf(200_000);

before(async () => {
  bucket = demoBucket(dataDir);
  store = new BadStore(bucket.endpoint);
  await store.listen();
  // URLs name the real store; the service alone talks to the bad one.
  const text = readFileSync(config, "utf8")
    .replace(/^endpoint = .*$/m, `endpoint = "http://127.0.0.1:${store.port}"`)
    .replace(/^public_endpoint = .*$/m, `public_endpoint = "${bucket.endpoint}"`)
    .replace(/^target = .*$/m, 'target = "stdout"');
  altered = path.join(mkdtempSync(path.join(os.tmpdir(), "wardbook-faults-")), "wardbook.toml");
  writeFileSync(altered, text, { mode: 0o600 });
  const port = await freePort();
  const args = ["serve", "--config", altered, "--listen", `127.0.0.1:${port}`];
  node = start(args, `http://127.0.0.1:${port}`, `${altered}.log`, {
    WARDBOOK_STORAGE_TIMEOUT_S: "3",
  });
  await node.ready(60);
  const { session } = await as("doctor");
  doctor = new Client(node.base, session.access_token);
  patient = await newPatient(doctor);
});
after(async () => {
  store.fault = "none";
  const ended = await node.stop();
  await store.close();
  assert.equal(ended.code, 0, node.tail());
});

async function listed(record: number): Promise<Attachment[]> {
  const where = { id: record };
  const list = await doctor.expect(200, "get", "/records/{id}/attachments", { path: where });
  return list.body.items;
}

async function started(record: number, extra: object = {}): Promise<Started> {
  const begun = await startUpload(doctor, record, {
    file_name: "fault.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
    ...extra,
  });
  assert.equal((await put(begun, bytes)).status, 200);
  return begun;
}

function month(): string {
  const now = new Date();
  return `${now.getUTCFullYear()}/${String(now.getUTCMonth() + 1).padStart(2, "0")}`;
}

async function through(record: number): Promise<{ status: number; text: string }> {
  const options = { query: { file_name: "through.pdf" }, body: bytes, type: "application/pdf" };
  return doctor.any("PUT", `/records/${record}/attachments`, options);
}

async function restGoesOn(): Promise<void> {
  const where = { id: patient.id };
  const read = await doctor.expect(200, "get", "/patients/{id}", { path: where });
  assert.deepEqual(read.body, patient);
  await new Client(node.base).expect(200, "get", "/healthz");
}

/** 503 with Retry-After (the client holds every answer against the document, which says so). */
function isAway(what: string, answer: { status: number; text: string }): void {
  assert.equal(answer.status, 503, `${what}: ${answer.text.slice(0, 500)}`);
  assert.match(answer.text, /"store_unavailable"/, what);
}

async function broken(fault: string): Promise<void> {
  const record = await newRecord(doctor, patient.id);
  store.fault = "none";
  const good = await upload(doctor, record.id, "good.pdf", "application/pdf", bytes);
  const begun = await started(record.id);
  const at = `/attachments/${good.id}`;

  if (fault === "refused") await store.close();
  else store.fault = fault as Fault;
  const [completed, content, sent] = await Promise.all([
    complete(doctor, begun.attachment.id),
    doctor.any("GET", `${at}/content`).then(
      (answer) => answer,
      (error: Error) => error,
    ),
    through(record.id),
    restGoesOn(),
  ]);
  isAway(`${fault}, complete`, completed);
  // An answer to a PUT has no body to be cut.
  if (fault === "cut-body") assert.equal(sent.status, 201, sent.text);
  else isAway(`${fault}, through the service`, sent);
  if (fault === "cut-body" && content instanceof Error) {
    // Once its first bytes are out, an answer can only be cut off: never a whole one.
    assert.match(content.message, /cut off|hang up|reset/);
  } else {
    assert.ok(!(content instanceof Error), String(content));
    isAway(`${fault}, content`, content);
  }
  const there = (await listed(record.id)).map((file) => file.id);
  assert.ok(there.includes(good.id) && !there.includes(begun.attachment.id));
  assert.equal(there.length, fault === "cut-body" ? 2 : 1);
  if (fault !== "cut-body") {
    // A good answer from before the fault may stand for a moment.
    let ready = await new Client(node.base).any("GET", "//readyz");
    for (let i = 0; i < 50 && ready.status === 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      ready = await new Client(node.base).any("GET", "//readyz");
    }
    assert.equal(ready.status, 503, ready.text);
  }
  // A link is given for the bytes that were verified, so the store is asked; to upload it is not.
  const link = await doctor.any("POST", `${at}/download-url`);
  if (fault === "cut-body") assert.equal(link.status, 200, link.text);
  else isAway(`${fault}, download-url`, link);
  await startUpload(doctor, record.id, {
    file_name: "meanwhile.pdf",
    file_type: "application/pdf",
    file_size: 10,
  });
  await restGoesOn();

  if (fault === "refused") await store.listen();
  else assert.ok(store.met > 0);
  store.fault = "none";
  const done = await complete(doctor, begun.attachment.id);
  assert.equal(done.status, 200, `${fault}: ${done.text}`);
  assert.equal(done.body.sha256, sha256(bytes));
  const back = await doctor.any("GET", `${at}/content`);
  assert.deepEqual(back.bytes, bytes);
  assert.equal((await new Client(node.base).any("GET", "//readyz")).status, 200);
}

for (const fault of ["refused", "500", "slow-down", "cut-head", "cut-body", "nonsense", "hang"]) {
  test(`the store's fault: ${fault}`, () => broken(fault));
}

test("a built-in store that can write nothing is not ready, and can be read", async () => {
  const record = await newRecord(doctor, patient.id);
  const file = await upload(doctor, record.id, "kept.pdf", "application/pdf", bytes);
  const folder = path.join(dataDir, "objects", "tmp");
  const readiness = async (wanted: number): Promise<string> => {
    for (;;) {
      const answer = await new Client(node.base).any("GET", "//readyz");
      if (answer.status === wanted) return answer.text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  renameSync(folder, `${folder}.away`);
  try {
    assert.match(await readiness(503), /can store nothing at present/);
    const back = await doctor.any("GET", `/attachments/${file.id}/content`);
    assert.deepEqual(back.bytes, bytes);
  } finally {
    renameSync(`${folder}.away`, folder);
  }
  await readiness(200);
});

test("a store that hangs keeps an upload through the service waiting once", async () => {
  const record = await newRecord(doctor, patient.id);
  store.fault = "hang";
  store.met = 0;
  const sent = await through(record.id);
  const { met } = store;
  store.fault = "none";
  isAway("hanging", sent);
  assert.equal(met, 1, "the object is left to the sweep");
  assert.deepEqual(await listed(record.id), []);
});

for (const fault of ["500", "slow-down", "cut-head"] as const) {
  test(`an upload that met ${fault} leaves nothing once it was swept`, async () => {
    const record = await newRecord(doctor, patient.id);
    store.fault = fault;
    isAway(fault, await through(record.id));
    store.fault = "none";
    const swept = await command(["storage", "sweep", "--tenant", HOME, "--config", altered]);
    assert.equal(swept.code, 0, swept.stdout + swept.stderr);
    assert.deepEqual(await keysOf(bucket, `${HOME}/medical-records/${month()}/${record.id}/`), []);
    assert.deepEqual(await listed(record.id), []);
  });
}

test("a checksum that is not the declared one: the file is not published", async () => {
  const record = await newRecord(doctor, patient.id);
  const begun = await started(record.id, { stored_sha256: sha256(bytes) });
  store.fault = "wrong-checksum";
  const answer = await complete(doctor, begun.attachment.id);
  store.fault = "none";
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(await listed(record.id), []);
  assert.ok(!(await exists(bucket, begun.attachment.s3_key)));
});

test("other bytes than were declared, from a store that names no checksum", async () => {
  const record = await newRecord(doctor, patient.id);
  const begun = await started(record.id, { stored_sha256: sha256(bytes) });
  store.fault = "other-bytes";
  const answer = await complete(doctor, begun.attachment.id);
  store.fault = "none";
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(await listed(record.id), []);
});

test("fewer bytes than were declared", async () => {
  const record = await newRecord(doctor, patient.id);
  const begun = await started(record.id);
  store.fault = "short";
  const answer = await complete(doctor, begun.attachment.id);
  store.fault = "none";
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(await listed(record.id), []);
});

test("bytes that change between the service and the store are not published", async () => {
  const record = await newRecord(doctor, patient.id);
  store.fault = "other-bytes";
  const answer = await through(record.id);
  store.fault = "none";
  isAway("other bytes stored", answer);
  assert.deepEqual(await listed(record.id), []);
});

test("the sweep says that the store is away, ends with 1, and goes on when it is back", async () => {
  await store.close();
  const args = ["storage", "sweep", "--tenant", "demo_hospital_001", "--grace", "0"];
  const away = await command([...args, "--output", "json", "--config", altered]);
  assert.equal(away.code, 1, away.stdout + away.stderr);
  await store.listen();
  const back = await command([...args, "--output", "json", "--config", altered]);
  assert.equal(back.code, 0, back.stdout + back.stderr);
  const [row] = JSON.parse(back.stdout) as Record<string, unknown>[];
  assert.equal(row?.["tenant"], "demo_hospital_001");
  assert.equal(row?.["result"], "ok");
  const unknown = await command(["storage", "sweep", "--tenant", "none_such", "--config", altered]);
  assert.equal(unknown.code, 1);
});

test("no connection to the store is left over", async () => {
  store.fault = "none";
  await restGoesOn();
  assert.ok(store.connections <= 32, `${store.connections} connections`);
});

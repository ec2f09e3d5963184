// Files that are verified in the background. The service here reads none while its client waits;
// the job that does runs on whichever node has its lease.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { complete, pdf, put, putParts, sha256, startParts, startUpload } from "../lib/files.ts";
import { freePort, start, type Running } from "../lib/program.ts";
import { demoBucket, exists, type Bucket } from "../lib/s3.ts";
import { dicom } from "../lib/samples.ts";
import { as, config, dataDir, newPatient, newRecord } from "../lib/world.ts";

const SIZE = 6 * 1024 * 1024;

let node: Running;
let doctor: Client;
let patient: number;
let bucket: Bucket;

before(async () => {
  const port = await freePort();
  const args = ["serve", "--config", config, "--listen", `127.0.0.1:${port}`];
  const log = path.join(mkdtempSync(path.join(os.tmpdir(), "wardbook-background-")), "log");
  node = start(args, `http://127.0.0.1:${port}`, log, {
    WARDBOOK_ATTACHMENTS_VERIFY_AT_ONCE_BYTES: "0",
    WARDBOOK_LOG_TARGET: "stdout",
  });
  await node.ready(60);
  doctor = new Client(node.base, (await as("doctor")).session.access_token);
  patient = (await newPatient(doctor)).id;
  bucket = demoBucket(dataDir);
});
after(async () => {
  assert.equal((await node.stop()).code, 0, node.tail());
});

async function sent(bytes: Buffer): Promise<Schemas["Attachment"]> {
  const record = await newRecord(doctor, patient);
  const begun = await startParts(doctor, record.id, {
    file_name: "large.dcm",
    file_type: "application/dicom",
    file_size: bytes.length,
  });
  await putParts(begun.upload, bytes);
  return begun.attachment;
}

async function settled(id: number): Promise<Schemas["Attachment"]> {
  const where = { path: { id } };
  for (let i = 0; ; i += 1) {
    const file = (await doctor.expect(200, "get", "/attachments/{id}", where)).body;
    if (file.state !== "pending") return file;
    assert.ok(i < 600, "not verified in a minute");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function actions(id: number): Promise<string[]> {
  const query = { resource: "attachment", patient_id: patient, limit: 200 } as const;
  const log = await (await as("auditor")).expect(200, "get", "/audit", { query });
  return log.body.items.filter((entry) => entry.resource_id === id).map((entry) => entry.action);
}

test("a completion answers 202, and the file is published once it was read", async () => {
  const bytes = dicom(SIZE);
  const { id, record_id } = await sent(bytes);
  const done = await complete(doctor, id);
  assert.equal(done.status, 202, done.text);
  assert.equal(done.body.state, "pending");
  assert.equal(done.body.verified_at, null);
  const again = await complete(doctor, id);
  assert.ok([200, 202].includes(again.status), again.text);
  const file = await settled(id);
  assert.equal(file.state, "available");
  assert.equal(file.sha256, sha256(bytes));
  assert.ok(file.verified_at);
  const content = await doctor.any("GET", `/attachments/${id}/content`);
  assert.ok(content.bytes.equals(bytes));
  const listed = await doctor.expect(200, "get", "/records/{id}/attachments", {
    path: { id: record_id },
  });
  assert.deepEqual(
    listed.body.items.map((item) => item.id),
    [id],
  );
  const log = await actions(id);
  for (const action of ["attachment.complete", "attachment.publish"]) {
    assert.equal(log.filter((found) => found === action).length, 1, log.join(" "));
  }
});

test("what turns out to be something else is rejected, removed, and shown as rejected", async () => {
  const { id, s3_key, record_id } = await sent(Buffer.alloc(SIZE, 7));
  const done = await complete(doctor, id);
  assert.equal(done.status, 202, done.text);
  assert.equal((await settled(id)).state, "rejected");
  for (let i = 0; await exists(bucket, s3_key); i += 1) {
    assert.ok(i < 600, "still there after a minute");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const listed = await doctor.expect(200, "get", "/records/{id}/attachments", {
    path: { id: record_id },
  });
  assert.deepEqual(listed.body.items, []);
  await doctor.refused(404, "attachment_not_found", "GET", `/attachments/${id}/content`);
  const path = `/attachments/${id}/complete`;
  await doctor.refused(422, "upload_mismatch", "POST", path, { body: {} });
  assert.ok((await actions(id)).includes("attachment.reject"));
});

test("a single PUT that has to be read is read in the background too", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(5_000);
  const begun = await startUpload(doctor, record.id, {
    file_name: "unhashed.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  assert.equal((await put(begun, bytes)).status, 200);
  const done = await complete(doctor, begun.attachment.id);
  assert.equal(done.status, 202, done.text);
  const file = await settled(begun.attachment.id);
  assert.deepEqual([file.state, file.sha256], ["available", sha256(bytes)]);
});

test("a file that the store vouches for is read all the same", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(5_000);
  const begun = await startUpload(doctor, record.id, {
    file_name: "hashed.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
    stored_sha256: sha256(bytes),
  });
  assert.equal((await put(begun, bytes)).status, 200);
  const done = await complete(doctor, begun.attachment.id);
  assert.equal(done.status, 202, done.text);
  const file = await settled(begun.attachment.id);
  assert.deepEqual([file.state, file.sha256], ["available", sha256(bytes)]);
});

test("a hash that comes with the completion is compared in the background", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(5_000);
  for (const [sent, state] of [[bytes, "available"], [pdf(5_001), "rejected"]] as const) {
    const body = { file_name: "late.pdf", file_type: "application/pdf", file_size: bytes.length };
    const begun = await startUpload(doctor, record.id, body);
    assert.equal((await put(begun, bytes)).status, 200);
    const at = `/attachments/${begun.attachment.id}/complete`;
    const done = await doctor.any("POST", at, { body: { sha256: sha256(sent) } });
    assert.equal(done.status, 202, done.text);
    const file = await settled(begun.attachment.id);
    assert.equal(file.state, state);
  }
});

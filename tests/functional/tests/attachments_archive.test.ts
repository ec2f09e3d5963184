// Files that the store has moved to its archive, on a store that answers as S3 does for them; and
// files that it has lost.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { BadStore } from "../lib/badstore.ts";
import { Client, type Schemas } from "../lib/client.ts";
import { pdf, sha256, upload } from "../lib/files.ts";
import { freePort, start, type Running } from "../lib/program.ts";
import { demoBucket, s3, type Bucket } from "../lib/s3.ts";
import { as, config, dataDir, newPatient, newRecord } from "../lib/world.ts";

let store: BadStore;
let node: Running;
let doctor: Client;
let bucket: Bucket;
let record: number;
let patient: number;

before(async () => {
  bucket = demoBucket(dataDir);
  store = new BadStore(bucket.endpoint);
  await store.listen();
  const text = readFileSync(config, "utf8")
    .replace(/^endpoint = .*$/m, `endpoint = "http://127.0.0.1:${store.port}"`)
    .replace(/^public_endpoint = .*$/m, `public_endpoint = "${bucket.endpoint}"`)
    .replace(/^target = .*$/m, 'target = "stdout"');
  const altered = path.join(mkdtempSync(path.join(os.tmpdir(), "wardbook-archive-")), "wardbook.toml");
  writeFileSync(altered, text, { mode: 0o600 });
  const port = await freePort();
  const args = ["serve", "--config", altered, "--listen", `127.0.0.1:${port}`];
  node = start(args, `http://127.0.0.1:${port}`, `${altered}.log`, {});
  await node.ready(60);
  doctor = new Client(node.base, (await as("doctor")).session.access_token);
  patient = (await newPatient(doctor)).id;
  record = (await newRecord(doctor, patient)).id;
});
after(async () => {
  const ended = await node.stop();
  await store.close();
  assert.equal(ended.code, 0, node.tail());
});

const shown = async (id: number): Promise<Schemas["Attachment"]> =>
  (await doctor.expect(200, "get", "/attachments/{id}", { path: { id } })).body;

test("an archived file says so, is asked back, and is announced when it is there", async () => {
  const bytes = pdf(300);
  const file = await upload(doctor, record, "archived.pdf", "application/pdf", bytes);
  assert.equal(file.archive_status, null);
  const at = { path: { id: file.id } };
  store.archive.set(file.s3_key, "archived");

  const content = await doctor.any("GET", `/attachments/${file.id}/content`);
  assert.deepEqual([content.status, content.body.code], [409, "archived"]);
  const link = await doctor.any("POST", `/attachments/${file.id}/download-url`);
  assert.deepEqual([link.status, link.body.code], [409, "archived"], "a URL would be useless");
  assert.equal((await shown(file.id)).archive_status, "archived");

  const asked = await doctor.expect(202, "post", "/attachments/{id}/restore-archive", at);
  assert.equal(asked.body.archive_status, "restoring");
  assert.equal(store.restores.length, 1);
  assert.doesNotMatch(store.restores[0]!, /<Days>/, "an error for this storage class");
  await doctor.expect(202, "post", "/attachments/{id}/restore-archive", at);
  const waiting = await doctor.any("GET", `/attachments/${file.id}/content`);
  assert.deepEqual([waiting.status, waiting.body.code], [409, "archived"]);
  assert.ok(waiting.headers["retry-after"]);
  assert.equal((await shown(file.id)).archive_status, "restoring");

  store.archive.delete(file.s3_key);
  for (let i = 0; (await shown(file.id)).archive_status !== null; i += 1) {
    assert.ok(i < 1_200, "nobody noticed that it is back");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const whole = await doctor.any("GET", `/attachments/${file.id}/content`);
  assert.equal(sha256(whole.bytes), sha256(bytes));
  const auditor = await as("auditor");
  for (const action of ["attachment.restore_archive", "attachment.unarchived"]) {
    const log = await auditor.any("GET", "/audit", { query: { patient_id: patient, action } });
    assert.ok(log.body.items.length > 0, action);
  }
  const there = await doctor.expect(200, "post", "/attachments/{id}/restore-archive", at);
  assert.equal(there.body.archive_status, null);
});

test("an object that was removed behind the service is lost, finally, and the log says so", async () => {
  const bytes = pdf(300);
  const file = await upload(doctor, record, "lost.pdf", "application/pdf", bytes);
  assert.equal((await s3(bucket, "DELETE", file.s3_key)).status, 204);
  for (const [method, tail] of [
    ["GET", "content"],
    ["POST", "download-url"],
    ["POST", "restore-archive"],
  ] as const) {
    const answer = await doctor.any(method, `/attachments/${file.id}/${tail}`);
    assert.deepEqual([answer.status, answer.body.code], [409, "attachment_lost"], tail);
    assert.equal(answer.headers["retry-after"], undefined, "there is nothing to wait for");
  }
  const auditor = await as("auditor");
  const query = { patient_id: patient, action: "attachment.lost" };
  const log = await auditor.any("GET", "/audit", { query });
  assert.ok(log.body.items.length >= 2);
  // Other tests compare all rows with the bucket.
  assert.equal((await s3(bucket, "PUT", file.s3_key, {}, bytes)).status, 200);
});

// What time does to uploads: URLs that expire, and the sweep that a running service makes by
// itself. The service here gives URLs three seconds and sweeps every second.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Client } from "../lib/client.ts";
import { complete, pdf, put, sha256, startUpload, upload } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { freePort, start, type Running } from "../lib/program.ts";
import { demoBucket, exists } from "../lib/s3.ts";
import { as, config, dataDir, newPatient, newRecord } from "../lib/world.ts";

let node: Running;
let doctor: Client;

before(async () => {
  const port = await freePort();
  const args = ["serve", "--config", config, "--listen", `127.0.0.1:${port}`];
  const log = path.join(mkdtempSync(path.join(os.tmpdir(), "wardbook-expiry-")), "log");
  node = start(args, `http://127.0.0.1:${port}`, log, {
    WARDBOOK_ATTACHMENTS_URL_TTL_S: "3",
    WARDBOOK_ATTACHMENTS_SWEEP_EVERY_S: "1",
    WARDBOOK_ATTACHMENTS_SWEEP_GRACE_S: "0",
    WARDBOOK_LOG_TARGET: "stdout",
  });
  await node.ready(60);
  doctor = new Client(node.base, (await as("doctor")).session.access_token);
});
after(async () => {
  assert.equal((await node.stop()).code, 0, node.tail());
});

async function until(what: string, reached: () => Promise<boolean>): Promise<void> {
  for (let i = 0; !(await reached()); i += 1) {
    assert.ok(i < 600, `${what}: not in a minute`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("an expired URL is refused, both ways", async () => {
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const bytes = pdf(50);
  const begun = await startUpload(doctor, record.id, {
    file_name: "late.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  const file = await upload(await as("doctor"), record.id, "kept.pdf", "application/pdf", bytes);
  const where = { path: { id: file.id } };
  const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", where);
  assert.ok(begun.upload.mode === "single");
  const ends = Math.max(Date.parse(begun.upload.expires_at), Date.parse(link.body.expires_at));
  await until("both have expired", async () => Date.now() > ends + 1_000);
  const sent = await put(begun, bytes);
  assert.equal(sent.status, 403, sent.text);
  assert.match(sent.text, /<Code>AccessDenied<\/Code>/);
  assert.ok(!(await exists(demoBucket(dataDir), begun.attachment.s3_key)));
  const read = await send({ method: "GET", url: link.body.url });
  assert.equal(read.status, 403, read.text);
  const again = await doctor.expect(200, "post", "/attachments/{id}/download-url", where);
  const fresh = await send({ method: "GET", url: again.body.url });
  assert.deepEqual(fresh.bytes, bytes);
});

test("the service ends what was abandoned, and its objects", async () => {
  const patient = (await newPatient(doctor)).id;
  const record = await newRecord(doctor, patient);
  const bytes = pdf(50);
  const declared = { file_type: "application/pdf", file_size: bytes.length };
  const never = await startUpload(doctor, record.id, { file_name: "never.pdf", ...declared });
  const half = await startUpload(doctor, record.id, { file_name: "half.pdf", ...declared });
  assert.equal((await put(half, bytes)).status, 200);
  // Started elsewhere, so with longer to live.
  const kept = await upload(await as("doctor"), record.id, "kept.pdf", "application/pdf", bytes);
  const bucket = demoBucket(dataDir);
  await until("the object is gone", async () => !(await exists(bucket, half.attachment.s3_key)));
  const auditor = await as("auditor");
  await until("both are in the log", async () => {
    const query = { resource: "attachment", patient_id: patient, limit: 200 } as const;
    const log = await auditor.expect(200, "get", "/audit", { query });
    const ended = log.body.items.filter((entry) => entry.action === "attachment.abandon");
    const ids = ended.map((entry) => entry.resource_id).sort();
    return String(ids) === String([never.attachment.id, half.attachment.id].sort());
  });
  for (const { attachment } of [never, half]) {
    await until("it is gone", async () => (await complete(doctor, attachment.id)).status === 404);
  }
  const content = await doctor.any("GET", `/attachments/${kept.id}/content`);
  assert.equal(sha256(content.bytes), sha256(bytes));
});

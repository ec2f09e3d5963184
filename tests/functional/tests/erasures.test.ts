// A lawful erasure from outside: the bytes at the store go with all that was said, a hold keeps
// both, and the certificate can be checked by whoever has it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Client } from "../lib/client.ts";
import { pdf, putPart, startParts, upload } from "../lib/files.ts";
import { freePort, start, type Running } from "../lib/program.ts";
import { demoBucket, exists, s3 } from "../lib/s3.ts";
import { dicom } from "../lib/samples.ts";
import { as, config, dataDir, HOME, newPatient, newRecord, unique, wardbook } from "../lib/world.ts";

let node: Running;
let doctor: Client;
let admin: Client;

before(async () => {
  const port = await freePort();
  const args = ["serve", "--config", config, "--listen", `127.0.0.1:${port}`];
  const log = path.join(mkdtempSync(path.join(os.tmpdir(), "wardbook-erasures-")), "log");
  node = start(args, `http://127.0.0.1:${port}`, log, {
    WARDBOOK_ATTACHMENTS_URL_TTL_S: "3",
    WARDBOOK_LOG_TARGET: "stdout",
  });
  await node.ready(60);
  doctor = new Client(node.base, (await as("doctor")).session.access_token);
  admin = new Client(node.base, (await as("hospital_admin")).session.access_token);
});
after(async () => {
  assert.equal((await node.stop()).code, 0, node.tail());
});

test("an erased patient's files are gone from the store, and the certificate holds", async () => {
  const bucket = demoBucket(dataDir);
  const name = unique("Erased");
  const patient = await newPatient(doctor, { last_name: name });
  const record = await newRecord(doctor, patient.id, { notes: name });
  const file = await upload(doctor, record.id, `${name}.pdf`, "application/pdf", pdf(100));
  const bytes = dicom(6_000_000);
  const begun = await startParts(doctor, record.id, {
    file_name: `${name}.dcm`,
    file_type: "application/dicom",
    file_size: bytes.length,
  });
  assert.equal((await putPart(begun.upload, begun.upload.parts[0]!, bytes)).status, 200);
  const beside = `${file.s3_key}.cached`;
  assert.equal((await s3(bucket, "PUT", beside)).status, 200);
  const others = await newRecord(doctor, (await newPatient(doctor)).id);
  const kept = await upload(doctor, others.id, "kept.pdf", "application/pdf", pdf());

  const where = { path: { id: patient.id }, body: { reason: "asked for by the patient" } };
  const asked = await admin.expect(202, "post", "/patients/{id}/erasure", where);
  const { id } = asked.body;
  // The URLs of the upload that was never completed are good for five minutes more, as far as the
  // service knows: what there is goes at once, the certificate comes later.
  let state = asked.body;
  for (let i = 0; state.state !== "rows_erased"; i += 1) {
    assert.ok(i < 900, `still ${state.state}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    state = (await admin.expect(200, "get", "/erasures/{id}", { path: { id } })).body;
  }
  for (const key of [file.s3_key, beside]) {
    for (let i = 0; await exists(bucket, key); i += 1) {
      assert.ok(i < 300, `${key} is still there`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  assert.ok(await exists(bucket, kept.s3_key));
  const left = await s3(bucket, "GET", "", { uploads: "", prefix: begun.attachment.s3_key });
  assert.doesNotMatch(left.text, /<UploadId>/);
  assert.equal((await doctor.any("GET", `/patients/${patient.id}`)).status, 404);
  assert.equal((await doctor.any("GET", `/attachments/${file.id}`)).status, 404);
  const found = await doctor.any("GET", "/patients", { query: { q: name } });
  assert.deepEqual(found.body.items, []);
  const verified = await wardbook(["audit", "verify", "--tenant", HOME]);
  assert.equal(verified.code, 0, verified.stdout);
});

test("without an open upload the certificate comes at once", async () => {
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id);
  const file = await upload(doctor, record.id, "a.pdf", "application/pdf", pdf(100));
  const where = { path: { id: patient.id }, body: { reason: "asked for by the patient" } };
  const { id } = (await admin.expect(202, "post", "/patients/{id}/erasure", where)).body;
  let erasure = (await admin.expect(200, "get", "/erasures/{id}", { path: { id } })).body;
  for (let i = 0; erasure.state !== "completed"; i += 1) {
    assert.ok(i < 900, `still ${erasure.state}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    erasure = (await admin.expect(200, "get", "/erasures/{id}", { path: { id } })).body;
  }
  const certificate = erasure.certificate!;
  const hash = createHash("sha256").update(certificate).digest("hex");
  assert.equal(hash, erasure.certificate_hash);
  const said = JSON.parse(certificate);
  assert.equal(said.patient_id, patient.id);
  assert.equal(said.erased.files, 1);
  assert.equal(said.erased.objects, 1);
  assert.ok(!(await exists(demoBucket(dataDir), file.s3_key)));
  const entries = await admin.any("GET", "/audit", {
    query: { patient_id: patient.id, action: "erasure.complete" },
  });
  const entry = await admin.any("GET", `/audit/${entries.body.items[0].id}`);
  assert.equal(entry.body.after.certificate_hash, hash);
});

test("a deleted file under a hold outlives the sweep, and goes when the hold is released", async () => {
  const bucket = demoBucket(dataDir);
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id);
  const file = await upload(doctor, record.id, "held.pdf", "application/pdf", pdf(100));
  const body = { record_id: record.id, reason: "a lawsuit" };
  const hold = (await admin.expect(201, "post", "/holds", { body })).body;
  await doctor.expect(204, "delete", "/attachments/{id}", { path: { id: file.id } });
  const operator = await as("platform_admin");
  const at = { path: { id: HOME } };
  await operator.expect(200, "patch", "/tenants/{id}", { ...at, body: { retention_days: 0 } });
  try {
    const sweep = ["storage", "sweep", "--tenant", HOME, "--grace", "7200"];
    assert.equal((await wardbook(sweep)).code, 0);
    assert.ok(await exists(bucket, file.s3_key), "the hold keeps it");
    await admin.expect(204, "delete", "/holds/{id}", {
      path: { id: hold.id },
      query: { reason: "settled" },
    });
    assert.equal((await wardbook(sweep)).code, 0);
    assert.ok(!(await exists(bucket, file.s3_key)));
  } finally {
    const body = { retention_days: null };
    const set = await operator.expect(200, "patch", "/tenants/{id}", { ...at, body });
    assert.equal(set.body.retention_days, null);
  }
});

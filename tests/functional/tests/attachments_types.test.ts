// What may be uploaded: every type of the policy as the smallest file that is one, both ways, and
// files that are not what they are called.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { complete, put, sha256, startUpload, unpacked, upload } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { demoBucket, exists } from "../lib/s3.ts";
import { pretenders, samples } from "../lib/samples.ts";
import { as, dataDir, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let patient: number;
let record: Schemas["Record"];

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
  record = await newRecord(doctor, patient);
});

test("the samples cover the policy", async () => {
  const { body: policy } = await doctor.expect(200, "get", "/attachments/policy");
  const covered = new Set(samples().map((sample) => sample.type));
  const named = ["pdf", "jpeg", "png", "tiff", "webp", "heic", "dicom", "msword", "wordprocessing"];
  named.push("rtf", "plain", "csv", "xml", "json", "hl7");
  for (const part of named) {
    assert.ok(policy.allowed_types.some((type) => type.includes(part)), part);
    assert.ok([...covered].some((type) => type.includes(part)), part);
  }
  for (const type of covered) assert.ok(policy.allowed_types.includes(type), type);
});

for (const { name, type, bytes } of samples()) {
  test(`${name} as ${type}: straight to the store and through the service`, async () => {
    const direct = await upload(doctor, record.id, name, type, bytes);
    const through = await doctor.any("PUT", `/records/${record.id}/attachments`, {
      query: { file_name: name },
      body: bytes,
      type,
    });
    assert.equal(through.status, 201, through.text);
    for (const file of [direct, through.body as Schemas["Attachment"]]) {
      assert.equal(file.sha256, sha256(bytes));
      assert.equal(file.file_size, bytes.length);
      const path = { id: file.id };
      const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", { path });
      const back = await send({ method: "GET", url: link.body.url });
      assert.equal(back.status, 200, back.text);
      assert.equal(back.headers["content-type"], type);
      assert.match(String(back.headers["content-disposition"]), /^attachment; filename="/);
      assert.deepEqual(unpacked(back), bytes);
      const content = await doctor.any("GET", `/attachments/${file.id}/content`);
      assert.equal(content.headers["content-type"], type);
      assert.equal(content.headers["x-content-type-options"], "nosniff");
      assert.deepEqual(content.bytes, bytes);
    }
  });
}

test("content that is not what it is called is refused both ways, and gone", async () => {
  const at = demoBucket(dataDir);
  const rejected: number[] = [];
  for (const { name, type, bytes } of pretenders()) {
    const what = `${name}: ${bytes.subarray(0, 8).toString("hex")}`;
    const started = await startUpload(doctor, record.id, {
      file_name: name,
      file_type: type,
      file_size: bytes.length,
    });
    assert.equal((await put(started, bytes)).status, 200, what);
    assert.ok(await exists(at, started.attachment.s3_key), what);
    const done = await complete(doctor, started.attachment.id);
    assert.equal(done.status, 422, `${what}: ${done.text}`);
    assert.equal(done.body.code, "upload_mismatch", what);
    assert.ok(!(await exists(at, started.attachment.s3_key)), `${what} is still in the store`);
    const again = await complete(doctor, started.attachment.id);
    assert.ok(again.status === 404 || again.status === 409, `${what}: ${again.text}`);
    rejected.push(started.attachment.id);

    const through = await doctor.any("PUT", `/records/${record.id}/attachments`, {
      query: { file_name: name },
      body: bytes,
      type,
    });
    assert.equal(through.status, 422, `${what}: ${through.text}`);
    assert.equal(through.body.code, "upload_mismatch", what);
  }
  const auditor = await as("auditor");
  const query = { resource: "attachment", patient_id: patient, limit: 200 } as const;
  const log = await auditor.expect(200, "get", "/audit", { query });
  const noted = log.body.items.filter((entry) => entry.action === "attachment.reject");
  for (const id of rejected) assert.ok(noted.some((entry) => entry.resource_id === id), `${id}`);
  assert.equal(noted.length, 2 * pretenders().length, "those through the service as well");
});

test("extension and declared type that do not agree are refused before any byte", async () => {
  const cases: [string, string, string][] = [
    ["a.pdf", "image/png", "/file_type"],
    ["a.pdf", "text/plain", "/file_type"],
    ["a.docx", "application/msword", "/file_type"],
    ["a.exe", "text/plain", "/file_name"],
    ["a", "text/plain", "/file_name"],
    ["a.pdf.", "application/pdf", "/file_name"],
    ["a.svg", "image/svg+xml", "/file_name"],
    ["a.html", "text/html", "/file_name"],
    ["a.txt", "text/html", "/file_type"],
  ];
  for (const [file_name, file_type, pointer] of cases) {
    const body = { file_name, file_type, file_size: 5 };
    const path = `/records/${record.id}/attachments`;
    const problem = await doctor.refused(422, "invalid_fields", "POST", path, { body });
    assert.deepEqual(problem.errors?.map((fault) => fault.pointer), [pointer], file_name);
    const through = { query: { file_name }, type: file_type, body: "12345" };
    await doctor.refused(422, "invalid_fields", "PUT", path, through);
  }
});

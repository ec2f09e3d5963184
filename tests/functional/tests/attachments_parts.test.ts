// Uploads in parts: bound one by one, in any order, resumed, put together, aborted, swept.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import {
  complete,
  partsOf,
  putPart,
  putParts,
  sha256,
  startParts,
  type StartedParts,
} from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { dicom } from "../lib/samples.ts";
import { demoBucket, exists, onRadosgw, s3, type Bucket } from "../lib/s3.ts";
import { as, dataDir, HOME, newPatient, newRecord, wardbook } from "../lib/world.ts";

const MIB = 1024 * 1024;
/** Three parts, the last one small. */
const SIZE = 17 * MIB + 5;

let doctor: Client;
let patient: number;
let bucket: Bucket;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
  bucket = demoBucket(dataDir);
});

async function started(
  bytes: Buffer,
  extra: Partial<Schemas["UploadStart"]> = {},
): Promise<StartedParts> {
  const record = await newRecord(doctor, patient);
  return startParts(doctor, record.id, {
    file_name: "series.dcm",
    file_type: "application/dicom",
    file_size: bytes.length,
    ...extra,
  });
}

async function resumed(id: number): Promise<Schemas["UploadParts"]> {
  const where = { path: { id } };
  return (await doctor.expect(200, "get", "/attachments/{id}/parts", where)).body;
}

/** Ids of the uploads that the store has not ended under this key. */
async function uploadsOf(key: string): Promise<string[]> {
  const listed = await s3(bucket, "GET", "", { uploads: "", prefix: key });
  assert.equal(listed.status, 200, listed.text);
  return [...listed.text.matchAll(/<UploadId>([^<]+)</g)].map((match) => match[1]!);
}

test("parts come in any order and at the same time; the file is whole", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  const { attachment, upload } = begun;
  assert.equal(upload.part_bytes, 8 * MIB);
  assert.equal(upload.part_count, 3);
  assert.deepEqual(
    upload.parts.map((part) => [part.number, part.size]),
    [
      [1, 8 * MIB],
      [2, 8 * MIB],
      [3, MIB + 5],
    ],
  );
  const backwards = [...upload.parts].reverse();
  const sent = await Promise.all(backwards.map((part) => putPart(upload, part, bytes)));
  assert.deepEqual(
    sent.map((answer) => answer.status),
    [200, 200, 200],
  );
  assert.ok(!(await exists(bucket, attachment.s3_key)), "nothing before the completion");
  const done = await complete(doctor, attachment.id);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.state, "available");
  assert.equal(done.body.sha256, sha256(bytes));
  assert.equal(done.body.stored_sha256, sha256(bytes));
  assert.equal(done.body.s3_key, attachment.s3_key);
  assert.ok(done.body.verified_at);
  const again = await complete(doctor, attachment.id);
  assert.deepEqual([again.status, again.body], [200, done.body]);
  const content = await doctor.any("GET", `/attachments/${attachment.id}/content`);
  assert.ok(content.bytes.equals(bytes));
  const where = { path: { id: attachment.id } };
  const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", where);
  const direct = await send({ method: "GET", url: link.body.url });
  assert.ok(direct.bytes.equals(bytes));
  const late = await putPart(upload, upload.parts[0]!, bytes);
  assert.equal(late.status, 404, "a part's URL ends with the completion");
});

test("what has arrived is told, and the rest gets fresh URLs", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  const id = begun.attachment.id;
  assert.equal((await putPart(begun.upload, begun.upload.parts[1]!, bytes)).status, 200);
  const path = `/attachments/${id}/complete`;
  const refused = await doctor.refused(409, "upload_not_finished", "POST", path, { body: {} });
  assert.match(refused.detail, /2 of 3 parts have not arrived: 1, 3\./);
  const rest = await resumed(id);
  assert.deepEqual(
    rest.arrived.map((part) => [part.number, part.size]),
    [[2, 8 * MIB]],
  );
  assert.deepEqual(
    rest.parts.map((part) => part.number),
    [1, 3],
  );
  await putParts(rest, bytes);
  const done = await complete(doctor, id);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.sha256, sha256(bytes));
  await doctor.refused(409, "attachment_not_available", "GET", `/attachments/${id}/parts`);
});

test("a completion may name its parts, all of them and as they arrived", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  const id = begun.attachment.id;
  await putParts(begun.upload, bytes);
  const { arrived } = await resumed(id);
  const named = arrived.map(({ number, etag }) => ({ number, etag }));
  const other = "0".repeat(32);
  const wrong: [string, { number: number; etag: string }[]][] = [
    ["/parts", named.slice(1)],
    ["/parts", [...named, named[0]!]],
    ["/parts/0/etag", [{ ...named[0]!, etag: other }, ...named.slice(1)]],
    ["/parts/3/number", [...named, { number: 4, etag: other }]],
  ];
  for (const [pointer, parts] of wrong) {
    const path = `/attachments/${id}/complete`;
    const answer = await doctor.refused(422, "invalid_fields", "POST", path, { body: { parts } });
    assert.ok(
      answer.errors?.some((fault) => fault.pointer === pointer),
      JSON.stringify(answer.errors),
    );
  }
  const quoted = [...named].reverse().map((part) => ({ ...part, etag: `"${part.etag}"` }));
  const done = await doctor.any("POST", `/attachments/${id}/complete`, { body: { parts: quoted } });
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.sha256, sha256(bytes));
});

test("a part's URL takes bytes of its length, and nothing else", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  const { upload, attachment } = begun;
  const part = upload.parts[2]!;
  const own = partsOf(bytes, upload.part_bytes)[2]!;
  const to = (url: string, body: Buffer, headers = {}, method = "PUT") =>
    send({ method, url, headers: { ...upload.headers, ...headers }, body });
  const source = `/${bucket.bucket}/${attachment.s3_key}`;
  const refusals: [string, Promise<{ status: number; text: string }>][] = [
    ["a byte less", to(part.url, own.subarray(1))],
    ["a byte more", to(part.url, Buffer.concat([own, Buffer.alloc(1)]))],
    ["another number", to(part.url.replace("partNumber=3", "partNumber=4"), own)],
    ["another upload", to(part.url.replace(/uploadId=[^&]+/, "uploadId=0"), own)],
    ["another tenant", to(part.url.replace(HOME, "other"), own)],
    ["a copy", to(part.url, Buffer.alloc(0), { "x-amz-copy-source": source })],
    ["reading", send({ method: "GET", url: part.url })],
    ["aborting", send({ method: "DELETE", url: part.url })],
  ];
  for (const [what, answer] of refusals) {
    const { status, text } = await answer;
    assert.ok(status >= 400 && status < 500, `${what}: ${status} ${text}`);
  }
  assert.deepEqual((await resumed(attachment.id)).arrived, []);
});

test("a part may be bound to its SHA-256", async () => {
  const bytes = dicom(SIZE);
  const digests = partsOf(bytes, 8 * MIB).map(sha256);
  const begun = await started(bytes, { part_sha256: digests });
  const { upload, attachment } = begun;
  assert.deepEqual(
    upload.parts.map((part) => part.headers?.["x-amz-checksum-sha256"]),
    digests.map((hex) => Buffer.from(hex, "hex").toString("base64")),
  );
  const other = Buffer.from(bytes).fill(1, 9 * MIB, 9 * MIB + 1);
  const wrong = await putPart(upload, upload.parts[1]!, other);
  await putPart(upload, upload.parts[0]!, bytes);
  await putPart(upload, upload.parts[2]!, bytes);
  if (wrong.status === 200) {
    // A store that does not compare: it shows when the file is read.
    assert.ok(onRadosgw, "taken by a store that checks");
    const path = `/attachments/${attachment.id}/complete`;
    await doctor.refused(422, "upload_mismatch", "POST", path, { body: {} });
    return;
  }
  assert.equal(wrong.status, 400, wrong.text);
  const rest = await resumed(attachment.id);
  assert.deepEqual(
    rest.parts.map((part) => part.number),
    [2],
  );
  await putParts(rest, bytes);
  const done = await complete(doctor, attachment.id);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.sha256, sha256(bytes));
});

test("digests of parts must be one for each", async () => {
  const record = await newRecord(doctor, patient);
  const path = `/records/${record.id}/attachments`;
  const digest = sha256(Buffer.alloc(0));
  const declared = { file_name: "s.dcm", file_type: "application/dicom" };
  const wrong: [object, string][] = [
    [{ file_size: SIZE, part_sha256: [digest] }, "/part_sha256"],
    [{ file_size: SIZE, part_sha256: [digest, digest, "ab"] }, "/part_sha256/2"],
    [{ file_size: 100, part_sha256: [digest] }, "/part_sha256"],
  ];
  for (const [extra, pointer] of wrong) {
    const body = { ...declared, ...extra };
    const answer = await doctor.refused(422, "invalid_fields", "POST", path, { body });
    assert.equal(answer.errors?.[0]?.pointer, pointer);
  }
});

test("a wrong whole digest or another content is rejected and removed", async () => {
  for (const what of ["digest", "content"]) {
    const bytes = what === "digest" ? dicom(SIZE) : Buffer.alloc(SIZE, 7);
    const extra = what === "digest" ? { stored_sha256: sha256(Buffer.alloc(1)) } : {};
    const begun = await started(bytes, extra);
    await putParts(begun.upload, bytes);
    const path = `/attachments/${begun.attachment.id}/complete`;
    await doctor.refused(422, "upload_mismatch", "POST", path, { body: {} });
    assert.ok(!(await exists(bucket, begun.attachment.s3_key)), what);
  }
});

test("deleting a pending file aborts its upload at once", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  const { attachment, upload } = begun;
  assert.equal((await putPart(upload, upload.parts[0]!, bytes)).status, 200);
  assert.equal((await uploadsOf(attachment.s3_key)).length, 1);
  const where = { path: { id: attachment.id } };
  await doctor.expect(204, "delete", "/attachments/{id}", where);
  assert.deepEqual(await uploadsOf(attachment.s3_key), []);
  assert.equal((await putPart(upload, upload.parts[1]!, bytes)).status, 404);
  for (const [method, way] of [
    ["POST", "/complete"],
    ["GET", "/parts"],
    ["DELETE", ""],
  ] as const) {
    const body = method === "POST" ? { body: {} } : {};
    const path = `/attachments/${attachment.id}${way}`;
    await doctor.refused(404, "attachment_not_found", method, path, body);
  }
  const auditor = await as("auditor");
  const query = { resource: "attachment", patient_id: patient, limit: 200 } as const;
  const log = await auditor.expect(200, "get", "/audit", { query });
  const entry = log.body.items.find((item) => item.resource_id === attachment.id && item.action === "attachment.abort");
  assert.ok(entry);
});

test("an upload that the store has lost begins anew under the same key", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  const { attachment, upload } = begun;
  assert.equal((await putPart(upload, upload.parts[0]!, bytes)).status, 200);
  const [id] = await uploadsOf(attachment.s3_key);
  const aborted = await s3(bucket, "DELETE", attachment.s3_key, { uploadId: id! });
  assert.equal(aborted.status, 204, aborted.text);
  const path = `/attachments/${attachment.id}/complete`;
  await doctor.refused(409, "upload_not_finished", "POST", path, { body: {} });
  const rest = await resumed(attachment.id);
  assert.deepEqual([rest.arrived, rest.parts.length], [[], 3]);
  await putParts(rest, bytes);
  const done = await complete(doctor, attachment.id);
  assert.equal(done.status, 200, done.text);
});

test("a repeated start goes on with the same upload", async () => {
  const record = await newRecord(doctor, patient);
  const body = { file_name: "twice.dcm", file_type: "application/dicom", file_size: SIZE };
  const headers = { "idempotency-key": `parts-${record.id}` };
  const path = `/records/${record.id}/attachments`;
  const first = await doctor.any("POST", path, { body, headers });
  const second = await doctor.any("POST", path, { body, headers });
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.equal(first.body.attachment.id, second.body.attachment.id);
  assert.equal((await uploadsOf(first.body.attachment.s3_key)).length, 1);
});

test("two completions at the same time give one file", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  await putParts(begun.upload, bytes);
  const both = await Promise.all([1, 2].map(() => complete(doctor, begun.attachment.id)));
  for (const done of both) {
    assert.equal(done.status, 200, done.text);
    assert.equal(done.body.sha256, sha256(bytes));
  }
});

test("the sweep aborts uploads that no pending file has", async () => {
  const bytes = dicom(SIZE);
  const begun = await started(bytes);
  const key = `${HOME}/medical-records/2020/01/1/nobody.dcm`;
  const made = await s3(bucket, "POST", key, { uploads: "" });
  assert.equal(made.status, 200, made.text);
  const second = await s3(bucket, "POST", begun.attachment.s3_key, { uploads: "" });
  assert.equal(second.status, 200, second.text);
  const swept = await wardbook(["storage", "sweep", "--tenant", HOME, "--grace", "7200"]);
  assert.equal(swept.code, 0, swept.stdout + swept.stderr);
  assert.deepEqual(await uploadsOf(key), []);
  assert.equal((await uploadsOf(begun.attachment.s3_key)).length, 1);
  await putParts(begun.upload, bytes);
  assert.equal((await complete(doctor, begun.attachment.id)).status, 200);
});

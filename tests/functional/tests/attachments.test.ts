// Files end to end: started, sent straight to the store, verified, found, read, marked, restored.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { complete, pdf, png, put, sha256, startUpload, unpacked, upload } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { onRadosgw } from "../lib/s3.ts";
import { as, finalize, HOME, newPatient, newRecord } from "../lib/world.ts";

type Attachment = Schemas["Attachment"];

let doctor: Client;
let patient: number;
let record: Schemas["Record"];
let policy: Schemas["AttachmentPolicy"];

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
  record = await newRecord(doctor, patient);
  policy = (await doctor.expect(200, "get", "/attachments/policy")).body;
});

async function files(id: number): Promise<Attachment[]> {
  const list = await doctor.expect(200, "get", "/records/{id}/attachments", { path: { id } });
  return list.body.items;
}
async function download(id: number): Promise<{ bytes: Buffer; type: string }> {
  const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", { path: { id } });
  const answer = await send({ method: "GET", url: link.body.url });
  assert.equal(answer.status, 200, answer.text);
  return { bytes: unpacked(answer), type: String(answer.headers["content-type"]) };
}

test("a PDF goes to the store and comes back, the same bytes", async () => {
  const bytes = pdf(3_000);
  const started = await startUpload(doctor, record.id, {
    file_name: "Lab report (1).pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
    stored_sha256: sha256(bytes),
    description: "Blood count",
  });
  const { attachment, upload: to } = started;
  assert.equal(attachment.state, "pending");
  const now = new Date();
  const month = String(now.getUTCMonth() + 1).padStart(2, "0");
  const folder = `${HOME}/medical-records/${now.getUTCFullYear()}/${month}/${record.id}/`;
  assert.ok(attachment.s3_key.startsWith(folder), attachment.s3_key);
  assert.match(attachment.s3_key.slice(folder.length), /^Lab_report_+1_+\.pdf$/);
  assert.equal(to.mode, "single");
  assert.ok(to.mode === "single");
  const names = Object.keys(to.headers).map((name) => name.toLowerCase());
  assert.ok(!names.includes("host") && !names.includes("content-length"));
  const headers = Object.fromEntries(
    Object.entries(to.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  assert.equal(headers["content-type"], "application/pdf");
  assert.equal(headers["x-amz-server-side-encryption"], "AES256");
  assert.equal(headers["x-amz-storage-class"], "INTELLIGENT_TIERING");
  assert.equal(headers["x-amz-meta-tenant-id"], HOME);
  assert.equal(headers["x-amz-meta-record-id"], String(record.id));
  assert.ok(headers["x-amz-meta-uploaded-at"]);
  const lives = (Date.parse(to.expires_at) - Date.now()) / 1000;
  assert.ok(lives > 0 && lives <= 3_600, `${lives} s`);

  assert.deepEqual(await files(record.id), [], "not part of the record yet");
  const early = await complete(doctor, attachment.id);
  assert.equal(early.status, 409, early.text);
  assert.equal(early.body.code, "upload_not_finished");

  const sent = await put(started, bytes);
  assert.equal(sent.status, 200, sent.text);
  const done = await complete(doctor, attachment.id);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.state, "available");
  assert.equal(done.body.sha256, sha256(bytes));
  assert.equal(done.body.file_size, bytes.length);
  assert.ok(done.body.verified_at);
  const again = await complete(doctor, attachment.id);
  assert.deepEqual([again.status, again.body], [200, done.body], "twice is the same");

  assert.deepEqual(
    (await files(record.id)).map((file) => file.id),
    [attachment.id],
  );
  const back = await download(attachment.id);
  assert.equal(sha256(back.bytes), sha256(bytes));
  assert.equal(back.type, "application/pdf");
  const unchanged = await doctor.expect(200, "get", "/records/{id}", { path: { id: record.id } });
  assert.equal(unchanged.version, record.version, "files do not change the record's ETag");
});

test("the URL is bound to size, type, checksum, key and one use", async () => {
  const bytes = pdf(100);
  const begin = () =>
    startUpload(doctor, record.id, {
      file_name: "bound.pdf",
      file_type: "application/pdf",
      file_size: bytes.length,
      stored_sha256: sha256(bytes),
    });
  const started = await begin();
  assert.ok(started.upload.mode === "single");
  const refused = async (what: string, answer: Promise<{ status: number }>): Promise<void> => {
    const { status } = await answer;
    assert.ok(status === 400 || status === 403 || status === 412, `${what}: ${status}`);
  };
  await refused("one byte less", put(started, bytes.subarray(1)));
  await refused("one byte more", put(started, Buffer.concat([bytes, Buffer.from("x")])));
  await refused("another type", put(started, bytes, { "Content-Type": "text/html" }));
  const other = Buffer.from(bytes);
  other[other.length - 10]! ^= 1;
  if (!onRadosgw) await refused("other bytes", put(started, other));
  const checksum = Buffer.from(sha256(other), "hex").toString("base64");
  await refused("another checksum", put(started, other, { "x-amz-checksum-sha256": checksum }));
  await refused("no encryption", put(started, bytes, { "x-amz-server-side-encryption": null }));
  await refused("other metadata", put(started, bytes, { "x-amz-meta-tenant-id": "other" }));
  const key = started.upload.url.replace("bound", "bound2");
  await refused("another key", put(started, bytes, {}, key));
  const tampered = started.upload.url.replace(/X-Amz-Expires=\d+/, "X-Amz-Expires=604800");
  await refused("a longer life", put(started, bytes, {}, tampered));
  assert.equal((await put(started, bytes)).status, 200);
  await refused("a second use", put(started, bytes));
  assert.equal((await complete(doctor, started.attachment.id)).status, 200);
});

test("what is not what it claims is rejected, and gone", async () => {
  const text = Buffer.from("MZ this is no PDF at all, whatever its name says.\n");
  const started = await startUpload(doctor, record.id, {
    file_name: "false.pdf",
    file_type: "application/pdf",
    file_size: text.length,
  });
  assert.equal((await put(started, text)).status, 200);
  const id = started.attachment.id;
  await doctor.refused(422, "upload_mismatch", "POST", `/attachments/${id}/complete`, { body: {} });
  const now = await doctor.any("GET", `/attachments/${id}`);
  assert.ok(now.status === 404 || now.body.state === "rejected", now.text);
  const link = await doctor.any("POST", `/attachments/${id}/download-url`);
  assert.ok(link.status === 404 || link.status === 409, link.text);
  assert.ok(!(await files(record.id)).some((file) => file.id === id));
  const auditor = await as("auditor");
  const log = await auditor.expect(200, "get", "/audit", {
    query: { resource: "attachment", patient_id: patient, limit: 200 },
  });
  assert.ok(
    log.body.items.some((entry) => entry.resource_id === id && /reject/.test(entry.action)),
  );
});

test("a declaration that cannot be is refused field by field", async () => {
  const cases: [Record<string, unknown>, string[]][] = [
    [{}, ["/file_name", "/file_size", "/file_type"]],
    [{ file_name: "a.exe", file_type: "application/x-msdownload", file_size: 10 }, []],
    [{ file_name: "a.png", file_type: "application/pdf", file_size: 10 }, []],
    [{ file_name: "a.pdf", file_type: "application/pdf", file_size: 0 }, ["/file_size"]],
    [
      { file_name: "a.pdf", file_type: "application/pdf", file_size: policy.max_bytes + 1 },
      ["/file_size"],
    ],
    [
      { file_name: "a.pdf", file_type: "application/pdf", file_size: 9, stored_sha256: "xyz" },
      ["/stored_sha256"],
    ],
    [
      {
        file_name: "a.pdf",
        file_type: "application/pdf",
        file_size: 9,
        s3_key: "mine",
        state: "x",
      },
      ["/s3_key", "/state"],
    ],
    [
      {
        file_name: "a.png",
        file_type: "image/png",
        file_size: 9,
        stored_size: 9,
        content_encoding: "gzip",
      },
      ["/content_encoding"],
    ],
    [
      { file_name: "a.pdf", file_type: "application/pdf", file_size: 9, content_encoding: "br" },
      ["/content_encoding"],
    ],
  ];
  for (const [body, at] of cases) {
    const problem = await doctor.refused(
      422,
      "invalid_fields",
      "POST",
      `/records/${record.id}/attachments`,
      { body },
    );
    if (at.length > 0) assert.deepEqual(pointers(problem), at, JSON.stringify(body));
  }
});

test("names never leave the record's folder", async () => {
  const bytes = Buffer.from("plain text\n");
  for (const name of [
    "../../../etc/passwd.txt",
    "a/b\\c.txt",
    "..txt",
    "ünïcødé 東京.txt",
    " .txt",
  ]) {
    const answer = await doctor.any("POST", `/records/${record.id}/attachments`, {
      body: { file_name: name, file_type: "text/plain", file_size: bytes.length },
    });
    if (answer.status === 422) continue;
    assert.equal(answer.status, 201, answer.text);
    const { s3_key: key, file_name: kept } = answer.body.attachment as Attachment;
    assert.match(
      key,
      new RegExp(`^${HOME}/medical-records/\\d{4}/\\d{2}/${record.id}/[A-Za-z0-9._-]+$`),
    );
    assert.ok(!key.includes("/../"));
    assert.ok(kept.length > 0);
  }
});

test("a second file of the same name is version 2 beside the first", async () => {
  const place = await newRecord(doctor, patient);
  const first = await upload(doctor, place.id, "scan.pdf", "application/pdf", pdf(1));
  const second = await upload(doctor, place.id, "scan.pdf", "application/pdf", pdf(2));
  assert.equal(first.version, 1);
  assert.equal(second.version, 2);
  assert.match(second.s3_key, /\/scan\.v2\.pdf$/);
  const versions = await doctor.expect(200, "get", "/attachments/{id}/versions", {
    path: { id: second.id },
  });
  assert.deepEqual(versions.body.items.map((file) => file.version).sort(), [1, 2]);
  assert.equal(sha256((await download(first.id)).bytes), first.sha256, "the first stays");
});

test("through the service in one streamed request, and back with ranges", async () => {
  const place = await newRecord(doctor, patient);
  const bytes = pdf(300_000);
  const path = `/records/${place.id}/attachments`;
  const made = await doctor.any("PUT", path, {
    query: { file_name: "direct.pdf", description: "by hand" },
    body: bytes,
    type: "application/pdf",
  });
  assert.equal(made.status, 201, made.text);
  const file = made.body as Attachment;
  assert.equal(file.state, "available");
  assert.equal(file.file_size, bytes.length);
  assert.equal(file.sha256, sha256(bytes));

  const at = `/attachments/${file.id}/content`;
  const all = await doctor.any("GET", at);
  assert.equal(all.status, 200);
  assert.equal(sha256(all.bytes), sha256(bytes));
  const part = await doctor.any("GET", at, { headers: { range: "bytes=100-199" } });
  assert.equal(part.status, 206);
  assert.deepEqual(part.bytes, bytes.subarray(100, 200));
  assert.equal(part.headers["content-range"], `bytes 100-199/${bytes.length}`);
  const tail = await doctor.any("GET", at, { headers: { range: "bytes=-50" } });
  assert.deepEqual(tail.bytes, bytes.subarray(-50));
  const beyond = await doctor.any("GET", at, { headers: { range: `bytes=${bytes.length}-` } });
  assert.equal(beyond.status, 416, beyond.text);
  const same = await doctor.any("GET", at, {
    headers: { "if-none-match": String(all.headers.etag) },
  });
  assert.equal(same.status, 304);
  assert.equal(sha256((await download(file.id)).bytes), sha256(bytes));

  const wrong = await doctor.any("PUT", path, {
    query: { file_name: "direct.pdf" },
    body: png(),
    type: "application/pdf",
  });
  assert.equal(wrong.status, 422, wrong.text);
});

test("gzip on the way to the store is undone on the way back", async () => {
  const place = await newRecord(doctor, patient);
  const text = Buffer.from("The same line again and again.\n".repeat(2_000));
  const stored = gzipSync(text);
  const started = await startUpload(doctor, place.id, {
    file_name: "long.txt",
    file_type: "text/plain",
    file_size: text.length,
    stored_size: stored.length,
    content_encoding: "gzip",
    stored_sha256: sha256(stored),
  });
  assert.equal((await put(started, stored)).status, 200);
  const done = await complete(doctor, started.attachment.id);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.file_size, text.length);
  assert.equal(done.body.stored_size, stored.length);
  assert.equal(done.body.sha256, sha256(text));
  const content = await doctor.any("GET", `/attachments/${done.body.id}/content`);
  assert.equal(content.text, text.toString());
  assert.equal(content.headers["content-encoding"], undefined);

  const lie = await startUpload(doctor, place.id, {
    file_name: "lie.txt",
    file_type: "text/plain",
    file_size: text.length - 1,
    stored_size: stored.length,
    content_encoding: "gzip",
  });
  assert.equal((await put(lie, stored)).status, 200);
  await doctor.refused(
    422,
    "upload_mismatch",
    "POST",
    `/attachments/${lie.attachment.id}/complete`,
    { body: {} },
  );
});

test("marked as deleted, and restored", async () => {
  const place = await newRecord(doctor, patient);
  const file = await upload(doctor, place.id, "photo.png", "image/png", png());
  const path = { id: file.id };
  await doctor.expect(204, "delete", "/attachments/{id}", { path });
  assert.deepEqual(await files(place.id), []);
  const code = "attachment_not_available";
  await doctor.refused(409, code, "POST", `/attachments/${file.id}/download-url`);
  await doctor.refused(409, code, "GET", `/attachments/${file.id}/content`);
  const back = await doctor.expect(200, "post", "/attachments/{id}/restore", { path });
  assert.equal(back.body.state, "available");
  assert.equal((await files(place.id)).length, 1);
  assert.equal(sha256((await download(file.id)).bytes), file.sha256);
});

test("a finalized record keeps its files, and takes later ones, marked", async () => {
  const draft = await newRecord(doctor, patient);
  const first = await upload(doctor, draft.id, "before.pdf", "application/pdf", pdf());
  await finalize(doctor, draft);
  const code = "attachment_not_removable";
  await doctor.refused(409, code, "DELETE", `/attachments/${first.id}`);
  const late = await upload(
    await as("lab_technician"),
    draft.id,
    "late.pdf",
    "application/pdf",
    pdf(),
  );
  assert.equal(first.added_after_finalization, false);
  assert.equal(late.added_after_finalization, true);
  await doctor.refused(409, code, "DELETE", `/attachments/${late.id}`);
});

test("what was signed, and what came to it, stays when the visit is reopened", async () => {
  const draft = await newRecord(doctor, patient);
  const there = await upload(doctor, draft.id, "there.pdf", "application/pdf", pdf());
  const undone = await upload(doctor, draft.id, "undone.pdf", "application/pdf", pdf());
  await doctor.expect(204, "delete", "/attachments/{id}", { path: { id: undone.id } });
  const done = await finalize(doctor, draft);
  const back = await doctor.expect(200, "post", "/attachments/{id}/restore", {
    path: { id: undone.id },
  });
  assert.equal(back.body.added_after_finalization, true, "it was not part of what was signed");
  const code = "attachment_not_removable";
  await doctor.refused(409, code, "DELETE", `/attachments/${undone.id}`);

  const admin = await as("hospital_admin");
  await admin.expect(200, "post", "/records/{id}/reopen", {
    path: { id: draft.id },
    ifMatch: done.revision,
    body: { reason: "a wrong dose" },
  });
  await doctor.refused(409, code, "DELETE", `/attachments/${there.id}`);
  await doctor.refused(409, code, "DELETE", `/attachments/${undone.id}`);
  const added = await upload(doctor, draft.id, "added.pdf", "application/pdf", pdf());
  assert.equal(added.added_after_finalization, false);
  await doctor.expect(204, "delete", "/attachments/{id}", { path: { id: added.id } });
  const left = (await files(draft.id)).map((file) => file.id);
  assert.deepEqual(left.sort(), [there.id, undone.id].sort());
});

test("another hospital's files are not here", async () => {
  const there = await as("doctor", "tenant_1762083064503");
  const theirs = await newRecord(there, (await newPatient(there)).id);
  const file = await upload(there, theirs.id, "secret.pdf", "application/pdf", pdf());
  const mine = await doctor.any("GET", `/attachments/${file.id}`);
  assert.ok(mine.status === 404 || mine.body.s3_key !== file.s3_key);
  assert.ok(!mine.text.includes("secret.pdf"));
  await doctor.refused(404, "attachment_not_found", "GET", "/attachments/999999999999");
});

test("reads of files are in the log", async () => {
  const place = await newRecord(doctor, patient);
  const file = await upload(doctor, place.id, "seen.png", "image/png", png());
  const nurse = await as("nurse");
  const read = await nurse.any("GET", `/attachments/${file.id}/content`);
  const link = await nurse.any("POST", `/attachments/${file.id}/download-url`);
  const auditor = await as("auditor");
  const log = await auditor.expect(200, "get", "/audit", {
    query: { patient_id: patient, resource: "attachment", limit: 200 },
  });
  const seen = log.body.items.map((entry) => entry.request_id);
  assert.ok(seen.includes(read.requestId) && seen.includes(link.requestId));
});

test("the same key starts one upload, signed anew", async () => {
  const place = await newRecord(doctor, patient);
  const headers = { "idempotency-key": `upload-${place.id}` };
  const body = { file_name: "once.pdf", file_type: "application/pdf", file_size: 700 };
  const path = `/records/${place.id}/attachments`;
  const first = await doctor.any("POST", path, { headers, body });
  const second = await doctor.any("POST", path, { headers, body });
  assert.deepEqual([first.status, second.status], [201, 201], second.text);
  assert.equal(second.body.attachment.id, first.body.attachment.id);
  assert.ok(second.body.upload.url);
});

// An upload's whole life: bound URLs, verification, versions, marks, what the store keeps of it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Client, Schemas } from "../lib/client.ts";
import { complete, pdf, put, sha256, startUpload, upload } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { demoBucket, exists, keysOf, onRadosgw, s3, type Bucket } from "../lib/s3.ts";
import { as, dataDir, finalize, HOME, newPatient, newRecord, OTHER } from "../lib/world.ts";

type Attachment = Schemas["Attachment"];

let doctor: Client;
let patient: number;
let bucket: Bucket;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
  bucket = demoBucket(dataDir);
});

async function files(record: number): Promise<Attachment[]> {
  const path = { id: record };
  return (await doctor.expect(200, "get", "/records/{id}/attachments", { path })).body.items;
}

/** A PDF of exactly so many bytes, down to a few. */
function tiny(bytes: number): Buffer {
  return Buffer.from("%PDF-1.4\n%%EOF\n".padEnd(bytes, "\n"), "latin1");
}

test("a URL for 100 bytes of application/pdf takes those, once, and nothing else", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = tiny(100);
  assert.equal(bytes.length, 100);
  const started = await startUpload(doctor, record.id, {
    file_name: "hundred.pdf",
    file_type: "application/pdf",
    file_size: 100,
    stored_sha256: sha256(bytes),
  });
  const { attachment, upload: to } = started;
  assert.ok(to.mode === "single");
  const refusals: [string, Promise<{ status: number; text: string }>][] = [
    ["99 bytes", put(started, bytes.subarray(0, 99))],
    ["101 bytes", put(started, tiny(101))],
    ["no bytes", put(started, Buffer.alloc(0))],
    ["another type", put(started, bytes, { "content-type": "image/png" })],
    ["no type", put(started, bytes, { "content-type": null })],
    [
      "another checksum",
      put(started, bytes, {
        "x-amz-checksum-sha256": Buffer.from(sha256(tiny(99)), "hex").toString("base64"),
      }),
    ],
    ["no checksum", put(started, bytes, { "x-amz-checksum-sha256": null })],
    ["another key", put(started, bytes, {}, to.url.replace("hundred.pdf", "other.pdf"))],
    ["another tenant", put(started, bytes, {}, to.url.replace(HOME, OTHER))],
    ["without the condition", put(started, bytes, { "if-none-match": null })],
    ["another storage class", put(started, bytes, { "x-amz-storage-class": "STANDARD" })],
    ["reading with it", send({ method: "GET", url: to.url })],
    ["deleting with it", send({ method: "DELETE", url: to.url })],
  ];
  if (!onRadosgw) {
    refusals.push(
      ["other bytes", put(started, Buffer.from(bytes).fill(0x20, 50, 60))],
      ["further metadata", put(started, bytes, { "x-amz-meta-more": "1" })],
      ["an access list", put(started, bytes, { "x-amz-acl": "public-read" })],
    );
  }
  for (const [what, answer] of refusals) {
    const { status, text } = await answer;
    assert.ok(status >= 400 && status < 500, `${what}: ${status} ${text}`);
  }
  assert.ok(!(await exists(bucket, attachment.s3_key)), "nothing has arrived");
  assert.equal((await put(started, bytes)).status, 200);
  const second = await put(started, bytes);
  assert.equal(second.status, 412, second.text);
  const done = await complete(doctor, attachment.id);
  assert.equal(done.status, 200, done.text);
  assert.equal((await put(started, bytes)).status, 412, "nor after its completion");
});

test("other bytes than the checksum names end at the store or at the completion", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(3_000);
  const started = await startUpload(doctor, record.id, {
    file_name: "other.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
    stored_sha256: sha256(bytes),
  });
  const sent = await put(started, Buffer.from(bytes).fill(0x20, 50, 60));
  const path = `/attachments/${started.attachment.id}/complete`;
  if (sent.status === 200) {
    assert.ok(onRadosgw, "taken by a store that checks");
    await doctor.refused(422, "upload_mismatch", "POST", path, { body: {} });
  } else {
    assert.equal(sent.status, 400, sent.text);
    await doctor.refused(409, "upload_not_finished", "POST", path, { body: {} });
  }
  assert.ok(!(await exists(bucket, started.attachment.s3_key)));
});

test("an encoding that was not declared ends at the store or at the completion", async () => {
  // A signature cannot bind that a header is absent; the store must refuse what was not signed.
  const record = await newRecord(doctor, patient);
  const bytes = pdf();
  const started = await startUpload(doctor, record.id, {
    file_name: "encoded.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  const sent = await put(started, bytes, { "content-encoding": "gzip" });
  const path = `/attachments/${started.attachment.id}/complete`;
  if (onRadosgw) {
    assert.equal(sent.status, 200, sent.text);
    await doctor.refused(422, "upload_mismatch", "POST", path, { body: {} });
  } else {
    assert.equal(sent.status, 403, sent.text);
    await doctor.refused(409, "upload_not_finished", "POST", path, { body: {} });
  }
  assert.ok(!(await exists(bucket, started.attachment.s3_key)));
});

test("nothing that the URL did not sign is kept with a file", async () => {
  if (onRadosgw) return;
  const record = await newRecord(doctor, patient);
  const bytes = pdf();
  const started = await startUpload(doctor, record.id, {
    file_name: "added.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  for (const name of ["content-disposition", "cache-control", "content-language", "expires"]) {
    assert.equal((await put(started, bytes, { [name]: "inline" })).status, 403, name);
  }
  assert.ok(!(await exists(bucket, started.attachment.s3_key)));
  assert.equal((await put(started, bytes)).status, 200);
});

test("the object bears what was bound", async () => {
  const record = await newRecord(doctor, patient);
  const file = await upload(doctor, record.id, "kept.pdf", "application/pdf", pdf());
  const head = await s3(bucket, "HEAD", file.s3_key);
  assert.equal(head.status, 200);
  assert.equal(head.headers["content-type"], "application/pdf");
  if (!onRadosgw) assert.equal(head.headers["x-amz-server-side-encryption"], "AES256");
  assert.equal(head.headers["x-amz-meta-tenant-id"], HOME);
  assert.equal(head.headers["x-amz-meta-record-id"], String(record.id));
  assert.equal(head.headers["x-amz-meta-uploaded-at"], file.created_at);
  assert.equal(String(head.headers.etag).replaceAll('"', ""), file.etag);
});

test("two completions at once publish one file", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(50_000);
  const started = await startUpload(doctor, record.id, {
    file_name: "race.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  assert.equal((await put(started, bytes)).status, 200);
  const id = started.attachment.id;
  const answers = await Promise.all([1, 2, 3, 4].map(() => complete(doctor, id)));
  for (const answer of answers) {
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body, answers[0]!.body);
  }
  const auditor = await as("auditor");
  const query = { resource: "attachment", patient_id: patient, limit: 200 } as const;
  const log = await auditor.expect(200, "get", "/audit", { query });
  const published = log.body.items.filter(
    (entry) => entry.resource_id === id && entry.action === "attachment.publish",
  );
  assert.equal(published.length, 1);
});

test("before the upload there is nothing to complete, and the upload goes on", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf();
  const started = await startUpload(doctor, record.id, {
    file_name: "early.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  const at = `/attachments/${started.attachment.id}`;
  await doctor.refused(409, "upload_not_finished", "POST", `${at}/complete`, { body: {} });
  await doctor.refused(409, "attachment_not_available", "GET", `${at}/content`);
  await doctor.refused(409, "attachment_not_available", "POST", `${at}/download-url`);
  assert.deepEqual(await files(record.id), []);
  assert.equal((await put(started, bytes)).status, 200);
  assert.equal((await complete(doctor, started.attachment.id)).status, 200);
});

test("an object that somebody else put there is not the upload", async () => {
  // Its metadata is another upload's: both were started, one is stored under the other's key by
  // whoever holds the store's keys.
  const record = await newRecord(doctor, patient);
  const bytes = pdf();
  const body = { file_name: "a.pdf", file_type: "application/pdf", file_size: bytes.length };
  const first = await startUpload(doctor, record.id, body);
  assert.equal((await put(first, bytes)).status, 200);
  const second = await startUpload(doctor, record.id, body);
  assert.notEqual(first.attachment.s3_key, second.attachment.s3_key);
  const code = "upload_not_finished";
  const path = `/attachments/${second.attachment.id}/complete`;
  await doctor.refused(409, code, "POST", path, { body: {} });
});

test("the completion takes the file's hash, and binds it", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(2_000);
  const begin = async (): Promise<number> => {
    const body = { file_name: "hashed.pdf", file_type: "application/pdf", file_size: bytes.length };
    const started = await startUpload(doctor, record.id, body);
    assert.equal((await put(started, bytes)).status, 200);
    return started.attachment.id;
  };
  const at = (id: number): string => `/attachments/${id}/complete`;
  const other = await begin();
  const malformed = await doctor.any("POST", at(other), { body: { sha256: "abc" } });
  assert.equal(malformed.status, 422, malformed.text);
  assert.equal(malformed.body.errors[0].pointer, "/sha256");
  const wrong = { body: { sha256: sha256(pdf(2_001)) } };
  await doctor.refused(422, "upload_mismatch", "POST", at(other), wrong);
  assert.deepEqual(await files(record.id), []);
  const id = await begin();
  const right = { body: { sha256: sha256(bytes).toUpperCase() } };
  const done = await doctor.any("POST", at(id), right);
  assert.equal(done.status, 200, done.text);
  assert.equal((await doctor.any("POST", at(id), right)).status, 200);
  const late = await doctor.any("POST", at(id), wrong);
  assert.equal(late.status, 422, late.text);
  assert.equal(late.body.errors[0].pointer, "/sha256");
});

test("gzip: sizes of both, original bytes on every way back, ranges too", async () => {
  const record = await newRecord(doctor, patient);
  let text = "line,value\n";
  for (let i = 0; i < 40_000; i += 1) text += `${i},${(i * 7919) % 1_000}\n`;
  const bytes = Buffer.from(text);
  const stored = gzipSync(bytes);
  const started = await startUpload(doctor, record.id, {
    file_name: "values.csv",
    file_type: "text/csv",
    file_size: bytes.length,
    stored_size: stored.length,
    content_encoding: "gzip",
    stored_sha256: sha256(stored),
  });
  assert.ok(started.upload.mode === "single");
  const names = Object.keys(started.upload.headers).map((name) => name.toLowerCase());
  assert.ok(names.includes("content-encoding"), "the encoding is bound");
  assert.equal((await put(started, stored)).status, 200);
  const done = await complete(doctor, started.attachment.id);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.content_encoding, "gzip");
  assert.deepEqual([done.body.file_size, done.body.stored_size], [bytes.length, stored.length]);
  assert.deepEqual([done.body.sha256, done.body.stored_sha256], [sha256(bytes), sha256(stored)]);

  const at = `/attachments/${done.body.id}/content`;
  assert.deepEqual((await doctor.any("GET", at)).bytes, bytes);
  const last = bytes.length - 1;
  const ranges: [string, number, number][] = [
    ["bytes=0-0", 0, 0],
    ["bytes=1000-1999", 1_000, 1_999],
    [`bytes=${last}-`, last, last],
    ["bytes=-7", last - 6, last],
    [`bytes=300000-${bytes.length * 2}`, 300_000, last],
  ];
  for (const [range, from, to] of ranges) {
    const part = await doctor.any("GET", at, { headers: { range } });
    assert.equal(part.status, 206, `${range}: ${part.text.slice(0, 200)}`);
    assert.equal(part.headers["content-range"], `bytes ${from}-${to}/${bytes.length}`);
    assert.deepEqual(part.bytes, bytes.subarray(from, to + 1), range);
  }
  const beyond = { headers: { range: `bytes=${bytes.length}-` } };
  await doctor.refused(416, "range_not_satisfiable", "GET", at, beyond);
  // By URL the store names the encoding, and whatever speaks HTTP undoes it.
  const path = { id: done.body.id };
  const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", { path });
  const fetched = await fetch(link.body.url);
  assert.equal(fetched.headers.get("content-encoding"), "gzip");
  assert.deepEqual(Buffer.from(await fetched.arrayBuffer()), bytes);
});

test("gzip that lies is refused: size, broken, cut off, a bomb", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = Buffer.from("The same line again.\n".repeat(5_000));
  const stored = gzipSync(bytes);
  const broken = Buffer.from(stored);
  broken[stored.length - 6]! ^= 0xff; // its checksum
  const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, 0x20));
  const cases: [string, Buffer, number][] = [
    ["larger than declared", stored, bytes.length - 1],
    ["smaller than declared", stored, bytes.length + 1],
    ["a wrong checksum inside", broken, bytes.length],
    ["cut off", stored.subarray(0, stored.length - 9), bytes.length],
    ["something behind it", Buffer.concat([stored, Buffer.from("more")]), bytes.length],
    ["not gzip", bytes.subarray(0, 300), bytes.length],
    ["a bomb", bomb, bytes.length],
  ];
  for (const [what, sent, size] of cases) {
    const started = await startUpload(doctor, record.id, {
      file_name: "packed.txt",
      file_type: "text/plain",
      file_size: size,
      stored_size: sent.length,
      content_encoding: "gzip",
    });
    assert.equal((await put(started, sent)).status, 200, what);
    const done = await complete(doctor, started.attachment.id);
    assert.equal(done.status, 422, `${what}: ${done.text}`);
    assert.ok(!(await exists(bucket, started.attachment.s3_key)), `${what} is still there`);
  }
  assert.deepEqual(await files(record.id), []);
});

test("versions of one name, a mark and its end; keys are never used twice", async () => {
  const record = await newRecord(doctor, patient);
  const made: Attachment[] = [];
  for (const padding of [1, 2, 3]) {
    made.push(await upload(doctor, record.id, "scan.pdf", "application/pdf", pdf(padding)));
  }
  assert.deepEqual(made.map((file) => file.version), [1, 2, 3]);
  const names = made.map((file) => file.s3_key.split("/").at(-1));
  assert.deepEqual(names, ["scan.pdf", "scan.v2.pdf", "scan.v3.pdf"]);
  const path = { id: made[2]!.id };
  await doctor.expect(204, "delete", "/attachments/{id}", { path });
  await doctor.refused(404, "attachment_not_found", "DELETE", `/attachments/${made[2]!.id}`);
  const next = await upload(doctor, record.id, "scan.pdf", "application/pdf", pdf(4));
  assert.equal(next.version, 4);
  const taken = await upload(doctor, record.id, "scan.v2.pdf", "application/pdf", pdf(5));
  assert.equal(taken.version, 1, "a version counts by name");
  const keys = new Set([...made, next, taken].map((file) => file.s3_key));
  assert.equal(keys.size, 5, [...keys].join(" "));
  const listed = await doctor.expect(200, "get", "/attachments/{id}/versions", { path });
  assert.deepEqual(listed.body.items.map((file) => [file.version, file.state]), [
    [4, "available"],
    [3, "deleted"],
    [2, "available"],
    [1, "available"],
  ]);
  assert.ok(await exists(bucket, made[2]!.s3_key), "a mark takes no bytes");
  const back = await doctor.expect(200, "post", "/attachments/{id}/restore", { path });
  assert.equal(back.body.state, "available");
  await doctor.refused(409, "conflict", "POST", `/attachments/${made[2]!.id}/restore`);
  const content = await doctor.any("GET", `/attachments/${made[2]!.id}/content`);
  assert.deepEqual(content.bytes, pdf(3));
});

test("many uploads of one name at once get a key each", async () => {
  const record = await newRecord(doctor, patient);
  const begun = await Promise.all(
    Array.from({ length: 12 }, () =>
      startUpload(doctor, record.id, {
        file_name: "Röntgen.pdf",
        file_type: "application/pdf",
        file_size: 10,
      }),
    ),
  );
  assert.equal(new Set(begun.map((one) => one.attachment.s3_key)).size, 12);
  const versions = begun.map((one) => one.attachment.version).sort((a, b) => a - b);
  assert.deepEqual(versions, Array.from({ length: 12 }, (_, i) => i + 1));
});

test("a draft's pending upload that completes after it was finalized is marked", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf();
  const started = await startUpload(doctor, record.id, {
    file_name: "late.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  await finalize(doctor, record);
  assert.equal((await put(started, bytes)).status, 200);
  const done = await complete(doctor, started.attachment.id);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.added_after_finalization, true);
  const code = "attachment_not_removable";
  await doctor.refused(409, code, "DELETE", `/attachments/${done.body.id}`);
});

test("another hospital's attachment is unknown on every route", async () => {
  const there = await as("doctor", OTHER);
  const theirs = await newRecord(there, (await newPatient(there)).id);
  // Their ids are this hospital's as well unless they are far beyond: take one that only they have.
  const file = await upload(there, theirs.id, "secret.pdf", "application/pdf", pdf());
  const pending = await startUpload(there, theirs.id, {
    file_name: "pending.pdf",
    file_type: "application/pdf",
    file_size: 10,
  });
  for (const id of [file.id, pending.attachment.id]) {
    const here = await doctor.any("GET", `/attachments/${id}`);
    if (here.status === 200) {
      assert.ok(here.body.s3_key.startsWith(`${HOME}/`), here.text);
      continue;
    }
    const code = "attachment_not_found";
    await doctor.refused(404, code, "GET", `/attachments/${id}`);
    await doctor.refused(404, code, "GET", `/attachments/${id}/content`);
    await doctor.refused(404, code, "GET", `/attachments/${id}/versions`);
    await doctor.refused(404, code, "POST", `/attachments/${id}/download-url`);
    await doctor.refused(404, code, "POST", `/attachments/${id}/complete`, { body: {} });
    await doctor.refused(404, code, "POST", `/attachments/${id}/restore`);
    await doctor.refused(404, code, "DELETE", `/attachments/${id}`);
  }
  const mine = await keysOf(bucket, `${OTHER}/medical-records/`);
  assert.ok(mine.includes(file.s3_key));
});

test("a start that is sent twice is one upload, whose new URL works", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(77);
  const options = {
    headers: { "idempotency-key": `start-${record.id}` },
    body: { file_name: "x.pdf", file_type: "application/pdf", file_size: bytes.length },
  };
  const path = `/records/${record.id}/attachments`;
  const first = await doctor.any("POST", path, options);
  const second = await doctor.any("POST", path, options);
  assert.deepEqual([first.status, second.status], [201, 201], second.text);
  assert.equal(second.body.attachment.id, first.body.attachment.id);
  assert.deepEqual(second.body.upload.headers, first.body.upload.headers);
  assert.equal((await put(second.body, bytes)).status, 200);
  const done = await complete(doctor, first.body.attachment.id);
  assert.equal(done.status, 200, done.text);
  const other = { ...options, body: { ...options.body, file_size: 5 } };
  await doctor.refused(422, "idempotency_key_reused", "POST", path, other);
});

// What an upload brings beside the bytes that were declared, and what a request asks for that changes
// files: bound, done or refused, never ignored. On any store.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Client, Schemas } from "../lib/client.ts";
import { complete, pdf, put, sha256, startUpload, upload, type Started } from "../lib/files.ts";
import { demoBucket, exists } from "../lib/s3.ts";
import { as, dataDir, newPatient, newRecord, OTHER } from "../lib/world.ts";

let doctor: Client;
let record: Schemas["Record"];
const bytes = pdf(100);
const bucket = demoBucket(dataDir);

before(async () => {
  doctor = await as("doctor");
  record = await newRecord(doctor, (await newPatient(doctor)).id);
});

async function listed(): Promise<number[]> {
  const path = { id: record.id };
  const list = await doctor.expect(200, "get", "/records/{id}/attachments", { path });
  return list.body.items.map((file) => file.id);
}

/** Refused at completion, and gone. */
async function mismatch(what: string, started: Started): Promise<void> {
  const done = await complete(doctor, started.attachment.id);
  assert.equal(done.status, 422, `${what}: ${done.text}`);
  assert.equal(done.body.code, "upload_mismatch", what);
  assert.ok(!(await exists(bucket, started.attachment.s3_key)), what);
  assert.ok(!(await listed()).includes(started.attachment.id), what);
}

const UNBOUND: [string, string][] = [
  ["Content-Disposition", 'inline; filename="prescription.html"'],
  ["Cache-Control", "public, max-age=31536000"],
  ["Content-Language", "de"],
  ["Expires", "Thu, 01 Dec 2050 16:00:00 GMT"],
  ["Content-Encoding", "gzip"],
  ["x-amz-meta-note", "of somebody else"],
  ["x-amz-website-redirect-location", "https://example.org/"],
];
for (const [name, value] of UNBOUND) {
  test(`${name}, which an upload URL does not bind, is not kept with a file`, async () => {
    const started = await startUpload(doctor, record.id, {
      file_name: "unbound.pdf",
      file_type: "application/pdf",
      file_size: bytes.length,
    });
    const sent = await put(started, bytes, { [name]: value });
    if (sent.status === 200) {
      await mismatch(name, started);
      return;
    }
    // The store itself wants it signed.
    assert.ok([400, 403, 501].includes(sent.status), sent.text);
    assert.equal((await put(started, bytes)).status, 200);
    assert.equal((await complete(doctor, started.attachment.id)).status, 200);
  });
}

test("an upload URL does not bring another hospital's file into a record", async () => {
  const there = await as("doctor", OTHER);
  const theirs = await newRecord(there, (await newPatient(there)).id);
  const secret = pdf(321);
  const file = await upload(there, theirs.id, "secret.pdf", "application/pdf", secret);
  const mine = Buffer.from(secret.toString("latin1").replaceAll("xxx", "yyy"), "latin1");
  const range = { "x-amz-copy-source-range": `bytes=0-${secret.length - 1}` };
  const ways: Record<string, string>[] = [
    { "x-amz-metadata-directive": "REPLACE" },
    { "x-amz-metadata-directive": "COPY" },
    {},
    range,
    { ...range, "x-amz-metadata-directive": "REPLACE" },
    { "x-amz-metadata-directive": "REPLACE", "x-amz-copy-source-if-match": `"${file.etag}"` },
  ];
  for (const [i, way] of ways.entries()) {
    const started = await startUpload(doctor, record.id, {
      file_name: "copied.pdf",
      file_type: "application/pdf",
      file_size: mine.length,
    });
    const source = `/${bucket.bucket}/${file.s3_key}`;
    const sent = await put(started, mine, { "x-amz-copy-source": source, ...way });
    const done = await complete(doctor, started.attachment.id);
    if (sent.status !== 200) {
      assert.equal(done.status, 409, done.text);
      continue;
    }
    assert.ok([200, 422].includes(done.status), `${i}: ${done.text}`);
    if (done.status !== 200) continue;
    assert.equal(done.body.sha256, sha256(mine), `${i}: the bytes are not those of the PUT`);
  }
});

const TEXT = Buffer.from("The same line again and again.\n".repeat(2_000));
const member = gzipSync(TEXT);
const MEMBERS: [string, Buffer, number][] = [
  ["two members", Buffer.concat([member, gzipSync(Buffer.from("and more"))]), TEXT.length + 8],
  ["two members of which the first alone was declared", Buffer.concat([member, member]), TEXT.length],
  ["an empty second member", Buffer.concat([member, gzipSync(Buffer.alloc(0))]), TEXT.length],
  ["zeros behind the member", Buffer.concat([member, Buffer.alloc(512)]), TEXT.length],
  ["anything behind the member", Buffer.concat([member, Buffer.from("x")]), TEXT.length],
  ["a member that is cut off", member.subarray(0, -1), TEXT.length],
];
for (const [what, stored, size] of MEMBERS) {
  test(`gzip with ${what} is refused`, async () => {
    const started = await startUpload(doctor, record.id, {
      file_name: "members.txt",
      file_type: "text/plain",
      file_size: size,
      stored_size: stored.length,
      content_encoding: "gzip",
      stored_sha256: sha256(stored),
    });
    assert.equal((await put(started, stored)).status, 200);
    await mismatch(what, started);
  });
}

const digest = (kind: string): string => createHash(kind).update(bytes).digest("base64");

function stream(headers: Record<string, string>) {
  const query = { file_name: "digest.pdf" };
  const where = `/records/${record.id}/attachments`;
  return doctor.any("PUT", where, { query, body: bytes, type: "application/pdf", headers });
}

test("digests of an upload through the service are held against its bytes", async () => {
  const right: Record<string, string>[] = [
    { "content-md5": digest("md5") },
    { "content-digest": `sha-256=:${digest("sha256")}:` },
    { "repr-digest": `sha-256=:${digest("sha256")}:`, "content-md5": digest("md5") },
  ];
  for (const headers of right) {
    const made = await stream(headers);
    assert.equal(made.status, 201, `${JSON.stringify(headers)}: ${made.text}`);
  }
  const before = await listed();
  const other = Buffer.alloc(32, 7);
  const wrong: Record<string, string>[] = [
    { "content-md5": other.subarray(0, 16).toString("base64") },
    { "content-digest": `sha-256=:${other.toString("base64")}:` },
    { "repr-digest": `sha-256=:${other.toString("base64")}:` },
  ];
  for (const headers of wrong) {
    const made = await stream(headers);
    assert.equal(made.status, 422, `${JSON.stringify(headers)}: ${made.text}`);
    assert.equal(made.body.code, "upload_mismatch");
  }
  assert.deepEqual(await listed(), before);
});

test("what cannot be done for a request that changes files is refused, not ignored", async () => {
  const before = await listed();
  const always: Record<string, string>[] = [
    { "if-none-match": "*" },
    { "if-match": `"${sha256(bytes)}"` },
    { "if-unmodified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
    { range: "bytes=0-9" },
    { "content-range": `bytes 0-${bytes.length - 1}/${bytes.length}` },
    { digest: `SHA-256=${digest("sha256")}` },
    { "x-amz-checksum-sha256": digest("sha256") },
  ];
  const refused = async (what: string, answer: Promise<{ status: number; text: string }>) => {
    const { status, text } = await answer;
    assert.equal(status, 400, `${what}: ${text}`);
    assert.match(text, /"bad_request"/, what);
  };
  const bad: Record<string, string>[] = [
    { "content-md5": "bm90IGFuIE1ENQ==" },
    { "content-digest": `md5=:${digest("md5")}:` },
    { "content-digest": `sha-512=:${digest("sha512")}:` },
  ];
  for (const headers of [...always, ...bad]) {
    await refused(`PUT ${JSON.stringify(headers)}`, stream(headers));
  }
  assert.deepEqual(await listed(), before);

  const file = await upload(doctor, record.id, "stays.pdf", "application/pdf", bytes);
  const body = { file_name: "a.pdf", file_type: "application/pdf", file_size: 10 };
  for (const headers of [...always, { "content-md5": digest("md5") }]) {
    const what = JSON.stringify(headers);
    const at = `/attachments/${file.id}`;
    await refused(what, doctor.any("POST", `/records/${record.id}/attachments`, { headers, body }));
    await refused(what, doctor.any("POST", `${at}/complete`, { headers, body: {} }));
    await refused(what, doctor.any("POST", `${at}/download-url`, { headers }));
    await refused(what, doctor.any("POST", `${at}/restore`, { headers }));
    await refused(what, doctor.any("DELETE", at, { headers }));
  }
  assert.ok((await listed()).includes(file.id));
});

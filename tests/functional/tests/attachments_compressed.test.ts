// What the service compresses on the way to the store: which files, how far it goes, that every part
// of them comes back, and that nothing makes it unpack more than a file may have.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Client, Result, Schemas } from "../lib/client.ts";
import { pdf, png, sha256, unpacked } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { demoBucket, keysOf, s3 } from "../lib/s3.ts";
import { as, dataDir, HOME, newPatient, newRecord } from "../lib/world.ts";

type Attachment = Schemas["Attachment"];
const MIB = 1024 * 1024;
const bucket = demoBucket(dataDir);
let doctor: Client;
let record: Schemas["Record"];

before(async () => {
  doctor = await as("doctor");
  record = await newRecord(doctor, (await newPatient(doctor)).id);
});

function through(name: string, type: string, body: Buffer, headers: Record<string, string> = {}): Promise<Result<any>> {
  const where = `/records/${record.id}/attachments`;
  return doctor.any("PUT", where, { query: { file_name: name }, body, type, headers });
}

/** What is under the file's key at the store, as it is there. */
async function stored(file: Attachment): Promise<Buffer> {
  const answer = await s3(bucket, "GET", file.s3_key);
  assert.equal(answer.status, 200, answer.text);
  return answer.bytes;
}

/** Lines of a laboratory's list, each of them another one. */
function lines(bytes: number): Buffer {
  let text = "";
  for (let i = 0; text.length < bytes; i += 1) {
    const value = createHash("md5").update(String(i)).digest("hex").slice(0, 6);
    text += `${i};2026-03-${(i % 28) + 1};sodium;mmol/l;${value}\n`;
  }
  return Buffer.from(text.slice(0, bytes));
}

async function comesBack(file: Attachment, bytes: Buffer): Promise<void> {
  const at = `/attachments/${file.id}/content`;
  const whole = await doctor.any("GET", at);
  assert.equal(whole.status, 200, whole.text.slice(0, 300));
  assert.equal(whole.headers["content-encoding"], undefined);
  assert.ok(whole.bytes.equals(bytes), "the same bytes");
  const last = bytes.length - 1;
  const block = 256 * 1024;
  const ranges = [[0, 0], [0, last], [last, last], [Math.min(1_000, last), Math.min(1_999, last)]];
  for (let edge = block; edge <= last; edge += block * 3) {
    ranges.push([edge - 1, edge], [edge, edge], [edge, Math.min(edge + block, last)], [edge - 5, last]);
  }
  for (const [from, to] of ranges as [number, number][]) {
    const part = await doctor.any("GET", at, { headers: { range: `bytes=${from}-${to}` } });
    assert.equal(part.status, 206, part.text.slice(0, 300));
    assert.equal(part.headers["content-range"], `bytes ${from}-${to}/${bytes.length}`);
    assert.ok(part.bytes.equals(bytes.subarray(from, to + 1)), `${from}-${to}`);
  }
  const path = { id: file.id };
  const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", { path });
  assert.equal(link.body.content_encoding, file.content_encoding);
  const fetched = await send({ method: "GET", url: link.body.url });
  assert.ok(unpacked(fetched).equals(bytes), "the same by URL");
}

const sizes = [1_000, 256 * 1024, MIB - 1, MIB, MIB + 1, 3 * MIB + 17];
for (const size of sizes) {
  test(`text of ${size} bytes is kept in gzip, and every part of it comes back`, async () => {
    const bytes = lines(size);
    const made = await through(`list-${size}.csv`, "text/csv", bytes);
    assert.equal(made.status, 201, made.text);
    const file = made.body as Attachment;
    assert.deepEqual([file.state, file.content_encoding], ["available", "gzip"]);
    assert.deepEqual([file.file_size, file.sha256], [bytes.length, sha256(bytes)]);
    const kept = await stored(file);
    assert.deepEqual([file.stored_size, file.stored_sha256], [kept.length, sha256(kept)]);
    assert.ok(kept.length <= 0.9 * bytes.length, `${kept.length} of ${bytes.length}`);
    assert.ok(gunzipSync(kept).equals(bytes), "gzip of one member");
    await comesBack(file, bytes);
  });
}

test("more than one part of compressed bytes", async () => {
  // Random bytes in base64 shrink to three quarters.
  const bytes = Buffer.from(randomBytes(9 * MIB).toString("base64"));
  const made = await through("long.txt", "text/plain", bytes);
  assert.equal(made.status, 201, made.text);
  const file = made.body as Attachment;
  assert.equal(file.content_encoding, "gzip");
  assert.ok(file.stored_size > 6 * MIB, "in parts");
  const kept = await stored(file);
  assert.deepEqual([file.stored_size, file.stored_sha256], [kept.length, sha256(kept)]);
  await comesBack(file, bytes);
});

test("what gzip makes hardly smaller is kept as it is", async () => {
  const rows: [string, string, Buffer][] = [
    ["noise.pdf", "application/pdf", Buffer.concat([pdf(), randomBytes(200_000)])],
    ["large.pdf", "application/pdf", Buffer.concat([pdf(), randomBytes(7 * MIB)])],
    ["a.txt", "text/plain", Buffer.from("x")],
    ["photo.png", "image/png", png()],
  ];
  for (const [name, type, bytes] of rows) {
    const made = await through(name, type, bytes);
    assert.equal(made.status, 201, made.text);
    const file = made.body as Attachment;
    assert.equal(file.content_encoding, null, name);
    assert.deepEqual([file.file_size, file.stored_size], [bytes.length, bytes.length], name);
    assert.deepEqual([file.sha256, file.stored_sha256], [sha256(bytes), sha256(bytes)], name);
    assert.ok((await stored(file)).equals(bytes), name);
    await comesBack(file, bytes);
  }
});

test("a beginning that promises more than the rest holds", async () => {
  const bytes = Buffer.concat([pdf(MIB + 10_000), randomBytes(30 * MIB)]);
  const made = await through("scans.pdf", "application/pdf", bytes);
  assert.equal(made.status, 201, made.text);
  const file = made.body as Attachment;
  assert.equal(file.content_encoding, null);
  assert.deepEqual([file.stored_size, file.stored_sha256], [bytes.length, sha256(bytes)]);
  await comesBack(file, bytes);
  const keys = await keysOf(bucket, `${HOME}/medical-records/`);
  const own = keys.filter((key) => key.includes(`/${record.id}/scans`));
  assert.deepEqual(own, [file.s3_key], "the packed one is gone");
});

test("a client's gzip is unpacked, checked, and packed again where that pays", async () => {
  const bytes = lines(700_000);
  const gzip = { "content-encoding": "gzip" };
  const made = await through("sent.csv", "text/csv", gzipSync(bytes), gzip);
  assert.equal(made.status, 201, made.text);
  const file = made.body as Attachment;
  assert.deepEqual([file.content_encoding, file.file_size], ["gzip", bytes.length]);
  assert.equal(file.sha256, sha256(bytes));
  await comesBack(file, bytes);
  const noise = Buffer.concat([pdf(), randomBytes(50_000)]);
  const plain = await through("sent.pdf", "application/pdf", gzipSync(noise), gzip);
  assert.equal(plain.status, 201, plain.text);
  assert.deepEqual([plain.body.content_encoding, plain.body.stored_size], [null, noise.length]);
  await comesBack(plain.body, noise);
  const image = await through("photo.png", "image/png", gzipSync(png()), gzip);
  assert.equal(image.status, 415, image.text);
});

test("a client's gzip that is broken, or unpacks to more than a file may have, leaves nothing", async () => {
  const own = await newRecord(doctor, record.patient_id);
  const text = lines(100_000);
  const sound = gzipSync(text);
  const broken = Buffer.from(sound);
  broken[sound.length - 6]! ^= 0xff;
  const digest = `sha-256=:${createHash("sha256").update("other").digest("base64")}:`;
  const rows: [string, number, Buffer, Record<string, string>][] = [
    ["broken", 422, broken, {}],
    ["cut off", 422, sound.subarray(0, sound.length - 9), {}],
    ["two members", 422, Buffer.concat([sound, gzipSync(text)]), {}],
    ["not gzip", 422, text, {}],
    ["empty", 422, gzipSync(Buffer.alloc(0)), {}],
    ["another type", 422, gzipSync(randomBytes(2_000)), {}],
    ["another digest", 422, sound, { "content-digest": digest }],
    ["a bomb", 413, gzipSync(Buffer.alloc(60 * MIB, 0x20)), {}],
  ];
  for (const [what, status, body, headers] of rows) {
    const made = await doctor.any("PUT", `/records/${own.id}/attachments`, {
      query: { file_name: "bad.txt" },
      body,
      type: "text/plain",
      headers: { "content-encoding": "gzip", ...headers },
    });
    assert.equal(made.status, status, `${what}: ${made.text}`);
  }
  const path = { id: own.id };
  const listed = await doctor.expect(200, "get", "/records/{id}/attachments", { path });
  assert.deepEqual(listed.body.items, []);
  const keys = await keysOf(bucket, `${HOME}/medical-records/`);
  assert.deepEqual(keys.filter((key) => key.includes(`/${own.id}/`)), []);
});


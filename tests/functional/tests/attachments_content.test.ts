// The bytes through the service, asked for in odd ways; and uploads through it that say odd things.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { pdf, upload } from "../lib/files.ts";
import { as, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let record: Schemas["Record"];
let file: Schemas["Attachment"];
const bytes = pdf(100);
const size = bytes.length;

before(async () => {
  doctor = await as("doctor");
  record = await newRecord(doctor, (await newPatient(doctor)).id);
  file = await upload(doctor, record.id, "ranges.pdf", "application/pdf", bytes);
});

const content = (headers: Record<string, string>, method = "GET") =>
  doctor.any(method, `/attachments/${file.id}/content`, { headers });

test("ranges of every form", async () => {
  const huge = "9".repeat(30);
  const parts: [string, number, number][] = [
    ["bytes=0-0", 0, 1],
    ["bytes=10-19", 10, 20],
    [`bytes=${size - 1}-`, size - 1, size],
    ["bytes=-1", size - 1, size],
    [`bytes=-${size + 5}`, 0, size],
    [`bytes=5-${huge}`, 5, size],
    ["BYTES=0-4", 0, 5],
  ];
  for (const [range, from, to] of parts) {
    const part = await content({ range });
    assert.equal(part.status, 206, `${range}: ${part.text}`);
    assert.equal(part.headers["content-range"], `bytes ${from}-${to - 1}/${size}`, range);
    assert.deepEqual(part.bytes, bytes.subarray(from, to), range);
  }
  for (const range of [`bytes=${size}-`, "bytes=-0", `bytes=${huge}-`]) {
    const none = await content({ range });
    assert.equal(none.status, 416, range);
    assert.equal(none.body.code, "range_not_satisfiable");
    assert.equal(none.headers["content-range"], `bytes */${size}`);
  }
  for (const range of ["bytes=5-2", "bytes=0-1,4-5", "lines=0-1", "bytes=", "bytes=a-b", "x"]) {
    const whole = await content({ range });
    assert.equal(whole.status, 200, range);
    assert.deepEqual(whole.bytes, bytes, range);
  }
});

test("conditions on the entity tag", async () => {
  const etag = `"${file.sha256}"`;
  const rows: [Record<string, string>, number][] = [
    [{ "if-none-match": etag }, 304],
    [{ "if-none-match": `"other", W/${etag}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"other"' }, 200],
    [{ "if-match": etag }, 200],
    [{ "if-match": `"other", ${etag}` }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": '"other"' }, 412],
    [{ "if-match": `W/${etag}` }, 412],
    [{ range: "bytes=0-4", "if-range": etag }, 206],
    [{ range: "bytes=0-4", "if-range": '"other"' }, 200],
  ];
  for (const [headers, status] of rows) {
    const answer = await content(headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
  }
  // Whoever asks whether what he has is right has looked at it.
  const auditor = await as("auditor");
  const reads = async (): Promise<number> => {
    const query = { patient_id: record.patient_id, action: "attachment.read", count: "exact" as const };
    const { body } = await auditor.expect(200, "get", "/audit", { query });
    return body.total ?? -1;
  };
  const before = await reads();
  assert.equal((await content({ "if-none-match": etag })).status, 304);
  assert.equal(await reads(), before + 1);
  const head = await content({ range: "bytes=0-4" }, "HEAD");
  assert.equal(head.status, 206);
  assert.equal(head.headers["content-length"], "5");
  assert.equal(head.bytes.length, 0);
});

test("an upload through the service that says a thing twice, or sends another thing", async () => {
  const where = `/records/${record.id}/attachments`;
  const send = (query: string, headers: Record<string, string> = {}) =>
    doctor.any("PUT", `${where}?${query}`, { body: bytes, type: "application/pdf", headers });
  const twice = await send("file_name=one.pdf&file_name=two.pdf");
  assert.equal(twice.status, 422, twice.text);
  assert.equal(twice.body.errors[0].pointer, "/file_name");
  for (const [coding, status] of [["gzip", 422], ["br", 415], ["gzip, gzip", 415]] as const) {
    const encoded = await send("file_name=one.pdf", { "content-encoding": coding });
    assert.equal(encoded.status, status, encoded.text);
  }
  const plain = await send("file_name=one.pdf", { "content-encoding": "identity" });
  assert.equal(plain.status, 201, plain.text);
});

test("a stored size that cannot be has one fault", async () => {
  const answer = await doctor.any("POST", `/records/${record.id}/attachments`, {
    body: {
      file_name: "a.pdf",
      file_type: "application/pdf",
      file_size: 100,
      content_encoding: "gzip",
      stored_size: 0,
    },
  });
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.body.errors.length, 1, answer.text);
});

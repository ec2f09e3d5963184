// Files through the service in one stream: clients that break off, lie about the length, and a
// DICOM of 60 MB both ways.
import assert from "node:assert/strict";
import { createHash, type Hash } from "node:crypto";
import http from "node:http";
import net from "node:net";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { complete, pdf, putParts, sha256, startParts } from "../lib/files.ts";
import { sendRaw } from "../lib/http.ts";
import { demoBucket, keysOf, type Bucket } from "../lib/s3.ts";
import { dicom } from "../lib/samples.ts";
import { as, base, dataDir, HOME, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let patient: number;
let bucket: Bucket;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
  bucket = demoBucket(dataDir);
});

function head(record: number, length: string, name = "cut.pdf"): string {
  return (
    `PUT /api/v1/records/${record}/attachments?file_name=${name} HTTP/1.1\r\nHost: x\r\n` +
    `Authorization: Bearer ${doctor.token}\r\nContent-Type: application/pdf\r\n${length}\r\n\r\n`
  );
}

async function keysOfRecord(record: number): Promise<string[]> {
  const now = new Date();
  const month = String(now.getUTCMonth() + 1).padStart(2, "0");
  return keysOf(bucket, `${HOME}/medical-records/${now.getUTCFullYear()}/${month}/${record}/`);
}

async function listed(record: number): Promise<Schemas["Attachment"][]> {
  const path = { id: record };
  return (await doctor.expect(200, "get", "/records/{id}/attachments", { path })).body.items;
}

/** Waits until the log of the patient names so many rejections. */
async function rejections(of: number, count: number): Promise<void> {
  const auditor = await as("auditor");
  for (let i = 0; ; i += 1) {
    const query = { resource: "attachment", patient_id: of, limit: 200 } as const;
    const log = await auditor.expect(200, "get", "/audit", { query });
    const found = log.body.items.filter((entry) => entry.action === "attachment.reject").length;
    if (found === count) return;
    assert.ok(i < 200 && found < count, `${found} instead of ${count} rejections`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("a client that stops half-way leaves nothing", async () => {
  const own = (await newPatient(doctor)).id;
  const record = await newRecord(doctor, own);
  const bytes = pdf(1_000_000);
  for (const part of [0, 1, 700_000]) {
    const socket = net.connect(Number(new URL(base).port), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.on("error", () => undefined);
    socket.write(head(record.id, `Content-Length: ${bytes.length}`));
    await new Promise((resolve) => socket.write(bytes.subarray(0, part), resolve));
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.destroy();
  }
  await rejections(own, 3);
  assert.deepEqual(await listed(record.id), []);
  assert.deepEqual(await keysOfRecord(record.id), []);
});

test("more than was declared is another request, not part of the file", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(500);
  const more = Buffer.concat([
    Buffer.from(head(record.id, `Content-Length: ${bytes.length}`, "more.pdf")),
    bytes,
    Buffer.from("and more than was declared\r\n\r\n"),
  ]);
  const answer = await sendRaw(base, more, 8_000);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.text.match(/HTTP\/1\.1 \d/g)?.length, 2, answer.text);
  assert.match(answer.text, /HTTP\/1\.1 400 /);
  const [file] = await listed(record.id);
  assert.equal(file?.sha256, sha256(bytes));
  const content = await doctor.any("GET", `/attachments/${file!.id}/content`);
  assert.deepEqual(content.bytes, bytes);
});

test("without a length, with none, with too large a one: refused before a row is made", async () => {
  const record = await newRecord(doctor, patient);
  const chunked = `${head(record.id, "Transfer-Encoding: chunked")}5\r\n%PDF-\r\n0\r\n\r\n`;
  assert.equal((await sendRaw(base, chunked)).status, 400);
  const empty = await sendRaw(base, head(record.id, "Content-Length: 0"));
  assert.equal(empty.status, 422, empty.text);
  const { body: policy } = await doctor.expect(200, "get", "/attachments/policy");
  const large = await sendRaw(base, head(record.id, `Content-Length: ${policy.max_bytes + 1}`));
  assert.equal(large.status, 413, large.text);
  assert.deepEqual(await keysOfRecord(record.id), []);
});

test("a type or an encoding that is said twice is refused", async () => {
  const record = await newRecord(doctor, patient);
  const bytes = pdf(100);
  const length = `Content-Length: ${bytes.length}`;
  for (const more of [
    "Content-Type: text/plain",
    "Content-Encoding: identity\r\nContent-Encoding: gzip",
  ]) {
    const sent = Buffer.concat([Buffer.from(head(record.id, `${length}\r\n${more}`)), bytes]);
    assert.equal((await sendRaw(base, sent)).status, 400, more);
  }
  assert.deepEqual(await listed(record.id), []);
});

test("an upload through the service has nothing left to complete", async () => {
  const record = await newRecord(doctor, patient);
  const made = await doctor.any("PUT", `/records/${record.id}/attachments`, {
    query: { file_name: "direct.pdf" },
    body: pdf(),
    type: "application/pdf; charset=binary",
  });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.headers.location, `/api/v1/attachments/${made.body.id}`);
  const again = await complete(doctor, made.body.id);
  assert.deepEqual([again.status, again.body], [200, made.body]);
});

const MIB = 1024 * 1024;
const LARGE = 60 * MIB + 17;

/** A DICOM in pieces of 1 MiB, never whole in memory. */
function* pieces(): Generator<Buffer> {
  for (let at = 0; at < LARGE; at += MIB) {
    const size = Math.min(MIB, LARGE - at);
    const piece = at === 0 ? dicom(MIB) : Buffer.alloc(size, at / MIB);
    if (at > 0 && size > 4) piece.writeUInt32LE(at, 0);
    yield piece;
  }
}

async function sendPieces(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const out = http.request(url, { method: "PUT", headers }, (incoming) => {
      incoming.resume();
      incoming.on("end", () => resolve(incoming.statusCode ?? 0));
    });
    out.on("error", reject);
    const next = pieces();
    const pump = (): void => {
      for (;;) {
        const { value, done } = next.next();
        if (done) return void out.end();
        if (!out.write(value)) return void out.once("drain", pump);
      }
    };
    pump();
  });
}

async function receive(url: string, headers: Record<string, string>): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { headers }, (incoming) => {
        const hash: Hash = createHash("sha256");
        let size = 0;
        incoming.on("data", (piece: Buffer) => {
          hash.update(piece);
          size += piece.length;
        });
        incoming.on("error", reject);
        incoming.on("end", () => resolve([size, hash.digest("hex")]));
      })
      .on("error", reject);
  });
}

test("60 MB of DICOM both ways: above what other types may have", async () => {
  const record = await newRecord(doctor, patient);
  const hash = createHash("sha256");
  for (const piece of pieces()) hash.update(piece);
  const whole = hash.digest("hex");
  const bearer = { authorization: `Bearer ${doctor.token}` };

  const through = `${base}/api/v1/records/${record.id}/attachments?file_name=series.dcm`;
  const headers = { "content-type": "application/dicom", "content-length": String(LARGE) };
  assert.equal(await sendPieces(through, { ...bearer, ...headers }), 201);
  const started = await startParts(doctor, record.id, {
    file_name: "direct.dcm",
    file_type: "application/dicom",
    file_size: LARGE,
    stored_sha256: whole,
  });
  await putParts(started.upload, Buffer.concat([...pieces()]));
  const done = await complete(doctor, started.attachment.id);
  assert.equal(done.status, 200, done.text);
  for (const file of await listed(record.id)) {
    assert.equal(file.sha256, whole);
    const content = `${base}/api/v1/attachments/${file.id}/content`;
    assert.deepEqual(await receive(content, bearer), [LARGE, whole]);
    const path = { id: file.id };
    const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", { path });
    assert.deepEqual(await receive(link.body.url, {}), [LARGE, whole]);
    const far = { headers: { range: `bytes=${LARGE - 20}-${LARGE - 1}` } };
    const part = await doctor.any("GET", `/attachments/${file.id}/content`, far);
    assert.equal(part.status, 206);
    assert.equal(part.bytes.length, 20);
  }
  assert.equal((await listed(record.id)).length, 2);
});

// Files on another S3, Ceph's radosgw, by configuration alone: the same flow on a service whose
// storage.* name it. Skipped unless WARDBOOK_TEST_RGW_ENDPOINT, _ACCESS_KEY and _SECRET_KEY do so
// for these tests; tests/interop/rgw sets them. Known quirks: radosgw tells neither the checksum of
// an object nor its encryption, and may not refuse other bytes than a checksum names; the
// completion reads the object instead.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Client, type Schemas } from "../lib/client.ts";
import { complete, pdf, put, sha256, startUpload, upload } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { command, freePort, start, type Running } from "../lib/program.ts";
import { keysOf, s3, type Bucket } from "../lib/s3.ts";
import { pretenders, samples } from "../lib/samples.ts";
import { as, config, HOME, newPatient, newRecord } from "../lib/world.ts";

const endpoint = process.env["WARDBOOK_TEST_RGW_ENDPOINT"];
const skip = endpoint ? false : "no radosgw is named";
const bucket: Bucket = {
  endpoint: endpoint ?? "",
  region: "us-east-1",
  bucket: `wardbook-${process.pid}`,
  accessKey: process.env["WARDBOOK_TEST_RGW_ACCESS_KEY"] ?? "",
  secretKey: process.env["WARDBOOK_TEST_RGW_SECRET_KEY"] ?? "",
};

let node: Running | undefined;
let altered: string;
let doctor: Client;
let record: Schemas["Record"];

before(async () => {
  if (skip) return;
  const made = await s3(bucket, "PUT", "");
  assert.equal(made.status, 200, made.text);
  const text = readFileSync(config, "utf8")
    .replace(/^endpoint = .*$/m, `endpoint = "${bucket.endpoint}"`)
    .replace(/^bucket = .*$/m, `bucket = "${bucket.bucket}"`)
    .replace(/^access_key = .*$/m, `access_key = "${bucket.accessKey}"`)
    .replace(/^secret_key = .*$/m, `secret_key = "${bucket.secretKey}"`)
    .replace(/^target = .*$/m, 'target = "stdout"');
  altered = path.join(mkdtempSync(path.join(os.tmpdir(), "wardbook-rgw-")), "wardbook.toml");
  writeFileSync(altered, text, { mode: 0o600 });
  const port = await freePort();
  const args = ["serve", "--config", altered, "--listen", `127.0.0.1:${port}`];
  node = start(args, `http://127.0.0.1:${port}`, `${altered}.log`);
  await node.ready(60);
  const { session } = await as("doctor");
  doctor = new Client(node.base, session.access_token);
  record = await newRecord(doctor, (await newPatient(doctor)).id);
});
after(async () => {
  if (node) assert.equal((await node.stop()).code, 0, node.tail());
});

async function bothWays(id: number, bytes: Buffer): Promise<void> {
  const content = await doctor.any("GET", `/attachments/${id}/content`);
  assert.equal(content.status, 200, content.text);
  assert.deepEqual(content.bytes, bytes);
  const where = { path: { id } };
  const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", where);
  assert.ok(link.body.url.startsWith(bucket.endpoint));
  const fetched = await fetch(link.body.url);
  assert.deepEqual(Buffer.from(await fetched.arrayBuffer()), bytes);
}

test("every type, straight and through the service", { skip }, async () => {
  for (const { name, type, bytes } of samples()) {
    const direct = await upload(doctor, record.id, name, type, bytes, {
      stored_sha256: sha256(bytes),
    });
    await bothWays(direct.id, bytes);
    const options = { query: { file_name: name }, body: bytes, type };
    const made = await doctor.any("PUT", `/records/${record.id}/attachments`, options);
    assert.equal(made.status, 201, made.text);
    await bothWays(made.body.id, bytes);
  }
});

test("size, type, key and one use are bound there as well", { skip }, async () => {
  const bytes = pdf(100);
  const begun = await startUpload(doctor, record.id, {
    file_name: "bound.pdf",
    file_type: "application/pdf",
    file_size: bytes.length,
  });
  assert.ok(begun.upload.mode === "single");
  const refusals = [
    put(begun, bytes.subarray(1)),
    put(begun, Buffer.concat([bytes, Buffer.from("x")])),
    put(begun, bytes, { "content-type": "image/png" }),
    put(begun, bytes, { "x-amz-meta-tenant-id": "other" }),
    put(begun, bytes, {}, begun.upload.url.replace("bound", "other")),
    send({ method: "GET", url: begun.upload.url }),
  ];
  for (const refusal of refusals) {
    const { status, text } = await refusal;
    assert.ok(status >= 400 && status < 500, `${status} ${text}`);
  }
  assert.equal((await put(begun, bytes)).status, 200);
  assert.equal((await put(begun, bytes)).status, 412, "a second use");
  assert.equal((await complete(doctor, begun.attachment.id)).status, 200);
});

test("what is not what it claims goes", { skip }, async () => {
  for (const { name, type, bytes } of pretenders().slice(0, 6)) {
    const begun = await startUpload(doctor, record.id, {
      file_name: name,
      file_type: type,
      file_size: bytes.length,
    });
    assert.equal((await put(begun, bytes)).status, 200);
    assert.equal((await complete(doctor, begun.attachment.id)).status, 422);
    assert.ok(!(await keysOf(bucket, begun.attachment.s3_key)).length, name);
  }
});

test("gzip and ranges", { skip }, async () => {
  const bytes = Buffer.from("The same line again.\n".repeat(9_000));
  const stored = gzipSync(bytes);
  const file = await startUpload(doctor, record.id, {
    file_name: "long.txt",
    file_type: "text/plain",
    file_size: bytes.length,
    stored_size: stored.length,
    content_encoding: "gzip",
  });
  assert.equal((await put(file, stored)).status, 200);
  const done = await complete(doctor, file.attachment.id);
  assert.equal(done.status, 200, done.text);
  await bothWays(done.body.id, bytes);
  const plain = await upload(doctor, record.id, "plain.txt", "text/plain", bytes);
  for (const id of [done.body.id as number, plain.id]) {
    const part = await doctor.any("GET", `/attachments/${id}/content`, {
      headers: { range: "bytes=50000-50099" },
    });
    assert.equal(part.status, 206, part.text);
    assert.deepEqual(part.bytes, bytes.subarray(50_000, 50_100));
  }
});

test("the sweep lists and removes there", { skip }, async () => {
  const orphan = `${HOME}/medical-records/2020/01/1/orphan.txt`;
  assert.equal((await s3(bucket, "PUT", orphan)).status, 200);
  const args = ["storage", "sweep", "--tenant", HOME, "--config", altered, "--output", "json"];
  const swept = await command(args);
  assert.equal(swept.code, 0, swept.stdout + swept.stderr);
  assert.deepEqual(await keysOf(bucket, orphan), []);
});

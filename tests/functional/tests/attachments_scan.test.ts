// Malware: what waits for the scanner, what it lets through, what it finds, and what it does not look at.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Clamd, EICAR, hasClamd } from "../lib/clamd.ts";
import { Client, type Schemas } from "../lib/client.ts";
import { pdf, sha256, upload } from "../lib/files.ts";
import { command, freePort, start, type Running } from "../lib/program.ts";
import { demoBucket, exists } from "../lib/s3.ts";
import { as, config, dataDir, newPatient, newRecord } from "../lib/world.ts";

type Attachment = Schemas["Attachment"];
const skip = hasClamd ? false : "clamd is not installed (clamav-daemon)";
const bucket = demoBucket(dataDir);
const clamd = new Clamd();
let node: Running | undefined;
let folder: string | undefined;
let doctor: Client;
let record: Schemas["Record"];

before(async () => {
  if (!hasClamd) return;
  await clamd.start();
  folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-scan-"));
  const own = path.join(folder, "wardbook.toml");
  const text = readFileSync(config, "utf8").replace(/^target = .*$/m, 'target = "stdout"');
  writeFileSync(own, text, { mode: 0o600 });
  const port = await freePort();
  const args = ["serve", "--config", own, "--listen", `127.0.0.1:${port}`];
  node = start(args, `http://127.0.0.1:${port}`, `${own}.log`, {
    WARDBOOK_ATTACHMENTS_SCAN: `clamd:127.0.0.1:${clamd.port}`,
    WARDBOOK_ATTACHMENTS_SCAN_MAX_BYTES: "3000000",
    WARDBOOK_ATTACHMENTS_SCAN_TIMEOUT_S: "5",
    WARDBOOK_ATTACHMENTS_VERIFY_ALL_EVERY_S: "1",
  });
  await node.ready(60);
  doctor = new Client(node.base, (await as("doctor")).session.access_token);
  record = await newRecord(doctor, (await newPatient(doctor)).id);
});
after(async () => {
  await node?.stop();
  await clamd.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function through(name: string, type: string, body: Buffer, more = {}): Promise<Attachment> {
  const where = `/records/${record.id}/attachments`;
  const made = await doctor.any("PUT", where, { query: { file_name: name }, body, type, ...more });
  assert.equal(made.status, 201, made.text);
  return made.body as Attachment;
}

async function scanned(id: number): Promise<Attachment> {
  for (let i = 0; ; i += 1) {
    const path = { id };
    const { body } = await doctor.expect(200, "get", "/attachments/{id}", { path });
    if (body.state !== "quarantined") return body;
    assert.ok(i < 300, "still in quarantine");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("a clean file comes out of quarantine, whichever way it came", { skip }, async () => {
  const bytes = pdf(3_000);
  const direct = await upload(doctor, record.id, "a.pdf", "application/pdf", bytes);
  const packed = await through("b.pdf", "application/pdf", bytes);
  assert.equal(packed.content_encoding, "gzip");
  for (const file of [direct, packed]) {
    const now = await scanned(file.id);
    assert.deepEqual([now.state, now.scan, now.sha256], ["available", "clean", sha256(bytes)]);
    assert.ok(now.scanned_at);
    const content = await doctor.any("GET", `/attachments/${file.id}/content`);
    assert.ok(content.bytes.equals(bytes));
  }
  const auditor = await as("auditor");
  const query = { resource: "attachment", patient_id: record.patient_id, limit: 200 } as const;
  const { body } = await auditor.expect(200, "get", "/audit", { query });
  const actions = body.items.filter((entry) => entry.resource_id === direct.id).map((e) => e.action);
  assert.ok(actions.indexOf("attachment.publish") < actions.indexOf("attachment.quarantine"));
});

test("malware is rejected, removed and audited, in gzip too", { skip }, async () => {
  const text = Buffer.concat([EICAR, Buffer.from("\n")]);
  const long = Buffer.concat([Buffer.alloc(600_000, "a line of text\n"), text]);
  const gzip = { headers: { "content-encoding": "gzip" } };
  const files = [
    await upload(doctor, record.id, "one.txt", "text/plain", text),
    await through("two.txt", "text/plain", text),
    await through("three.txt", "text/plain", gzipSync(long), gzip),
  ];
  for (const file of files) {
    const now = await scanned(file.id);
    assert.deepEqual([now.state, now.scan], ["rejected", "infected"], file.file_name);
    for (let i = 0; await exists(bucket, file.s3_key); i += 1) {
      assert.ok(i < 100, "it is still at the store");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const answer = await doctor.any("GET", `/attachments/${file.id}/content`);
    assert.ok(answer.status === 404 || answer.status === 409, answer.text);
  }
  const path = { id: record.id };
  const { body } = await doctor.expect(200, "get", "/records/{id}/attachments", { path });
  assert.ok(body.items.every((file) => !files.some(({ id }) => id === file.id)));
  const auditor = await as("auditor");
  const query = { action: "attachment.infected", patient_id: record.patient_id, limit: 200 } as const;
  const log = await auditor.expect(200, "get", "/audit", { query });
  assert.equal(log.body.items.length, files.length);
  assert.match(String(log.body.items[0]?.reason), /Eicar-Test/);
});

test("what is larger than the scanner takes is let through, and says so", { skip }, async () => {
  // More than the service sends, and more than clamd's own limit of 2 MiB takes.
  for (const [name, size] of [["ours.txt", 3_000_001], ["its.txt", 2_500_000]] as const) {
    const file = await through(name, "text/plain", Buffer.alloc(size, "text of a line\n"));
    const now = await scanned(file.id);
    assert.deepEqual([now.state, now.scan], ["available", "not_scanned"], name);
  }
});

test("without the scanner files wait, and nobody gets them", { skip }, async () => {
  await clamd.stop();
  const bytes = pdf(700);
  const file = await upload(doctor, record.id, "waits.pdf", "application/pdf", bytes);
  assert.deepEqual([file.state, file.scan], ["quarantined", "waiting"]);
  const at = `/attachments/${file.id}`;
  const again = await doctor.any("POST", `${at}/complete`, { body: {} });
  assert.deepEqual([again.status, again.body.state], [200, "quarantined"]);
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // some tries of the job
  const path = { id: file.id };
  const { body } = await doctor.expect(200, "get", "/attachments/{id}", { path });
  assert.equal(body.state, "quarantined");
  await doctor.refused(409, "attachment_not_available", "GET", `${at}/content`);
  await doctor.refused(409, "attachment_not_available", "POST", `${at}/download-url`);
  const listed = await doctor.expect(200, "get", "/records/{id}/attachments", { path: { id: record.id } });
  assert.ok(listed.body.items.some((item) => item.id === file.id), "it is shown as it is");
  await clamd.start();
  assert.equal((await scanned(file.id)).state, "available");
});

test("config check says when there is no scanner, and refuses an address that is none", async () => {
  const none = await command(["config", "check", "--config", config]);
  assert.equal(none.code, 0, none.stderr);
  assert.match(none.stderr, /attachments\.scan is empty: files are not scanned/);
  for (const [scan, code] of [["clamd:127.0.0.1:3310", 0], ["clamd:/run/clamd.sock", 0], ["clamd:x", 1], ["other:1", 1], ["clamd::1", 1]] as const) {
    const checked = await command(["config", "check", "--config", config], {
      env: { WARDBOOK_ATTACHMENTS_SCAN: scan },
    });
    assert.equal(checked.code, code, `${scan}: ${checked.stderr}`);
    assert.doesNotMatch(checked.stderr, /not scanned/);
  }
});

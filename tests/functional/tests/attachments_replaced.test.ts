// Bytes that change after they were verified: by an upload URL that is used once more, by a completion
// that runs beside another one, by somebody with the store's own keys. What was verified, and perhaps
// signed, is served, or nothing is. Requests wait at the door of a store in between, so that every
// order of events is the one that is meant.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { BadStore, type Fault, type Held } from "../lib/badstore.ts";
import { Client, type Schemas } from "../lib/client.ts";
import { complete, pdf, put, sha256, startUpload, unpacked, upload, type Started } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { command, freePort, start, type Running } from "../lib/program.ts";
import { demoBucket, exists, keysOf, s3 } from "../lib/s3.ts";
import { as, config, dataDir, finalize, HOME, newPatient, newRecord } from "../lib/world.ts";

const bucket = demoBucket(dataDir);
const bytes = pdf(1_000);
/** As long as `bytes`, and a PDF as well. */
const others = Buffer.from(bytes.toString("latin1").replaceAll("xxxx", "yyyy"), "latin1");

interface Place {
  store: BadStore;
  node: Running;
  doctor: Client;
  config: string;
}
const places: Place[] = [];

/** A service of its own behind a store that is told how to behave; URLs name the real one. */
async function serve(fault: Fault, env: Record<string, string>): Promise<Place> {
  const store = new BadStore(bucket.endpoint, bucket);
  store.fault = fault;
  await store.listen();
  const text = readFileSync(config, "utf8")
    .replace(/^endpoint = .*$/m, `endpoint = "http://127.0.0.1:${store.port}"`)
    .replace(/^public_endpoint = .*$/m, `public_endpoint = "${bucket.endpoint}"`)
    .replace(/^target = .*$/m, 'target = "stdout"');
  const own = path.join(mkdtempSync(path.join(os.tmpdir(), "wardbook-replaced-")), "wardbook.toml");
  writeFileSync(own, text, { mode: 0o600 });
  const port = await freePort();
  const args = ["serve", "--config", own, "--listen", `127.0.0.1:${port}`];
  const node = start(args, `http://127.0.0.1:${port}`, `${own}.log`, env);
  await node.ready(60);
  const doctor = new Client(node.base, (await as("doctor")).session.access_token);
  const place = { store, node, doctor, config: own };
  places.push(place);
  return place;
}

let sound: Place;
let unconditional: Place;
let forgetful: Place;
before(async () => {
  sound = await serve("none", {});
  unconditional = await serve("none", { WARDBOOK_STORAGE_CONDITIONAL_PUT: "false" });
  forgetful = await serve("takes-again", {});
});
after(async () => {
  for (const { node, store } of places) {
    const ended = await node.stop();
    await store.close();
    assert.equal(ended.code, 0, node.tail());
  }
});

async function newDraft(): Promise<Schemas["Record"]> {
  const doctor = await as("doctor");
  return newRecord(doctor, (await newPatient(doctor)).id);
}

async function begun(place: Place, record: number, what = bytes): Promise<Started> {
  const started = await startUpload(place.doctor, record, {
    file_name: "scan.pdf",
    file_type: "application/pdf",
    file_size: what.length,
  });
  assert.equal((await put(started, what)).status, 200);
  return started;
}

/** Waits until a request is held; `whole`, of which it is a part, must not end before that. */
async function heldIn(held: Held, whole: Promise<unknown>): Promise<void> {
  const ended = whole.then(() => assert.fail("it ended without the request that was to be held"));
  await Promise.race([held.arrived, ended]);
  ended.catch(() => undefined);
}

async function delivered(place: Place, id: number, what: Buffer): Promise<void> {
  const content = await place.doctor.any("GET", `/attachments/${id}/content`);
  assert.equal(content.status, 200, content.text);
  assert.equal(sha256(content.bytes), sha256(what));
  const link = await place.doctor.any("POST", `/attachments/${id}/download-url`);
  assert.equal(link.status, 200, link.text);
  assert.equal(sha256(unpacked(await send({ method: "GET", url: link.body.url }))), sha256(what));
}

async function sweep(
  place: Place,
  env: Record<string, string> = {},
  grace = "7200",
): Promise<void> {
  const args = ["storage", "sweep", "--tenant", HOME, "--grace", grace, "--config", place.config];
  const swept = await command(args, { env });
  assert.equal(swept.code, 0, swept.stdout + swept.stderr);
}

const kinds: [string, () => Place][] = [
  ["is said to take uploads again", () => unconditional],
  ["takes uploads again without a word", () => forgetful],
];
for (const [kind, at] of kinds) {
  test(`a store that ${kind}: an upload URL does not replace a signed visit's file`, async () => {
    const place = at();
    const draft = await newDraft();
    const started = await begun(place, draft.id);
    const urlKey = started.attachment.s3_key;
    const done = await complete(place.doctor, started.attachment.id);
    assert.equal(done.status, 200, done.text);
    await finalize(await as("doctor"), draft);

    assert.notEqual(done.body.s3_key, urlKey, "no URL was ever made for the file's own key");
    assert.match(done.body.s3_key, /\/scan\.v\d\.pdf$/);
    assert.equal((await put(started, others)).status, 200, "the URL still works");
    await delivered(place, done.body.id, bytes);
    const again = await complete(place.doctor, started.attachment.id);
    assert.equal(again.status, 200, again.text);
    assert.deepEqual([again.body.s3_key, again.body.sha256], [done.body.s3_key, sha256(bytes)]);

    assert.ok(await exists(bucket, urlKey));
    await sweep(place);
    assert.ok(!(await exists(bucket, urlKey)), "what came by the URL later is nobody's");
    await delivered(place, done.body.id, bytes);
    // A name that was once taken is never given out again.
    const next = await upload(place.doctor, draft.id, "scan.pdf", "application/pdf", others);
    assert.ok(![urlKey, done.body.s3_key].includes(next.s3_key), next.s3_key);
  });

  test(`a store that ${kind}: what does not match leaves nothing`, async () => {
    const place = at();
    const draft = await newDraft();
    const text = Buffer.from("MZ this is no PDF at all, whatever its name says.\n");
    const started = await begun(place, draft.id, text);
    const done = await complete(place.doctor, started.attachment.id);
    assert.equal(done.status, 422, done.text);
    const folder = path.posix.dirname(started.attachment.s3_key);
    assert.deepEqual(await keysOf(bucket, `${folder}/`), []);
  });
}

test("a pending upload's object stays in the sweep, whatever its completions left", async () => {
  const draft = await newDraft();
  const started = await begun(unconditional, draft.id);
  unconditional.store.fault = "500";
  const broken = await complete(unconditional.doctor, started.attachment.id);
  assert.equal(broken.status, 503, broken.text);
  unconditional.store.fault = "none";
  const copy = unconditional.store.hold((request) => "x-amz-copy-source" in request.headers, "500");
  copy.letGo();
  await complete(unconditional.doctor, started.attachment.id);
  await sweep(unconditional);
  const done = await complete(unconditional.doctor, started.attachment.id);
  assert.equal(done.status, 200, done.text);
  await delivered(unconditional, done.body.id, bytes);
});

test("an upload URL that is used again after a rejection leaves nothing for long", async () => {
  const draft = await newDraft();
  const text = Buffer.from("MZ this is no PDF at all, whatever its name says.\n");
  const started = await begun(sound, draft.id, text);
  const { id, s3_key: key } = started.attachment;
  assert.equal((await complete(sound.doctor, id)).status, 422);
  assert.ok(!(await exists(bucket, key)));
  assert.equal((await put(started, text)).status, 200, "nothing is under the key any more");
  assert.ok([404, 409].includes((await complete(sound.doctor, id)).status));
  await sweep(sound);
  assert.ok(!(await exists(bucket, key)));
});

test("a completion that copies late does not replace what another one has published", async () => {
  const draft = await newDraft();
  const started = await begun(unconditional, draft.id);
  const { id } = started.attachment;
  const copy = unconditional.store.hold((request) => "x-amz-copy-source" in request.headers);
  const slow = complete(unconditional.doctor, id);
  await heldIn(copy, slow);
  const quick = await complete(unconditional.doctor, id);
  assert.equal(quick.status, 200, quick.text);
  assert.equal((await put(started, others)).status, 200);
  copy.letGo();
  const late = await slow;
  assert.deepEqual([late.status, late.body], [200, quick.body], late.text);
  await delivered(unconditional, id, bytes);
  await sweep(unconditional);
  await delivered(unconditional, id, bytes);
  const folder = path.posix.dirname(quick.body.s3_key);
  assert.deepEqual(await keysOf(bucket, `${folder}/`), [quick.body.s3_key]);
});

test("a completion that was overtaken, but not yet by a published file, says so", async () => {
  const draft = await newDraft();
  const started = await begun(unconditional, draft.id);
  const { id } = started.attachment;
  const isCopy = (request: { headers: object }): boolean => "x-amz-copy-source" in request.headers;
  const first = unconditional.store.hold(isCopy);
  const overtaken = complete(unconditional.doctor, id);
  await heldIn(first, overtaken);
  const second = unconditional.store.hold(isCopy);
  const winner = complete(unconditional.doctor, id);
  await heldIn(second, winner);
  first.letGo();
  const lost = await overtaken;
  assert.equal(lost.status, 409, lost.text);
  assert.equal(lost.body.code, "conflict");
  second.letGo();
  assert.equal((await winner).status, 200);
  await delivered(unconditional, id, bytes);
});

test("a completion that sees a fault does not remove what another one has published", async () => {
  const draft = await newDraft();
  const started = await begun(sound, draft.id);
  const { id, s3_key: key } = started.attachment;
  const head = sound.store.hold((request) => request.method === "HEAD", "short");
  const slow = complete(sound.doctor, id);
  await heldIn(head, slow);
  const quick = await complete(sound.doctor, id);
  assert.equal(quick.status, 200, quick.text);
  head.letGo();
  const late = await slow;
  assert.deepEqual([late.status, late.body], [200, quick.body], late.text);
  assert.ok(await exists(bucket, key));
  await delivered(sound, id, bytes);
  const query = { resource: "attachment", patient_id: draft.patient_id, limit: 200 } as const;
  const log = await (await as("auditor")).expect(200, "get", "/audit", { query });
  assert.ok(!log.body.items.some((entry) => entry.action === "attachment.reject"));
});

test("a completion beside the sweep of an abandoned upload publishes nothing", async () => {
  const brief = await serve("none", { WARDBOOK_ATTACHMENTS_URL_TTL_S: "1" });
  const draft = await newDraft();
  const options = {
    headers: { "idempotency-key": `brief-${draft.id}` },
    body: { file_name: "late.pdf", file_type: "application/pdf", file_size: bytes.length },
  };
  const where = `/records/${draft.id}/attachments`;
  const begun = await brief.doctor.any("POST", where, options);
  assert.equal(begun.status, 201, begun.text);
  // The other service signs a URL that lives longer than the upload.
  const again = await sound.doctor.any("POST", where, options);
  assert.equal((await put(again.body as Started, bytes)).status, 200);
  const { id, s3_key: key } = again.body.attachment as Schemas["Attachment"];
  const read = sound.store.hold((request) => request.method === "GET");
  const completion = complete(sound.doctor, id);
  await heldIn(read, completion);
  const ends = Date.parse(begun.body.upload.expires_at);
  while (Date.now() <= ends + 1_000) await new Promise((resolve) => setTimeout(resolve, 100));
  await sweep(brief, {}, "0");
  assert.ok(!(await exists(bucket, key)));
  read.letGo();
  const done = await completion;
  assert.equal(done.status, 409, done.text);
  assert.ok([404, 409].includes((await complete(sound.doctor, id)).status));
  const files = await sound.doctor.any("GET", where);
  assert.deepEqual(files.body.items, []);
});

test("a file whose bytes are being purged cannot be restored", async () => {
  const draft = await newDraft();
  const file = await upload(sound.doctor, draft.id, "gone.pdf", "application/pdf", bytes);
  await sound.doctor.expect(204, "delete", "/attachments/{id}", { path: { id: file.id } });
  const removal = sound.store.hold(
    (request) => request.method === "DELETE" && request.url!.includes(`/${draft.id}/gone.pdf`),
  );
  const swept = sweep(sound, { WARDBOOK_ATTACHMENTS_RETENTION_DAYS: "0" });
  await heldIn(removal, swept);
  const at = `/attachments/${file.id}`;
  await sound.doctor.refused(404, "attachment_not_found", "POST", `${at}/restore`);
  await sound.doctor.refused(404, "attachment_not_found", "GET", `${at}/content`);
  removal.letGo();
  await swept;
  assert.ok(!(await exists(bucket, file.s3_key)));
});

test("a purge that was cut off is finished by the next sweep", async () => {
  const draft = await newDraft();
  const file = await upload(sound.doctor, draft.id, "half.pdf", "application/pdf", bytes);
  await sound.doctor.expect(204, "delete", "/attachments/{id}", { path: { id: file.id } });
  const removal = sound.store.hold(
    (request) => request.method === "DELETE" && request.url!.includes(`/${draft.id}/half.pdf`),
    "nonsense",
  );
  const args = ["storage", "sweep", "--tenant", HOME, "--grace", "7200", "--config", sound.config];
  const env = { WARDBOOK_ATTACHMENTS_RETENTION_DAYS: "0" };
  const swept = command(args, { env });
  await heldIn(removal, swept);
  sound.store.fault = "500";
  removal.letGo();
  assert.equal((await swept).code, 1);
  sound.store.fault = "none";
  assert.ok(await exists(bucket, file.s3_key));
  await sweep(sound);
  assert.ok(!(await exists(bucket, file.s3_key)));
});

async function altered(
  what: string,
  place: Place,
  file: Schemas["Attachment"],
  how: "altered" | "lost" = "altered",
): Promise<void> {
  const at = `/attachments/${file.id}`;
  const code = `attachment_${how}` as const;
  const auditor = await as("auditor");
  const entries = async (): Promise<number> => {
    const query = { resource: "attachment", action: `attachment.${how}`, limit: 200 } as const;
    const log = await auditor.expect(200, "get", "/audit", { query });
    const mine = log.body.items.filter((entry) => entry.resource_id === file.id);
    assert.ok(mine.every((entry) => entry.outcome === "refused" && entry.patient_id));
    return mine.length;
  };
  const before = await entries();
  await place.doctor.refused(409, code, "GET", `${at}/content`);
  const range = { headers: { range: "bytes=0-9" } };
  await place.doctor.refused(409, code, "GET", `${at}/content`, range);
  await place.doctor.refused(409, code, "POST", `${at}/download-url`);
  assert.equal(await entries(), before + 3, what);
}

test("bytes that were changed behind the service are reported, never served", async () => {
  const draft = await newDraft();
  const file = await upload(sound.doctor, draft.id, "kept.pdf", "application/pdf", bytes);
  const key = file.s3_key;
  assert.equal((await s3(bucket, "PUT", key, {}, others)).status, 200);
  await altered("other bytes of the same length", sound, file);
  assert.equal((await s3(bucket, "PUT", key, {}, pdf(5))).status, 200);
  await altered("fewer bytes", sound, file);
  assert.equal((await s3(bucket, "DELETE", key)).status, 204);
  await altered("no object", sound, file, "lost");
  assert.equal((await s3(bucket, "PUT", key, {}, bytes)).status, 200);
  await delivered(sound, file.id, bytes);
});

test("a range of a file that the service compressed is read by itself", async () => {
  const draft = await newDraft();
  const lines = Array.from({ length: 120_000 }, (_, i) => `${i};${(i * 7919) % 100_003}`);
  const text = Buffer.from(lines.join("\n"));
  const made = await sound.doctor.any("PUT", `/records/${draft.id}/attachments`, {
    query: { file_name: "ranges.csv" },
    body: text,
    type: "text/csv",
  });
  const file = made.body as Schemas["Attachment"];
  assert.equal(file.content_encoding, "gzip", made.text);
  const asked: string[] = [];
  sound.store.hold((request) => {
    const own = request.method === "GET" && request.url?.includes(`/${draft.id}/ranges.csv`);
    if (own) asked.push(String(request.headers.range));
    return false;
  });
  const from = 1_000_000;
  const headers = { range: `bytes=${from}-${from + 9}` };
  const part = await sound.doctor.any("GET", `/attachments/${file.id}/content`, { headers });
  assert.equal(part.status, 206, part.text);
  assert.deepEqual(part.bytes, text.subarray(from, from + 10));
  assert.equal(asked.length, 1);
  const [first, last] = asked[0]!.replace("bytes=", "").split("-").map(Number) as [number, number];
  assert.ok(first > file.stored_size / 3, `not from the beginning: ${asked[0]}`);
  assert.ok(last - first < file.stored_size / 3, `one block: ${asked[0]} of ${file.stored_size}`);
});

test("bytes that are others under the same ETag are not served, nor parts of them", async () => {
  const draft = await newDraft();
  const content = pdf(900_000);
  const small = await upload(sound.doctor, draft.id, "small.pdf", "application/pdf", bytes);
  const large = await upload(sound.doctor, draft.id, "large.pdf", "application/pdf", content);
  const text = Buffer.from(Array.from({ length: 90_000 }, (_, i) => `${i};${i * 7919}`).join("\n"));
  const packed = await sound.doctor.any("PUT", `/records/${draft.id}/attachments`, {
    query: { file_name: "packed.csv" },
    body: text,
    type: "text/csv",
  });
  assert.equal(packed.body.content_encoding, "gzip", packed.text);
  sound.store.fault = "other-bytes";
  try {
    const code = "attachment_altered";
    for (const id of [small.id, large.id, packed.body.id]) {
      await sound.doctor.refused(409, code, "GET", `/attachments/${id}/content`);
    }
    for (const id of [large.id, packed.body.id]) {
      for (const range of ["bytes=0-9", "bytes=600000-600009", "bytes=-1"]) {
        await sound.doctor.refused(409, code, "GET", `/attachments/${id}/content`, { headers: { range } });
      }
    }
  } finally {
    sound.store.fault = "none";
  }
  await delivered(sound, large.id, content);
  await delivered(sound, packed.body.id, text);
});

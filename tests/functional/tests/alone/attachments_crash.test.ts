// kill -9 at random moments of uploads, parts, completions, deletions, purges and sweeps: of the demo,
// service and store in one process, of its database, and of the sweep that runs beside them.
// Afterwards every file that was confirmed is whole and, after one sweep, no object is without its
// row and no available row without its object.
//
// WARDBOOK_CRASHES is how often (default 5); WARDBOOK_CRASH_SEED repeats a run's moments.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Client } from "../../lib/client.ts";
import { complete, pdf, put, putPart, sha256, startParts, startUpload } from "../../lib/files.ts";
import { start, type Running } from "../../lib/program.ts";
import { demoBucket, keysOf, s3 } from "../../lib/s3.ts";
import { dicom } from "../../lib/samples.ts";
import { base, config, dataDir, HOME, newPatient, newRecord, password } from "../../lib/world.ts";
import { psql, signIn, wardbook } from "../../lib/world.ts";

const CRASHES = Number(process.env["WARDBOOK_CRASHES"] ?? 5);
const SEED = Number(process.env["WARDBOOK_CRASH_SEED"] ?? Date.now() % 1_000_000);
const CLIENTS = 4;

const URL_TTL_S = 10;
/** Uploads in parts are larger, so they are verified in the background. */
const READ_AT_ONCE = 5_000_000;
const log = process.env["WARDBOOK_TEST_LOG"] ?? path.join(os.tmpdir(), "wardbook-demo.log");

/** URLs live shortly: what a crash leaves behind can be swept soon after. */
function startDemo(): Running {
  const listen = ["--listen", new URL(base).host];
  const store = `127.0.0.1:${process.env["WARDBOOK_TEST_STORE_PORT"]}`;
  const args = ["demo", "--data-dir", dataDir, ...listen, "--object-store-listen", store];
  return start(args, base, log, {
    WARDBOOK_DEMO_PASSWORD: password,
    WARDBOOK_ATTACHMENTS_URL_TTL_S: String(URL_TTL_S),
    WARDBOOK_ATTACHMENTS_VERIFY_AT_ONCE_BYTES: String(READ_AT_ONCE),
  });
}
let demo: Running;

/** mulberry32 */
let state = SEED;
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
}

interface Known {
  sha256: string;
  /** What was asked for last and what is known of the answer. */
  deleted: "no" | "yes" | "perhaps";
}
const confirmed = new Map<number, Known>();
/** In parts: completed, and perhaps not verified yet. */
const completed = new Map<number, string>();
let calls = 0;

/** An upload in parts, which may be left or aborted at any point. */
async function workInParts(client: Client, record: number): Promise<void> {
  const bytes = dicom(6_000_000 + random(6_000_000));
  const { attachment, upload } = await startParts(client, record, {
    file_name: "crash.dcm",
    file_type: "application/dicom",
    file_size: bytes.length,
  });
  for (const part of [...upload.parts].reverse()) {
    if (random(6) === 0) return;
    if ((await putPart(upload, part, bytes)).status !== 200) return;
  }
  if (random(6) === 0) return void (await client.any("DELETE", `/attachments/${attachment.id}`));
  const done = await complete(client, attachment.id);
  if (done.status === 200 || done.status === 202) completed.set(attachment.id, sha256(bytes));
}

/** Works until the program is gone: every failure then is the crash's. */
async function work(client: Client, record: number, number: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const bytes = pdf(random(4) === 0 ? 400_000 + random(400_000) : random(20_000));
    const hash = sha256(bytes);
    try {
      if (random(5) === 0) await workInParts(client, record);
      if (random(3) === 0) {
        const query = { file_name: `through-${number}-${i}.pdf` };
        const options = { query, body: bytes, type: "application/pdf" };
        const made = await client.any("PUT", `/records/${record}/attachments`, options);
        if (made.status === 201) confirmed.set(made.body.id, { sha256: hash, deleted: "no" });
      } else {
        const begun = await startUpload(client, record, {
          file_name: "crash.pdf",
          file_type: "application/pdf",
          file_size: bytes.length,
          ...(random(2) ? { stored_sha256: hash } : {}),
        });
        if (random(6) === 0) continue; // abandoned before its bytes
        const sent = await put(begun, bytes);
        if (sent.status !== 200 || random(6) === 0) continue; // ... and after them
        const done = await complete(client, begun.attachment.id);
        if (done.status === 200) confirmed.set(done.body.id, { sha256: hash, deleted: "no" });
      }
      calls += 1;
      const ids = [...confirmed.keys()].filter((id) => confirmed.get(id)!.deleted === "no");
      if (ids.length > 4 && random(3) === 0) {
        const id = ids[random(ids.length)]!;
        confirmed.get(id)!.deleted = "perhaps";
        const gone = await client.any("DELETE", `/attachments/${id}`);
        if (gone.status === 204) confirmed.get(id)!.deleted = "yes";
      }
    } catch {
      if (demo.result || demo.child.killed) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** One sweep, which is killed soon. */
function sweeping(): Running {
  const args = ["storage", "sweep", "--config", config, "--tenant", HOME, "--grace", "0"];
  return start(args, base, `${log}.sweep`, {});
}

/** The database alone: its postmaster, which takes its processes with it. */
function killDatabase(): void {
  const [pid] = readFileSync(path.join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n");
  process.kill(Number(pid), "SIGKILL");
}
const killed = { demo: 0, database: 0, sweep: 0 };

async function crash(record: number, i: number): Promise<void> {
  const client = await signIn("doctor");
  const victim = demo;
  const workers = Array.from({ length: CLIENTS }, (_, i) => work(client, record, i));
  let over = false;
  const sweeps = (async (): Promise<void> => {
    while (!over) {
      const sweep = sweeping();
      await Promise.race([sweep.ended, new Promise((resolve) => setTimeout(resolve, random(400)))]);
      if (!sweep.result) killed.sweep += 1;
      await sweep.stop("SIGKILL");
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 300 + random(1_500)));
  over = true;
  await sweeps;
  if (i % 2 === 1) {
    // What was going on in the database is over; the demo is killed while it meets that.
    killDatabase();
    killed.database += 1;
    await new Promise((resolve) => setTimeout(resolve, random(500)));
  }
  killed.demo += 1;
  await victim.stop("SIGKILL");
  await Promise.all(workers);
  demo = startDemo();
  await demo.ready(60);
}

before(async () => {
  demo = startDemo();
  await demo.ready(60);
});
after(async () => {
  assert.equal((await demo.stop()).code, 0, demo.tail());
});

test(`${CRASHES} crashes (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
  const doctor = await signIn("doctor");
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  // What is deleted is purged by the next sweep.
  const operator = await signIn("platform_admin");
  const keeping = { path: { id: HOME }, body: { retention_days: 0 } };
  await operator.expect(200, "patch", "/tenants/{id}", keeping);
  for (let i = 0; i < CRASHES; i += 1) await crash(record.id, i);
  assert.ok(calls >= CRASHES, `${calls} uploads only`);

  const client = await signIn("doctor");
  let whole = 0;
  for (const [id, known] of confirmed) {
    const content = await client.any("GET", `/attachments/${id}/content`);
    if (known.deleted === "yes" || (known.deleted === "perhaps" && content.status !== 200)) {
      // Deleted, or purged since: the hospital keeps nothing that was deleted.
      assert.ok([404, 409].includes(content.status), content.text);
      continue;
    }
    assert.equal(content.status, 200, `${id}: ${content.text.slice(0, 300)}`);
    assert.equal(sha256(content.bytes), known.sha256, `${id} is not whole`);
    whole += 1;
  }
  assert.ok(whole > 0);
  for (const [id, hash] of completed) {
    const where = { path: { id } };
    for (let i = 0; ; i += 1) {
      const { state } = (await client.expect(200, "get", "/attachments/{id}", where)).body;
      if (state !== "pending") break;
      assert.ok(i < 600, `${id} is not verified in a minute`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const content = await client.any("GET", `/attachments/${id}/content`);
    assert.equal(content.status, 200, `${id}: ${content.text.slice(0, 300)}`);
    assert.equal(sha256(content.bytes), hash, `${id} is not whole`);
  }
  console.log(`${completed.size} in parts; killed: ${JSON.stringify(killed)}`);
  console.log(`${calls} uploads, ${confirmed.size} confirmed, ${whole} of them there and whole`);
  await new Promise((resolve) => setTimeout(resolve, (URL_TTL_S + 1) * 1_000));
  const swept = await wardbook(["storage", "sweep", "--tenant", HOME, "--grace", "0"]);
  assert.equal(swept.code, 0, swept.stdout + swept.stderr);
  console.log(swept.stdout);
  const usual = { path: { id: HOME }, body: { retention_days: null } };
  await (await signIn("platform_admin")).expect(200, "patch", "/tenants/{id}", usual);
  await agree(record.id);
});

/** Rows and objects of the hospital, held against each other. Other buckets have their own. */
async function agree(record: number): Promise<void> {
  const bucket = demoBucket(dataDir);
  const out = await psql(
    `SET ROLE wbt_${HOME}; SELECT s3_key, state, purged_at IS NOT NULL, record_id ` +
      `FROM ${HOME}.record_attachments WHERE s3_bucket = '${bucket.bucket}'`,
  );
  assert.equal(out.code, 0, out.stderr);
  const rows = out.stdout
    .split("\n")
    .filter((line) => line.includes("|"))
    .map((line) => line.split("|") as [string, string, string, string]);
  const keys = new Set(await keysOf(bucket, `${HOME}/medical-records/`));
  const known = new Set(rows.filter((row) => row[2] === "f").map((row) => row[0]));
  const orphans = [...keys].filter((key) => !known.has(key));
  assert.deepEqual(orphans, [], "objects without a row");
  const left = await s3(bucket, "GET", "", { uploads: "", prefix: `${HOME}/medical-records/` });
  assert.equal(left.status, 200, left.text);
  // Other tests have begun some whose URLs are good for longer.
  const own = new RegExp(`<Key>[^<]*/${record}/`);
  assert.doesNotMatch(left.text, own, "uploads in parts that nobody ended");
  const lost = rows.filter(
    ([key, state, purged]) =>
      (state === "available" || (state === "deleted" && purged === "f")) && !keys.has(key),
  );
  assert.deepEqual(lost, [], "rows without an object");
  const mine = rows.filter((row) => row[3] === String(record));
  assert.ok(mine.length >= confirmed.size);
  assert.deepEqual(
    mine.filter((row) => row[1] === "pending"),
    [],
    "uploads that nobody ended",
  );
}

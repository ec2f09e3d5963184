// Search documents of an older format are rewritten by whichever node has the job, whatever becomes
// of it.
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { start, type Running } from "../../lib/program.ts";
import { as, base, dataDir, HOME, newPatient, newRecord, password } from "../../lib/world.ts";
import { psql, startNode, unique } from "../../lib/world.ts";

const SETTINGS = ["jobs.enabled=true", "jobs.lease_s=3", "jobs.reindex_every_s=1"];
const log = process.env["WARDBOOK_TEST_LOG"] ?? path.join(os.tmpdir(), "wardbook-demo.log");

let demo: Running;

/** Its own jobs, which nobody kills, are off. */
before(async () => {
  const store = `127.0.0.1:${process.env["WARDBOOK_TEST_STORE_PORT"]}`;
  const listen = ["--listen", new URL(base).host, "--object-store-listen", store];
  demo = start(["demo", "--data-dir", dataDir, ...listen], base, log, {
    WARDBOOK_DEMO_PASSWORD: password,
    WARDBOOK_JOBS_ENABLED: "false",
  });
  await demo.ready(60);
});
after(async () => {
  assert.equal((await demo.stop()).code, 0, demo.tail());
});

const records = `${HOME}.medical_records`;
const asHome = (sql: string): string => `BEGIN; SET LOCAL ROLE wbt_${HOME}; ${sql}; COMMIT`;

async function ask(sql: string): Promise<string> {
  const out = await psql(asHome(sql));
  assert.equal(out.code, 0, out.stderr);
  const rows = out.stdout.trim().split("\n");
  return rows.find((row) => !/^(BEGIN|SET|COMMIT|UPDATE .*)?$/.test(row)) ?? "";
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_200; i += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`never: ${what}`);
}

test("a node that was killed while it rewrote search documents is followed by another", async () => {
  const doctor = await as("doctor");
  const patient = (await newPatient(doctor)).id;
  const word = unique("zqdoc").toLowerCase();
  const last = await newRecord(doctor, patient, { notes: `one ${word}` });
  const old = `${records} WHERE voided_at IS NULL AND search_format = 0`;
  const left = async (): Promise<number> => Number(await ask(`SELECT count(*) FROM ${old}`));
  const found = async (): Promise<number> =>
    (await doctor.expect(200, "get", "/records", { query: { q: word } })).body.items.length;

  await ask(`UPDATE ${records} SET search = NULL, search_format = 0 WHERE voided_at IS NULL`);
  const all = await left();
  assert.ok(all > 20);
  assert.equal(await found(), 0);
  // The page of the last record is not committed while this one has it.
  const held = psql(
    asHome(`SELECT id FROM ${records} WHERE id = ${last.id} FOR UPDATE; SELECT pg_sleep(120)`),
  );
  const sleeper = "query LIKE '%FOR UPDATE; SELECT pg_sleep(120)%' AND pid <> pg_backend_pid()";
  // As the login itself: under the hospital's role the queries of others are not shown.
  await until("the record is held", async () => {
    const { stdout } = await psql(`SELECT count(*) FROM pg_stat_activity WHERE ${sleeper}`);
    return stdout.trim() === "1";
  });
  const first = await startNode(SETTINGS);
  await until("all but the last page are rewritten", async () => (await left()) <= 20);
  await first.stop("SIGKILL");
  assert.ok((await left()) > 0);
  const { stdout } = await psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE ${sleeper}`);
  assert.match(stdout, /t/);
  await held;

  const second = await startNode(SETTINGS);
  try {
    await until("all are rewritten", async () => (await left()) === 0);
    assert.equal(await found(), 1);
    await until("the node says so", async () => {
      const text = await (await fetch(`${second.base}/metrics`)).text();
      return /^wardbook_search_documents_outdated 0$/m.test(text);
    });
  } finally {
    await second.stop();
  }
});

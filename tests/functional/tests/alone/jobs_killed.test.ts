// Two nodes on one database and one store, under load, and kill -9 of the one that works, again and
// again. Afterwards every job's work was done, and done once: each abandoned upload was ended once
// and purged once, and no audit entry is left unsealed.
//
// WARDBOOK_JOBS_SECONDS is how long (default 20); 600 is the long form of `./dev check --all`, with
// a kill every minute.
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Client } from "../../lib/client.ts";
import { pdf, startUpload } from "../../lib/files.ts";
import { send } from "../../lib/http.ts";
import { start, type Running } from "../../lib/program.ts";
import { base, dataDir, HOME, newPatient, newRecord, password } from "../../lib/world.ts";
import { psql, signIn, startNode, unique, wardbook } from "../../lib/world.ts";

const SECONDS = Number(process.env["WARDBOOK_JOBS_SECONDS"] ?? 20);
const KILL_EVERY_S = SECONDS >= 120 ? 60 : 6;
const SETTINGS = [
  "jobs.enabled=true", // The demo writes its own settings into the file that the nodes read.
  "jobs.lease_s=3",
  "jobs.seal_all_every_s=4",
  "attachments.sweep_every_s=2",
  "attachments.sweep_grace_s=0",
  "attachments.url_ttl_s=1",
];
const log = process.env["WARDBOOK_TEST_LOG"] ?? path.join(os.tmpdir(), "wardbook-demo.log");

let demo: Running;
let nodes: Running[] = [];

/** Its cluster and its store are what the nodes need; its own jobs would be killed by nobody. */
before(async () => {
  const store = `127.0.0.1:${process.env["WARDBOOK_TEST_STORE_PORT"]}`;
  const listen = ["--listen", new URL(base).host, "--object-store-listen", store];
  demo = start(["demo", "--data-dir", dataDir, ...listen], base, log, {
    WARDBOOK_DEMO_PASSWORD: password,
    WARDBOOK_JOBS_ENABLED: "false",
  });
  await demo.ready(60);
  nodes = [await startNode(SETTINGS), await startNode(SETTINGS)];
  for (const node of nodes) await node.ready(60);
});
after(async () => {
  for (const node of nodes) await node.stop();
  assert.equal((await demo.stop()).code, 0, demo.tail());
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function rows(sql: string): Promise<string[]> {
  const out = await psql(sql);
  assert.equal(out.code, 0, out.stderr);
  return out.stdout.split("\n").filter((line) => line !== "" && line !== "SET");
}

/** Who works now: the process, out of `host:pid:random`. */
async function workerOf(job: string): Promise<number> {
  const [holder] = await rows(
    `SELECT holder FROM wardbook.jobs WHERE name = '${job}' AND until > now()`,
  );
  return Number(holder?.split(":")[1] ?? 0);
}

const uploads: number[] = [];
let ending = false;
let answers = 0;

/** Visits, looks at them, and uploads that are never sent, on one of the nodes or the next one. */
async function load(token: string, record: number, number: number): Promise<void> {
  for (let i = number; !ending; i += 1) {
    const client = new Client(nodes[i % nodes.length]!.base, token);
    try {
      const got = await client.any("GET", `/records/${record}`);
      if (got.status === 200) answers += 1;
      if (i % 4 === 0) {
        const begun = await startUpload(client, record, {
          file_name: `${unique("left")}.pdf`,
          file_type: "application/pdf",
          file_size: pdf(100).length,
        });
        uploads.push(begun.attachment.id);
      }
    } catch {
      // The node was killed; the next one is asked.
    }
    await pause(50);
  }
}

test(`${SECONDS} s with a kill every ${KILL_EVERY_S} s`, { timeout: 1_800_000 }, async () => {
  const doctor = await signIn("doctor");
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const end = Date.now() + SECONDS * 1_000;
  const token = doctor.session.access_token;
  const working = Array.from({ length: 3 }, (_, i) => load(token, record.id, i));
  let kills = 0;
  while (Date.now() < end) {
    await pause(KILL_EVERY_S * 1_000);
    const worker = await workerOf("audit.seal");
    const at = Math.max(
      nodes.findIndex((node) => node.pid === worker),
      0,
    );
    const killed = nodes[at]!;
    await killed.stop("SIGKILL");
    kills += 1;
    nodes[at] = await startNode(SETTINGS);
    await nodes[at]!.ready(60);
  }
  ending = true;
  await Promise.all(working);
  assert.ok(kills >= 2 && answers > 0 && uploads.length > 0);

  // Nothing more comes. What is left is done within a schedule and a lease; the wait is longer,
  // for machines that are slow.
  const began = Date.now();
  const left = async (): Promise<string> => {
    const [open] = await rows(
      `SET ROLE wbt_${HOME}; SELECT count(*) FROM ${HOME}.record_attachments ` +
        `WHERE record_id = ${record.id} AND purged_at IS NULL`,
    );
    const verified = await wardbook(["audit", "verify", "--output", "json"]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const unsealed = (JSON.parse(verified.stdout) as { unsealed: number }[]).map((v) => v.unsealed);
    const sum = unsealed.reduce((a, b) => a + b, 0);
    return `${open} files, ${sum} entries`;
  };
  let last = await left();
  while (last !== "0 files, 0 entries" && Date.now() < began + 120_000) {
    await pause(500);
    last = await left();
  }
  assert.equal(last, "0 files, 0 entries");
  console.log(
    `${kills} kills, ${answers} answers, ${uploads.length} uploads left behind; ` +
      `all done ${((Date.now() - began) / 1_000).toFixed(1)} s after the end`,
  );

  const entries = await rows(
    `SET ROLE wbt_${HOME}; SELECT l.action, l.resource_id, count(*) FROM ${HOME}.audit_log l ` +
      `JOIN ${HOME}.record_attachments a ON a.id = l.resource_id ` +
      `WHERE l.resource = 'attachment' AND a.record_id = ${record.id} ` +
      `AND l.action IN ('attachment.abandon', 'attachment.purge') GROUP BY 1, 2`,
  );
  const counts = new Map(entries.map((line) => {
    const [action, id, count] = line.split("|");
    return [`${action} ${id}`, count];
  }));
  for (const id of uploads) {
    for (const action of ["attachment.abandon", "attachment.purge"]) {
      assert.equal(counts.get(`${action} ${id}`), "1", `${action} of ${id}`);
    }
  }
  const twice = [...counts].filter(([, count]) => count !== "1");
  assert.deepEqual(twice, []);

  const metrics = await Promise.all(
    nodes.map(async (node) => (await send({ method: "GET", url: `${node.base}/metrics` })).text),
  );
  const holders = metrics.filter((text) => text.includes('wardbook_job_held{job="audit.seal"} 1'));
  assert.equal(holders.length, 1, "one node seals, and says so");
  const good = /^wardbook_job_last_success_seconds\{job="attachments.sweep"\} \d/m;
  for (const text of metrics) assert.match(text, good);
});

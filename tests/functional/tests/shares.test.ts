// One hospital's locked tables, and the others, on a node where nobody runs out of patience: what is
// blocked stays so until the lock is gone.
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Client } from "../lib/client.ts";
import { freePort, start, type Running } from "../lib/program.ts";
import { config, signIn } from "../lib/world.ts";

const BLOCKED = "demo_hospital_005";
const OTHERS = ["demo_hospital_001", "demo_hospital_002", "demo_hospital_003", "demo_hospital_004"];

interface Doctor {
  client: Client;
  record: { id: number; version: number };
}

let node: Running;
let blocked: Doctor;
let others: Doctor[];

async function doctorOf(tenant: string): Promise<Doctor> {
  const client = await signIn("doctor", tenant, node.base);
  const list = await client.expect(200, "get", "/records", {
    query: { status: "draft", limit: 1 },
  });
  const record = list.body.items[0];
  assert.ok(record, `${tenant} has no draft`);
  return { client, record };
}

before(async () => {
  const port = await freePort();
  const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-shares-"));
  const args = ["serve", "--config", config, "--listen", `127.0.0.1:${port}`];
  args.push("--set", "database.statement_timeout_ms=50000");
  args.push("--set", "database.acquire_timeout_ms=50000");
  node = start(args, `http://127.0.0.1:${port}`, path.join(folder, "serve.log"));
  await node.ready(20);
  blocked = await doctorOf(BLOCKED);
  others = await Promise.all(OTHERS.map(doctorOf));
});
after(async () => {
  assert.equal((await node.stop()).code, 0, node.tail());
});

/** A table of the blocked hospital, locked by its owner as a migration locks it. */
class Lock {
  private constructor(private readonly child: ChildProcessWithoutNullStreams) {}

  static async take(table: string): Promise<Lock> {
    const owner = /^owner_url\s*=\s*"((?:[^"\\]|\\.)*)"/m.exec(readFileSync(config, "utf8"))?.[1];
    assert.ok(owner, "the demo's configuration names the owner's login");
    const conninfo = JSON.parse(`"${owner}"`) as string;
    const child = spawn("psql", [conninfo, "--no-psqlrc", "--quiet", "--tuples-only"]);
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString("utf8")));
    child.stdin.write(`BEGIN; LOCK TABLE ${BLOCKED}.${table}; SELECT 'it is locked';\n`);
    for (let tries = 0; !printed.includes("it is locked"); tries += 1) {
      assert.ok(tries < 1_000 && child.exitCode === null, printed);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return new Lock(child);
  }

  async release(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin.end("ROLLBACK;\n");
    await ended;
  }
}

/** Requests that are on their way. */
class Pending {
  settled = 0;
  private readonly all: Promise<number>[] = [];

  add(client: Client, method: string, path: string, options = {}): void {
    const answer = client.any(method, path, options).then((result) => result.status);
    this.all.push(answer.finally(() => (this.settled += 1)));
  }
  statuses(): Promise<number[]> {
    return Promise.all(this.all);
  }
}

async function allOthersWork(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      others.flatMap(({ client, record }) => [
        client.expect(200, "get", "/records/{id}", { path: { id: record.id } }),
        client.expect(200, "get", "/patients", { query: { limit: 5 } }),
        client.expect(200, "get", "/me", {}),
      ]),
    );
  }
  const { client, record } = others[0]!;
  const { body } = await client.expect(200, "get", "/records/{id}", { path: { id: record.id } });
  const change = { notes: `changed beside a lock, version ${body.version}` };
  await client.expect(200, "patch", "/records/{id}", {
    path: { id: record.id },
    ifMatch: body.revision,
    body: change,
  });
  await signIn("nurse", OTHERS[1], node.base);
  await client.expect(200, "get", "/readyz", {});
}

test("a lock on one hospital's records stops nobody else", async () => {
  const { client, record } = blocked;
  const lock = await Lock.take("medical_records");
  const pending = new Pending();
  try {
    for (let i = 0; i < 20; i += 1) {
      const options = { ifMatch: record.version, body: { notes: `number ${i}` } };
      pending.add(client, "PATCH", `/records/${record.id}`, options);
      pending.add(client, "GET", `/records/${record.id}`);
    }
    await allOthersWork(20);
    assert.equal(pending.settled, 0, "the hospital's own requests still wait for the lock");
  } finally {
    await lock.release();
  }
  const statuses = await pending.statuses();
  assert.equal(statuses.filter((status) => status === 200).length, 21, statuses.join());
  assert.equal(statuses.filter((status) => status === 412).length, 19, statuses.join());
});

test("a lock on one hospital's audit log stops nobody else", async () => {
  const { client, record } = blocked;
  const lock = await Lock.take("audit_log");
  const pending = new Pending();
  try {
    for (let i = 0; i < 20; i += 1) pending.add(client, "GET", `/records/${record.id}`);
    await allOthersWork(20);
    assert.equal(pending.settled, 0, "no look at a chart is shown before its entry is written");
  } finally {
    await lock.release();
  }
  for (const status of await pending.statuses()) assert.equal(status, 200);
});

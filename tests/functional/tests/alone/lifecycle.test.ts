// The demo as a process, on the folder that the other tests have left: kept data, kill -9.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Client } from "../../lib/client.ts";
import { command, freePort, startDemo, type DemoPlace, type Running } from "../../lib/program.ts";
import { base, dataDir, newPatient, password, signIn, VISIT, wardbook } from "../../lib/world.ts";

const place: DemoPlace = {
  dataDir,
  password,
  port: Number(new URL(base).port),
  storePort: Number(process.env["WARDBOOK_TEST_STORE_PORT"]),
  log: process.env["WARDBOOK_TEST_LOG"] ?? path.join(os.tmpdir(), "wardbook-demo.log"),
};
let demo: Running;

before(async () => {
  demo = startDemo(place);
  await demo.ready(60);
});
after(async () => {
  assert.equal((await demo.stop()).code, 0, demo.tail());
});

async function restart(signal: NodeJS.Signals): Promise<number> {
  await demo.stop(signal);
  const began = Date.now();
  demo = startDemo(place);
  await demo.ready(60);
  return Date.now() - began;
}

test("data are kept from one start to the next", async () => {
  const doctor = await signIn("doctor");
  const patient = await newPatient(doctor);
  console.log(`ready again after ${await restart("SIGTERM")} ms`);
  const again = await signIn("doctor");
  const read = await again.expect(200, "get", "/patients/{id}", { path: { id: patient.id } });
  assert.deepEqual(read.body, patient);
  await doctor.expect(200, "get", "/me");
});

test("a second instance on the same folder is refused with one clear line", async () => {
  const args = ["demo", "--data-dir", dataDir, "--listen", `127.0.0.1:${await freePort()}`];
  args.push("--object-store-listen", `127.0.0.1:${await freePort()}`);
  const second = await command(args, { env: { WARDBOOK_DEMO_PASSWORD: password }, seconds: 30 });
  assert.equal(second.code, 1, second.stderr);
  assert.equal(second.stderr.trim().split("\n").length, 1, second.stderr);
  assert.ok(second.stderr.includes(dataDir), second.stderr);
  await new Client(base).expect(200, "get", "/readyz");
});

test("a port that is taken is refused with one clear line", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-port-"));
  chmodSync(folder, 0o755);
  const args = ["demo", "--data-dir", path.join(folder, "data")];
  args.push("--listen", `127.0.0.1:${place.port}`);
  args.push("--object-store-listen", `127.0.0.1:${await freePort()}`);
  const second = await command(args, { seconds: 300 });
  assert.equal(second.code, 1, second.stderr);
  assert.equal(second.stderr.trim().split("\n").length, 1, second.stderr);
  assert.match(second.stderr, /in use/);
});

test("a folder that the cluster's user cannot reach is refused", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root runs the cluster as another user");
  const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-closed-"));
  mkdirSync(path.join(folder, "inner"));
  chmodSync(folder, 0o700);
  const args = ["demo", "--data-dir", path.join(folder, "inner", "data")];
  args.push("--listen", `127.0.0.1:${await freePort()}`);
  args.push("--object-store-listen", `127.0.0.1:${await freePort()}`);
  const answer = await command(args, { seconds: 60 });
  assert.equal(answer.code, 1, answer.stderr);
  assert.equal(answer.stderr.trim().split("\n").length, 1, answer.stderr);
  assert.ok(answer.stderr.includes(folder), answer.stderr);
});

test("what it leaves for other tools is private", () => {
  for (const name of ["wardbook.toml", "wardbook.log", "postgres.env", "object-store.env"]) {
    assert.equal(statSync(path.join(dataDir, name)).mode & 0o777, 0o600, name);
  }
  const postgres = readFileSync(path.join(dataDir, "postgres.env"), "utf8");
  for (const name of ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD"]) {
    assert.match(postgres, new RegExp(`^${name}=.+`, "m"));
  }
  const store = readFileSync(path.join(dataDir, "object-store.env"), "utf8");
  for (const name of [
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "WARDBOOK_BUCKET",
  ]) {
    assert.match(store, new RegExp(`^${name}=.+`, "m"));
  }
});

test("after kill -9 under writing the next start has what was acknowledged", async () => {
  for (let round = 0; round < 3; round += 1) {
    const doctor = await signIn("doctor");
    const patient = await newPatient(doctor);
    const done: number[] = [];
    const writer = async (): Promise<void> => {
      for (;;) {
        const body = { patient_id: patient.id, visit_date: VISIT, visit_type: "telehealth" };
        try {
          done.push((await doctor.any("POST", "/records", { body })).body.id as number);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          return;
        }
      }
    };
    const writers = Array.from({ length: 4 }, writer);
    await new Promise((resolve) => setTimeout(resolve, 150 + round * 120));
    const ms = await restart("SIGKILL");
    await Promise.all(writers);
    console.log(`round ${round}: ${done.length} acknowledged, ready again after ${ms} ms`);
    const again = await signIn("doctor");
    for (const id of done) await again.expect(200, "get", "/records/{id}", { path: { id } });
  }
  const verdict = await wardbook(["audit", "verify"]);
  assert.equal(verdict.code, 0, verdict.stdout + verdict.stderr);
});

// A first start that is killed while charts and files are on their way: the next one goes on, and the
// last one has nothing to do.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { command, freePort, startDemo, type DemoPlace, type Running } from "../../lib/program.ts";

const READY = "Wardbook demo is ready.";
const COMPLETE = "The demo is complete.";
const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-killed-"));
chmodSync(folder, 0o755);
let demo: Running | undefined;
after(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Of hospital 003. */
async function count(place: DemoPlace, table: string, where: string): Promise<number> {
  const env: Record<string, string> = {};
  for (const line of readFileSync(path.join(place.dataDir, "postgres.env"), "utf8").split("\n")) {
    const match = /^([A-Z]+)='(.*)'$/.exec(line);
    if (match) env[match[1]!] = match[2]!;
  }
  const sql =
    "SET ROLE wbt_demo_hospital_003; " +
    `SELECT count(*) FROM demo_hospital_003.${table} WHERE ${where}`;
  const args = ["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--command", sql];
  const out = await command(args, { program: "psql", env });
  assert.equal(out.code, 0, out.stderr);
  return Number(out.stdout.trim());
}

const files = "record_attachments";

test("killed in the middle, it goes on where it was", { timeout: 600_000 }, async () => {
  const place: DemoPlace = {
    dataDir: path.join(folder, "data"),
    password: "killed in the middle",
    port: await freePort(),
    storePort: await freePort(),
    log: path.join(folder, "log"),
  };
  // While the other hospitals' charts are on their way.
  demo = startDemo(place);
  await demo.says(READY, 300);
  await demo.ready(10);
  const said = readFileSync(place.log, "utf8");
  assert.match(said, /demo_hospital_001 .*200 patients[^]*Wardbook demo is ready\./);
  await demo.stop("SIGKILL");
  assert.ok(!said.includes(COMPLETE));

  // While the files are.
  demo = startDemo({ ...place, log: `${place.log}.2` });
  await demo.says(READY, 300);
  while ((await count(place, files, "state = 'available'")) < 5) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await demo.stop("SIGKILL");
  assert.ok(!readFileSync(`${place.log}.2`, "utf8").includes(COMPLETE));

  // By Ctrl-C, which waits for what is under way.
  demo = startDemo({ ...place, log: `${place.log}.3` });
  await demo.says(READY, 300);
  assert.equal((await demo.stop()).code, 0);

  demo = startDemo({ ...place, log: `${place.log}.4` });
  await demo.says(COMPLETE, 300);
  assert.equal(await count(place, "patients", "true"), 200);
  assert.equal(await count(place, "medical_records", "true"), 1500);
  assert.equal(await count(place, files, "state = 'available' AND version = 1"), 50);
  assert.equal(await count(place, files, "true"), 50, "nothing was begun twice");
  await demo.stop();

  demo = startDemo({ ...place, log: `${place.log}.5` });
  await demo.says(READY, 60);
  assert.ok(!readFileSync(`${place.log}.5`, "utf8").includes("files"));
  assert.equal(await count(place, files, "true"), 50);
  assert.equal((await demo.stop()).code, 0);
});

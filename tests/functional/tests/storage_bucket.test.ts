// The command line's view of the store: bucket settings as code, rows against objects, the bill.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client } from "../lib/client.ts";
import { pdf, upload } from "../lib/files.ts";
import { demoBucket, onRadosgw, s3, type Bucket } from "../lib/s3.ts";
import { as, dataDir, HOME, newPatient, newRecord, wardbook } from "../lib/world.ts";

let doctor: Client;
let bucket: Bucket;
before(async () => {
  doctor = await as("doctor");
  bucket = demoBucket(dataDir);
});

type Row = Record<string, string | number | boolean>;

async function command(args: string[], code = 0): Promise<{ rows: Row[]; stderr: string }> {
  const done = await wardbook(["storage", ...args, "--output", "json"]);
  assert.equal(done.code, code, done.stdout + done.stderr);
  return { rows: JSON.parse(done.stdout) as Row[], stderr: done.stderr };
}

const states = (rows: Row[]): unknown[] => rows.map((row) => [row["setting"], row["state"]]);

test("plan shows what apply changes, apply changes it, and then there is nothing to change", async () => {
  const others =
    "<LifecycleConfiguration><Rule><ID>others</ID><Status>Enabled</Status><Filter><Prefix>logs/" +
    "</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>";
  const set = await s3(bucket, "PUT", "", { lifecycle: "" }, Buffer.from(others));
  assert.equal(set.status, 200, set.text);
  const origin = ["--set", "storage.cors_origins=https://files.example.org"];
  // What radosgw does not know is warned of, and the rest is done.
  const unknown = "warning: the store does not know this setting; it is left alone";
  const known = (state: string): string => (onRadosgw ? unknown : state);
  const before = await command(["plan", ...origin]);
  assert.deepEqual(states(before.rows), [
    ["default encryption", known("as it should be")],
    ["public access block", known("would change")],
    ["CORS", "would change"],
    ["lifecycle", "would change"],
    ["archive tier", known("would change")],
  ]);
  const applied = await command(["apply", ...origin]);
  assert.equal(
    applied.rows.filter((row) => row["state"] === "changed").length,
    onRadosgw ? 2 : 4,
  );
  const after = await command(["plan", ...origin]);
  assert.ok(
    after.rows.every((row) => row["state"] === "as it should be" || row["state"] === unknown),
    JSON.stringify(after.rows),
  );
  const rules = await s3(bucket, "GET", "", { lifecycle: "" });
  for (const id of ["others", "wardbook-abort-incomplete-uploads"]) {
    assert.match(rules.text, new RegExp(`<ID>${id}</ID>`));
  }
});

test("verify finds what is missing, what nobody knows, and what was replaced", async () => {
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const files = [];
  for (const name of ["missing.pdf", "replaced.pdf", "whole.pdf"]) {
    files.push(await upload(doctor, record.id, name, "application/pdf", pdf(300)));
  }
  const tenant = ["--tenant", HOME];
  const found = async (...flags: string[]): Promise<{ row: Row; stderr: string }> => {
    const done = await wardbook(["storage", "verify", ...tenant, ...flags, "--output", "json"]);
    return { row: (JSON.parse(done.stdout) as Row[])[0]!, stderr: done.stderr };
  };
  // Other tests leave files behind that are not what they were.
  const start = await found();
  const more = (row: Row, name: string): number => Number(row[name]) - Number(start.row[name]);
  const orphan = `${HOME}/medical-records/2020/01/1/orphan.pdf`;
  const bytes = (await s3(bucket, "GET", files[0]!.s3_key)).bytes;
  assert.equal((await s3(bucket, "DELETE", files[0]!.s3_key)).status, 204);
  assert.equal((await s3(bucket, "PUT", files[1]!.s3_key, {}, Buffer.from("other"))).status, 200);
  assert.equal((await s3(bucket, "PUT", orphan, {}, Buffer.from("nobody's"))).status, 200);
  const end = await found("--rehash");
  assert.equal(end.row["result"], "differs");
  assert.deepEqual(
    [more(end.row, "missing"), more(end.row, "orphans"), more(end.row, "altered")],
    [1, 1, 1],
    end.stderr,
  );
  for (const key of [files[0]!.s3_key, files[1]!.s3_key, orphan]) {
    assert.ok(end.stderr.includes(key), end.stderr);
  }
  assert.ok(!end.stderr.includes(files[2]!.s3_key));
  await command(["verify", ...tenant], 1);
  const swept = await wardbook(["storage", "sweep", ...tenant]);
  assert.equal(swept.code, 0, swept.stderr);
  assert.equal((await found()).row["orphans"], 0);
  // Others look for files without bytes.
  assert.equal((await s3(bucket, "PUT", files[0]!.s3_key, {}, bytes)).status, 200);
});

test("list shows a record's objects as the bucket has them", async () => {
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const files = [];
  for (const name of ["a.pdf", "b.pdf"]) {
    files.push(await upload(doctor, record.id, name, "application/pdf", pdf(100)));
  }
  const old = `${HOME}/medical-records/2020/01/${record.id}/old.pdf`;
  assert.equal((await s3(bucket, "PUT", old, {}, Buffer.from("old"))).status, 200);
  const { rows } = await command(["list", String(record.id), "--tenant", HOME]);
  assert.deepEqual(
    rows.map((row) => [row["key"], row["bytes"]]),
    [[old, 3], ...files.map((file) => [file.s3_key, file.stored_size])],
  );
  assert.equal((await s3(bucket, "DELETE", old)).status, 204);
  const wrong = await wardbook(["storage", "list", "x", "--tenant", HOME]);
  assert.equal(wrong.code, 2, wrong.stderr);
});

test("cost says what each hospital's files take", async () => {
  const { rows } = await command(["cost", "--tenant", HOME]);
  assert.equal(rows.length, 1);
  assert.equal(rows[0]!["tenant"], HOME);
  assert.ok(Number(rows[0]!["files"]) > 0);
  assert.ok(Number(rows[0]!["usd_per_month"]) >= 0);
});

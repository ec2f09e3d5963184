// The sweep on whatever store the service uses: what no row knows goes, what one knows stays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pdf, sha256, upload } from "../lib/files.ts";
import { demoBucket, exists, s3 } from "../lib/s3.ts";
import { as, dataDir, HOME, newPatient, newRecord, wardbook } from "../lib/world.ts";

test("an object without a row goes, whatever its key; a file stays", async () => {
  const doctor = await as("doctor");
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const bytes = pdf(100);
  const file = await upload(doctor, record.id, "kept.pdf", "application/pdf", bytes);
  const bucket = demoBucket(dataDir);
  const orphans = ["orphan.txt", "with space & ü.txt"].map(
    (name) => `${HOME}/medical-records/2020/01/1/${name}`,
  );
  for (const key of orphans) assert.equal((await s3(bucket, "PUT", key)).status, 200);
  const swept = await wardbook(["storage", "sweep", "--tenant", HOME, "--grace", "7200"]);
  assert.equal(swept.code, 0, swept.stdout + swept.stderr);
  for (const key of orphans) assert.ok(!(await exists(bucket, key)), key);
  assert.ok(await exists(bucket, file.s3_key));
  const content = await doctor.any("GET", `/attachments/${file.id}/content`);
  assert.equal(sha256(content.bytes), sha256(bytes));
});

// Idempotency-Key: the same key and body, the same answer, and the work done once.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { allPages, as, newPatient, newRecord, OTHER, password, unique, VISIT } from "../lib/world.ts";

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

function body(notes: string): Record<string, unknown> {
  return { patient_id: patient, visit_date: VISIT, visit_type: "consultation", notes };
}
async function count(marker: string): Promise<number> {
  const query = { patient_id: patient, limit: 200 };
  const items = await allPages<Schemas["RecordListItem"]>(doctor, "/records", query);
  return items.filter((item) => item.notes === marker).length;
}

test("a replay has the same answer and does nothing", async () => {
  const marker = unique("replay");
  const headers = { "idempotency-key": unique("key-") };
  const first = await doctor.any("POST", "/records", { body: body(marker), headers });
  const second = await doctor.any("POST", "/records", { body: body(marker), headers });
  assert.equal(first.status, 201, first.text);
  assert.equal(second.status, 201);
  assert.deepEqual(second.body, first.body);
  assert.equal(second.headers.location, first.headers.location);
  assert.equal(second.headers.etag, first.headers.etag);
  assert.notEqual(second.requestId, first.requestId);
  assert.equal(await count(marker), 1);
});

test("the same key with another body or path is refused", async () => {
  const headers = { "idempotency-key": unique("key") };
  const first = await doctor.any("POST", "/records", { body: body("one"), headers });
  assert.equal(first.status, 201, first.text);
  await doctor.refused(422, "idempotency_key_reused", "POST", "/records", {
    body: body("two"),
    headers,
  });
  await doctor.refused(422, "idempotency_key_reused", "POST", "/patients", {
    body: { first_name: "A", last_name: "B", date_of_birth: "1980-01-01", sex: "male" },
    headers,
  });
});

test("a request that failed leaves the key free", async () => {
  const headers = { "idempotency-key": unique("key") };
  await doctor.refused(422, "invalid_fields", "POST", "/records", {
    body: { ...body("x"), surprise: 1 },
    headers,
  });
  const second = await doctor.any("POST", "/records", { body: body("x"), headers });
  assert.equal(second.status, 201, second.text);
});

test("twenty at once make one record", async () => {
  const marker = unique("twenty");
  const headers = { "idempotency-key": unique("key") };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      doctor.any("POST", "/records", { body: body(marker), headers }),
    ),
  );
  const done = answers.filter((answer) => answer.status === 201);
  assert.ok(done.length >= 1);
  for (const answer of answers) {
    if (answer.status === 201) assert.equal(answer.body.id, done[0]!.body.id);
    else assert.equal(answer.body.code, "idempotency_in_progress", answer.text);
  }
  assert.equal(await count(marker), 1);
});

test("keys belong to one account in one hospital", async () => {
  const headers = { "idempotency-key": unique("key") };
  const first = await doctor.any("POST", "/records", { body: body("mine"), headers });
  assert.equal(first.status, 201, first.text);
  const nurse = await as("nurse");
  const person = { first_name: "A", last_name: "B", date_of_birth: "1980-01-01", sex: "male" };
  const hers = await nurse.any("POST", "/patients", { body: person, headers });
  assert.equal(hers.status, 201, hers.text);
  const there = await as("doctor", OTHER);
  const elsewhere = await there.any("POST", "/patients", { body: person, headers });
  assert.equal(elsewhere.status, 201, elsewhere.text);
});

test("keys that are none", async () => {
  for (const key of ["", "x".repeat(256), "ümläut", "tab\there", "two words"]) {
    const headers = { "idempotency-key": Buffer.from(key, "utf8").toString("latin1") };
    const answer = await doctor.any("POST", "/records", { body: body("x"), headers });
    assert.equal(answer.status, 400, `${key}: ${answer.text}`);
  }
});

test("finalizing twice with one key signs once", async () => {
  const record = await newRecord(doctor, patient);
  const headers = { "idempotency-key": unique("sign") };
  const options = { ifMatch: 1, body: { password }, headers };
  const first = await doctor.any("POST", `/records/${record.id}/finalize`, options);
  const second = await doctor.any("POST", `/records/${record.id}/finalize`, options);
  assert.equal(first.status, 200, first.text);
  assert.deepEqual([second.status, second.body], [200, first.body]);
  const versions = await doctor.any("GET", `/records/${record.id}/versions`);
  assert.equal(versions.body.items.length, 2);
});

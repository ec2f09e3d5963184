// One hospital never meets another's data, whichever way it is asked for.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Schemas } from "../lib/client.ts";
import {
  as,
  emailOf,
  hired,
  HOME,
  newPatient,
  newRecord,
  nobody,
  OTHER,
  password,
  psql,
  signIn,
  unique,
} from "../lib/world.ts";

let theirs: { patient: Schemas["Patient"]; record: Schemas["Record"]; marker: string };

before(async () => {
  const doctor = await as("doctor", OTHER);
  const marker = unique("Zyx");
  const patient = await newPatient(doctor, { last_name: marker });
  // Ids count up in each hospital: one that this hospital does not have is made sure of.
  const record = await newRecord(doctor, patient.id, { chief_complaint: `${marker} cough` });
  theirs = { patient, record, marker };
});

test("X-Tenant-ID must be the token's tenant", async () => {
  const doctor = await as("doctor");
  await doctor.with({ "x-tenant-id": HOME }).expect(200, "get", "/me");
  for (const wrong of [OTHER, "no_such_hospital", "", "demo_hospital_001, x", "public"]) {
    const answer = await doctor.with({ "x-tenant-id": wrong }).any("GET", "/patients");
    assert.equal(answer.status, 403, `${wrong}: ${answer.text}`);
    assert.equal(answer.body.code, "tenant_mismatch");
  }
  const tried = await doctor.with({ "x-tenant-id": OTHER }).any("GET", "/records/1");
  const auditor = await as("auditor");
  const query = { action: "access.refused", limit: 200 };
  const log = await auditor.expect(200, "get", "/audit", { query });
  const entry = log.body.items.find((item) => item.request_id === tried.requestId);
  assert.ok(entry, "the attempt is in the log of the hospital whose account made it");
  assert.equal(entry.resource, "tenant");
  assert.equal(entry.patient_id, null);
});

test("an account of several hospitals says which", async () => {
  const problem = await nobody.refused(409, "tenant_required", "POST", "/auth/login", {
    body: { email: emailOf("doctor"), password },
  });
  const ids = (problem.tenants ?? []).map((tenant) => tenant.id);
  assert.ok(ids.length >= 6 && ids.includes(HOME) && ids.includes(OTHER), ids.join());
});

test("a tenant that does not exist tells no more than a wrong password", async () => {
  for (const tenant of ["no_such_hospital", "public", "wardbook", "'; DROP TABLE x; --"]) {
    await nobody.refused(401, "invalid_credentials", "POST", "/auth/login", {
      body: { email: emailOf("doctor"), password, tenant },
    });
  }
});

test("another hospital's ids are not here", async () => {
  const doctor = await as("doctor");
  const admin = await as("hospital_admin");
  const { patient, record, marker } = theirs;
  const mine = async (path: string): Promise<string> => (await doctor.any("GET", path)).text;
  // The same number may exist in both; what comes back is never theirs.
  assert.ok(!(await mine(`/patients/${patient.id}`)).includes(marker));
  assert.ok(!(await mine(`/records/${record.id}`)).includes(marker));
  assert.ok(!(await mine(`/records/${record.id}/versions`)).includes(record.content_hash));
  assert.ok(!(await mine(`/records/${record.id}/versions/1`)).includes(marker));
  for (const query of [`/patients?q=${marker}`, `/records?q=${marker}`]) {
    const found = await doctor.any("GET", query);
    assert.equal(found.status, 200);
    assert.ok(!found.text.includes(marker), query);
  }
  const log = await admin.expect(200, "get", "/audit", { query: { limit: 200 } });
  // What was searched for is this hospital's own; nothing else knows the word here.
  const others = log.body.items.map((item) => ({ ...item, filters: null }));
  assert.ok(!JSON.stringify(others).includes(marker));
});

test("ids that only the other hospital has are 404 for every verb", async () => {
  // A hospital without a record, beside one whose numbers have run on for a while.
  const operator = await as("platform_admin");
  const empty = unique("empty_");
  await operator.expect(201, "post", "/tenants", { body: { id: empty, name: "Not yet opened" } });
  const { client: here, own } = await hired(empty, "doctor");
  const { client: admin } = await hired(empty, "hospital_admin");
  const there = await as("doctor", OTHER);
  const record = await newRecord(there, theirs.patient.id);
  const at = `/records/${record.id}`;
  const code = "record_not_found";
  await here.refused(404, code, "GET", at);
  await here.refused(404, code, "PATCH", at, { ifMatch: 1, body: { notes: "x" } });
  await here.refused(404, code, "DELETE", `${at}?reason=mine`, { ifMatch: 1 });
  await here.refused(404, code, "POST", `${at}/finalize`, {
    ifMatch: 1,
    body: { password: own },
  });
  await here.refused(404, code, "GET", `${at}/versions`);
  await here.refused(404, code, "GET", `${at}/versions/1`);
  await here.refused(404, code, "GET", `${at}/diagnoses`);
  await here.refused(404, code, "POST", `${at}/diagnoses`, {
    ifMatch: 1,
    body: { icd_code: "E11.9", diagnosis_type: "primary" },
  });
  await admin.refused(404, code, "POST", `${at}/reopen`, { ifMatch: 1, body: { reason: "mine" } });
  const still = await there.expect(200, "get", "/records/{id}", { path: { id: record.id } });
  assert.equal(still.version, 1);
});

test("the service's own login reads no hospital's table", async () => {
  const tables = ["patients", "medical_records", "diagnoses", "record_attachments", "audit_log"];
  for (const table of tables) {
    const answer = await psql(`SELECT count(*) FROM ${HOME}.${table}`);
    assert.notEqual(answer.code, 0, `${table}: ${answer.stdout}`);
    assert.match(answer.stderr, /permission denied/);
  }
  const control = await psql("SELECT count(*) >= 6 FROM wardbook.tenants");
  assert.equal(control.code, 0, control.stderr);
  assert.equal(control.stdout.trim(), "t");
});

test("with one hospital's role no other one is reachable", async () => {
  const own = await psql(`SET ROLE wbt_${HOME}; SELECT count(*) > 0 FROM ${HOME}.patients`);
  assert.equal(own.code, 0, own.stderr);
  const other = await psql(`SET ROLE wbt_${HOME}; SELECT count(*) FROM ${OTHER}.patients`);
  assert.notEqual(other.code, 0);
  assert.match(other.stderr, /permission denied/);
  for (const sql of [
    `UPDATE ${HOME}.audit_log SET action = 'x'`,
    `DELETE FROM ${HOME}.audit_log`,
    `DELETE FROM ${HOME}.medical_records`,
    `UPDATE ${HOME}.record_versions SET reason = 'x'`,
    `TRUNCATE ${HOME}.patients`,
  ]) {
    const answer = await psql(`SET ROLE wbt_${HOME}; ${sql}`);
    assert.notEqual(answer.code, 0, sql);
    assert.match(answer.stderr, /permission denied|append-only|never deleted/, sql);
  }
});

test("a finalized record is not changed by SQL under its own role", async () => {
  const sql =
    `SET ROLE wbt_${HOME}; UPDATE ${HOME}.medical_records SET diagnosis = 'x', ` +
    "version = version + 1 WHERE status = 'finalized'";
  const answer = await psql(sql);
  assert.notEqual(answer.code, 0);
  assert.match(answer.stderr, /only amended or reopened/);
});

test("a suspended hospital is closed at once and opens again", async () => {
  const operator = await as("platform_admin");
  const id = unique("closed_");
  const body = { id, name: "Closed for a while", time_zone: "Europe/Berlin" };
  const made = await operator.expect(201, "post", "/tenants", { body });
  assert.equal(made.body.status, "active");
  assert.equal(made.body.time_zone, "Europe/Berlin");
  await operator.refused(409, "tenant_exists", "POST", "/tenants", { body });

  const { client: boss, own, email } = await hired(id, "hospital_admin");
  const credentials = { email, password: own, tenant: id };
  await boss.expect(200, "get", "/patients", {});

  const path = { id };
  await operator.expect(200, "patch", "/tenants/{id}", { path, body: { status: "suspended" } });
  await boss.refused(403, "tenant_suspended", "GET", "/patients");
  await nobody.refused(403, "tenant_suspended", "POST", "/auth/login", { body: credentials });
  await operator.expect(200, "patch", "/tenants/{id}", { path, body: { status: "active" } });
  await boss.expect(200, "get", "/patients", {});
});

test("tenants: checked and found", async () => {
  const operator = await as("platform_admin");
  for (const id of [
    "public",
    "wardbook",
    "information_schema",
    "pg_hospital",
    "A",
    "a b",
    "x".repeat(49),
  ]) {
    const problem = await operator.refused(422, "invalid_fields", "POST", "/tenants", {
      body: { id, name: "No" },
    });
    assert.equal(problem.errors?.[0]?.pointer, "/id", id);
  }
  const problem = await operator.refused(422, "invalid_fields", "POST", "/tenants", {
    body: { id: "fine_id", name: "No", time_zone: "Mars/Olympus" },
  });
  assert.equal(problem.errors?.[0]?.pointer, "/time_zone");
  await operator.expect(200, "get", "/tenants/{id}", { path: { id: HOME } });
  await operator.refused(404, "tenant_not_found", "GET", "/tenants/no_such_hospital");
  const list = await operator.expect(200, "get", "/tenants", { query: { count: "exact" } });
  assert.ok((list.body.total ?? 0) >= 6);
});

test("tokens do not travel: each hospital's session sees its own", async () => {
  const [here, there] = await Promise.all([signIn("doctor", HOME), signIn("doctor", OTHER)]);
  const [a, b] = await Promise.all([
    here.expect(200, "get", "/me"),
    there.expect(200, "get", "/me"),
  ]);
  assert.equal(a.body.tenant?.id, HOME);
  assert.equal(b.body.tenant?.id, OTHER);
});

// The README's session: one visit, from sign-in to who has read it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../lib/client.ts";
import { base, emailOf, HOME, nobody, password, signIn, VISIT } from "../lib/world.ts";

test("a visit from sign-in to finalized, and who has seen it", async (t) => {
  const login = await nobody.expect(200, "post", "/auth/login", {
    body: { email: emailOf("doctor"), password, tenant: HOME },
  });
  const doctor = new Client(base, login.body.access_token);

  await t.test("the session says who, where and what may be done", async () => {
    assert.equal(login.body.tenant?.id, HOME);
    assert.equal(login.body.user.role, "doctor");
    assert.ok(login.body.permissions.includes("records:finalize"));
    const me = await doctor.expect(200, "get", "/me");
    assert.deepEqual(me.body.user, login.body.user);
    assert.deepEqual(me.body.tenant, login.body.tenant);
    assert.deepEqual(me.body.permissions, login.body.permissions);
  });

  const list = await doctor.expect(200, "get", "/patients", { query: { limit: 1 } });
  const known = list.body.items[0];
  assert.ok(known, "the demo hospital has patients");

  await t.test("the patient is found by name", async () => {
    const found = await doctor.expect(200, "get", "/patients", {
      query: { q: `${known.first_name} ${known.last_name}` },
    });
    assert.ok(found.body.items.some((patient) => patient.id === known.id));
  });

  const written = await doctor.expect(201, "post", "/records", {
    body: {
      patient_id: known.id,
      visit_date: VISIT,
      visit_type: "consultation",
      chief_complaint: "Cough for three days",
      vital_signs: { temperature_c: 38.2, pulse_bpm: 92, weight_kg: 81, height_cm: 180 },
      follow_up_required: true,
      follow_up_date: "2026-03-11",
    },
  });
  const id = written.body.id;
  assert.equal(written.body.status, "draft");
  assert.equal(written.body.doctor_id, login.body.user.id);
  assert.equal(written.body.vital_signs.bmi, 25);
  assert.equal(written.version, 1);
  assert.equal(written.headers.location, `/api/v1/records/${id}`);

  const changed = await doctor.expect(200, "patch", "/records/{id}", {
    path: { id },
    ifMatch: 1,
    body: { diagnosis: "Acute bronchitis", treatment_plan: "Rest, fluids" },
  });
  assert.equal(changed.version, 2);
  assert.equal(changed.body.diagnosis, "Acute bronchitis");
  assert.equal(changed.body.chief_complaint, "Cough for three days");

  await t.test("a stale ETag is refused", async () => {
    await doctor.refused(412, "version_conflict", "PATCH", `/records/${id}`, {
      ifMatch: 1,
      body: { diagnosis: "Something else" },
    });
  });
  await t.test("a change without If-Match is refused", async () => {
    const body = { diagnosis: "Something else" };
    await doctor.refused(428, "if_match_required", "PATCH", `/records/${id}`, { body });
  });
  await t.test("a wrong password does not finalize", async () => {
    await doctor.refused(403, "wrong_password", "POST", `/records/${id}/finalize`, {
      ifMatch: 2,
      body: { password: "certainly not it" },
    });
  });

  const finalized = await doctor.expect(200, "post", "/records/{id}/finalize", {
    path: { id },
    ifMatch: 2,
    body: { password },
  });
  assert.equal(finalized.body.status, "finalized");
  assert.equal(finalized.body.finalized_by, login.body.user.id);
  assert.ok(finalized.body.finalized_at);
  assert.equal(finalized.body.signed_hash, finalized.body.content_hash);

  await t.test("a finalized record is not edited", async () => {
    await doctor.refused(409, "record_finalized", "PATCH", `/records/${id}`, {
      ifMatch: finalized.version,
      body: { diagnosis: "Something else" },
    });
    const now = await doctor.expect(200, "get", "/records/{id}", { path: { id } });
    assert.deepEqual(now.body, finalized.body);
  });

  await t.test("the auditor sees who has read it", async () => {
    const nurse = await signIn("nurse");
    const read = await nurse.expect(200, "get", "/records/{id}", { path: { id } });
    const auditor = await signIn("auditor");
    const entries = await auditor.expect(200, "get", "/audit", {
      query: { patient_id: known.id, resource: "record", limit: 200 },
    });
    const entry = entries.body.items.find((item) => item.request_id === read.requestId);
    assert.ok(entry, "the nurse's read is in the log when her answer has come");
    assert.equal(entry.actor_id, nurse.session.user.id);
    assert.equal(entry.actor_role, "nurse");
    assert.equal(entry.action, "record.read");
    assert.equal(entry.resource_id, id);
    assert.equal(entry.patient_id, known.id);
    const signed = entries.body.items.find((item) => item.request_id === finalized.requestId);
    assert.equal(signed?.actor_id, login.body.user.id);
  });
});

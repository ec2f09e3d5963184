// The problem list: promoted from diagnoses, resolved with a reason, or over by itself.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { as, finalize, newPatient, newRecord } from "../lib/world.ts";

type Problem = Schemas["ChartProblem"];
type Diagnosis = { icd_code: string; diagnosis_type?: "primary" | "secondary" | "differential"; status?: "active" | "resolved" | "chronic" | "ruled_out" };

let doctor: Client;
before(async () => {
  doctor = await as("doctor");
});

async function visit(id: number, day: string, codes: Diagnosis[]): Promise<Schemas["Record"]> {
  const diagnoses = codes.map((code) => ({ diagnosis_type: "secondary" as const, ...code }));
  return finalize(doctor, await newRecord(doctor, id, { visit_date: `${day}T09:00:00Z`, diagnoses }));
}

async function problems(id: number): Promise<Problem[]> {
  return (await doctor.expect(200, "get", "/patients/{id}/problems", { path: { id } })).body.items;
}
const shown = async (id: number): Promise<string[]> =>
  (await problems(id)).map((each) => `${each.icd_code} ${each.status}`);

const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

test("the diagnoses of a signed visit are problems; encounters and what is only suspected are none", async () => {
  const patient = (await newPatient(doctor)).id;
  const draft = await newRecord(doctor, patient, {
    diagnoses: [{ icd_code: "I10", diagnosis_type: "primary" }],
  });
  assert.deepEqual(await shown(patient), [], "a draft's are not");
  await finalize(doctor, draft);
  await visit(patient, ago(3), [
    { icd_code: "Z00.00" },
    { icd_code: "J45.909", diagnosis_type: "differential" },
    { icd_code: "E03.9", status: "ruled_out" },
    { icd_code: "Z95.1" },
  ]);
  assert.deepEqual(await shown(patient), ["I10 active", "Z95.1 active"]);
  const { body } = await doctor.expect(200, "get", "/patients/{id}/timeline", { path: { id: patient } });
  assert.deepEqual(body.problems.map((each) => each.icd_code).sort(), ["I10", "Z95.1"]);
});

test("old colds and healed injuries are over by themselves", async () => {
  const patient = (await newPatient(doctor)).id;
  await visit(patient, ago(60), [{ icd_code: "J06.9" }]);
  await visit(patient, ago(400), [{ icd_code: "S72.001A" }]);
  await visit(patient, ago(60), [{ icd_code: "S52.501A" }]);
  assert.deepEqual(await shown(patient), ["J06.9 presumed_resolved", "S72.001A presumed_resolved", "S52.501A active"]);
  await visit(patient, ago(2), [{ icd_code: "J06.9" }]);
  assert.deepEqual((await shown(patient)).slice(-1), ["J06.9 active"], "another cold");
  const active = await doctor.expect(200, "get", "/patients/{id}/problems", {
    path: { id: patient }, query: { status: "active", count: "exact" },
  });
  assert.equal(active.body.total, 2);
});

test("a code and its more exact successor are one problem", async () => {
  const patient = (await newPatient(doctor)).id;
  await visit(patient, ago(90), [{ icd_code: "E11.9" }, { icd_code: "I10" }]);
  await visit(patient, ago(30), [{ icd_code: "E11.65" }, { icd_code: "I10" }]);
  const list = await problems(patient);
  assert.deepEqual(list.map((each) => each.icd_code), ["E11.65", "I10"]);
  assert.deepEqual(list.map((each) => [each.version, each.last_seen_on]), [[2, ago(30)], [2, ago(30)]]);
});

test("a problem is resolved with a date and a reason, by hand or by a visit", async () => {
  const patient = (await newPatient(doctor)).id;
  await visit(patient, ago(90), [{ icd_code: "K21.9" }, { icd_code: "D64.9" }]);
  await visit(patient, ago(10), [{ icd_code: "D64.9", status: "resolved" }]);
  const [reflux, anaemia] = await problems(patient);
  assert.deepEqual([anaemia?.status, anaemia?.resolved_on], ["resolved", ago(10)]);
  const at = `/problems/${reflux!.id}`;
  await doctor.refused(422, "invalid_fields", "PATCH", at, { ifMatch: 1, body: { status: "resolved" } });
  await doctor.refused(428, "if_match_required", "PATCH", at, { body: { status: "active" } });
  const { body } = await doctor.expect(200, "patch", "/problems/{id}", {
    path: { id: reflux!.id }, ifMatch: 1,
    body: { status: "resolved", resolved_reason: "No symptoms for a year", resolved_on: ago(5) },
  });
  assert.deepEqual([body.status, body.resolved_on, body.version], ["resolved", ago(5), 2]);
});

test("a diagnosis without a code is promoted by hand", async () => {
  const patient = (await newPatient(doctor)).id;
  const record = await newRecord(doctor, patient, { diagnosis: "Lives alone, falls" });
  const { body } = await doctor.expect(201, "post", "/patients/{id}/problems", {
    path: { id: patient },
    body: { name: "Recurrent falls", course: "chronic", onset: "2025-01-01", record_id: record.id },
  });
  assert.deepEqual([body.name, body.icd_code, body.record_id, body.status], ["Recurrent falls", null, record.id, "active"]);
  const other = (await newPatient(doctor)).id;
  for (const wrong of [{ record_id: record.id }, { icd_code: "not a code" }, { onset: "2199-01-01" }]) {
    await doctor.refused(422, "invalid_fields", "POST", `/patients/${other}/problems`, { body: { name: "X", ...wrong } });
  }
});

test("what an amendment takes out of a visit is struck from the list", async () => {
  const patient = (await newPatient(doctor)).id;
  const signed = await visit(patient, ago(20), [{ icd_code: "C34.90" }, { icd_code: "I10" }]);
  const keep = signed.diagnoses.find((each) => each.icd_code === "I10")!;
  await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: signed.id }, ifMatch: signed.revision,
    body: { reason: "The wrong patient's report", changes: { diagnoses: [{ id: keep.id }] } },
  });
  assert.deepEqual(await shown(patient), ["C34.90 entered_in_error", "I10 active"]);
});

// Items of prescriptions, results and allergies keep their ids; drafts may be incomplete; diagnoses come
// with the record; answers name people.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { as, newPatient, newRecord, password } from "../lib/world.ts";

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

const drug = (medication: string, dosage = "1 g"): Schemas["PrescriptionInput"] => ({
  medication,
  dosage,
  frequency: "daily",
});

async function patch(
  record: Schemas["Record"],
  body: Schemas["RecordPatch"],
): Promise<Schemas["Record"]> {
  const answer = await doctor.expect(200, "patch", "/records/{id}", {
    path: { id: record.id },
    ifMatch: record.revision,
    body,
  });
  return answer.body;
}

test("an item that is sent back with its id stays the same one", async () => {
  const made = await newRecord(doctor, patient, {
    prescriptions: [drug("Aspirin"), drug("Metformin")],
    lab_results: [{ test: "Potassium", value: 6.2, reference_high: 5.1 }],
  });
  const ids = (record: Schemas["Record"]) => record.prescriptions.map((item) => item.id);
  assert.equal(new Set([...ids(made), made.lab_results[0]?.id]).size, 3);
  const [aspirin, metformin] = made.prescriptions;
  assert.ok(aspirin && metformin);
  const moved = await patch(made, {
    prescriptions: [drug("Ramipril"), { ...metformin, dosage: "2 g" }, aspirin],
    lab_results: made.lab_results.map((result) => ({ ...result, value: 4.2 })),
  });
  assert.deepEqual(ids(moved).slice(1), [metformin.id, aspirin.id]);
  assert.equal(moved.lab_results[0]?.flag, "normal", "the flag that was sent back is derived anew");
  assert.equal(moved.lab_results[0]?.id, made.lab_results[0]?.id);
  const gone = await patch(moved, { prescriptions: [] });
  const again = await patch(gone, { prescriptions: [drug("Aspirin")] });
  const known = [...ids(made), ...ids(moved), made.lab_results[0]?.id];
  assert.ok(!known.includes(ids(again)[0]), "an id is never given again");
});

test("ids that are not of the list are refused", async () => {
  const made = await newRecord(doctor, patient, {
    prescriptions: [drug("Aspirin")],
    lab_results: [{ test: "CRP", value: 3 }],
  });
  const [aspirin] = made.prescriptions;
  assert.ok(aspirin);
  for (const [prescriptions, at] of [
    [[{ ...drug("Aspirin"), id: 999 }], "/prescriptions/0/id"],
    [[{ ...drug("Aspirin"), id: made.lab_results[0]?.id }], "/prescriptions/0/id"],
    [[aspirin, aspirin], "/prescriptions/1/id"],
    [[{ ...aspirin, changed_in_version: 7 }], "/prescriptions/0/changed_in_version"],
  ] as const) {
    const problem = await doctor.refused(422, "invalid_fields", "PATCH", `/records/${made.id}`, {
      ifMatch: made.revision,
      body: { prescriptions },
    });
    assert.deepEqual(pointers(problem), [at]);
  }
  const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", {
    body: {
      patient_id: patient,
      visit_date: "2026-03-04",
      visit_type: "consultation",
      prescriptions: [{ ...drug("Aspirin"), id: 1 }],
    },
  });
  assert.deepEqual(pointers(problem), ["/prescriptions/0/id"]);
});

test("a draft may be incomplete, a signed visit may not", async () => {
  const made = await newRecord(doctor, patient, {
    prescriptions: [{ medication: "Aspirin" }, drug("Metformin")],
    lab_results: [{ test: "CRP" }],
    follow_up_required: true,
  });
  const missing = (record: Schemas["Record"]) => record.incomplete.map((each) => each.pointer);
  const all = [
    "/prescriptions/0/dosage",
    "/prescriptions/0/frequency",
    "/lab_results/0/value",
    "/follow_up_date",
  ].sort();
  assert.deepEqual(missing(made).sort(), all);
  const read = await doctor.expect(200, "get", "/records/{id}", { path: { id: made.id } });
  assert.deepEqual(missing(read.body).sort(), all);
  const refused = await doctor.refused(
    422,
    "invalid_fields",
    "POST",
    `/records/${made.id}/finalize`,
    { ifMatch: made.revision, body: { password } },
  );
  assert.deepEqual(pointers(refused).sort(), all);
  const chart = await doctor.expect(200, "get", "/patients/{id}/timeline", { path: { id: patient } });
  assert.ok(chart.body.latest_labs.every((each) => each.result.value !== undefined));
  const [aspirin] = made.prescriptions;
  const whole = await patch(made, {
    prescriptions: [{ ...aspirin, dosage: "100 mg", frequency: "daily" }],
    lab_results: [],
    follow_up_date: "2026-12-01",
  });
  assert.deepEqual(whole.incomplete, []);
  const signed = await doctor.expect(200, "post", "/records/{id}/finalize", {
    path: { id: made.id },
    ifMatch: whole.revision,
    body: { password },
  });
  const left = await doctor.refused(
    422,
    "invalid_fields",
    "POST",
    `/records/${made.id}/amendments`,
    {
      ifMatch: signed.body.revision,
      body: { reason: "x", changes: { prescriptions: [{ medication: "Aspirin" }] } },
    },
  );
  assert.deepEqual(pointers(left), [
    "/changes/prescriptions/0/dosage",
    "/changes/prescriptions/0/frequency",
  ]);
});

test("diagnoses come with the record and with a change of it", async () => {
  const made = await newRecord(doctor, patient, {
    diagnoses: [
      { icd_code: "E11.9", diagnosis_type: "primary" },
      { icd_code: "I10", diagnosis_type: "secondary" },
    ],
  });
  assert.deepEqual(
    made.diagnoses.map((each) => [each.icd_code, each.diagnosis_type]),
    [
      ["E11.9", "primary"],
      ["I10", "secondary"],
    ],
  );
  const version = await doctor.expect(200, "get", "/records/{id}/versions/{n}", {
    path: { id: made.id, n: 1 },
  });
  assert.ok(JSON.stringify(version.body).includes("E11.9"), "they are part of the first version");
  const [diabetes] = made.diagnoses;
  assert.ok(diabetes);
  const changed = await patch(made, {
    notes: "and more",
    diagnoses: [
      { id: diabetes.id, status: "chronic" },
      { icd_code: "J20.9", diagnosis_type: "secondary" },
    ],
  });
  assert.deepEqual(
    changed.diagnoses.map((each) => [each.icd_code, each.status]),
    [
      ["E11.9", "chronic"],
      ["J20.9", "active"],
    ],
  );
  assert.equal(changed.revision, made.revision + 1, "one write");
  const kept = await patch(changed, { notes: "no more" });
  assert.equal(kept.diagnoses.length, 2, "a patch without them leaves them");
  const problem = await doctor.refused(422, "invalid_fields", "PATCH", `/records/${made.id}`, {
    ifMatch: kept.revision,
    body: { diagnoses: [{ id: 999_999 }, { icd_code: "NOPE", diagnosis_type: "primary" }] },
  });
  assert.deepEqual(pointers(problem), ["/diagnoses/0/id", "/diagnoses/1/icd_code"]);
});

test("answers name people", async () => {
  const made = await newRecord(doctor, patient, { notes: "signed soon" });
  const me = (await doctor.expect(200, "get", "/me", {})).body.user;
  assert.equal(made.doctor_name, me.display_name);
  assert.equal(made.created_by_name, me.display_name);
  assert.equal(made.finalized_by_name, null);
  const signed = await doctor.expect(200, "post", "/records/{id}/finalize", {
    path: { id: made.id },
    ifMatch: made.revision,
    body: { password },
  });
  assert.equal(signed.body.finalized_by_name, me.display_name);
});

test("allergies have ids too, and warnings name both", async () => {
  const made = await newPatient(doctor, { allergies: ["Penicillin", "Latex"] });
  const [penicillin, latex] = made.allergies;
  assert.ok(penicillin && latex);
  assert.notEqual(penicillin.id, latex.id);
  const record = await newRecord(doctor, made.id, { prescriptions: [drug("Amoxicillin")] });
  const [warning] = record.warnings as Schemas["Warning"][];
  assert.equal(warning?.allergy_id, penicillin.id);
  assert.equal(warning?.item_id, record.prescriptions[0]?.id);
});

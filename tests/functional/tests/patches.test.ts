// Merge patches are read as strictly as whole bodies: what is unknown or read-only is refused
// whatever its value, null included. And times that no chart speaks of.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client } from "../lib/client.ts";
import { as, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

test("a null makes no unknown or read-only field pass", async () => {
  const { id } = await newRecord(doctor, patient, { vital_signs: { pulse_bpm: 70 } });
  const cases: [unknown, string[]][] = [
    [{ status: null }, ["/status"]],
    [{ nonsense: null, notes: "x" }, ["/nonsense"]],
    [{ record_number: null, id: null, version: null }, ["/id", "/record_number", "/version"]],
    [{ diagnoses: null }, ["/diagnoses"]],
    [{ vital_signs: { mood: null, bmi: null } }, ["/vital_signs/bmi", "/vital_signs/mood"]],
    [{ doctor_id: null }, ["/doctor_id"]],
    [{ patient_id: null, visit_date: null }, ["/patient_id", "/visit_date"]],
  ];
  for (const [body, expected] of cases) {
    const problem = await doctor.refused(422, "invalid_fields", "PATCH", `/records/${id}`, {
      ifMatch: 1,
      body,
    });
    assert.deepEqual(pointers(problem), expected, JSON.stringify(body));
  }
  const cleared = await doctor.any("PATCH", `/records/${id}`, {
    ifMatch: 1,
    body: { chief_complaint: null, vital_signs: { pulse_bpm: null } },
  });
  assert.equal(cleared.status, 200, cleared.text);
  assert.equal(cleared.body.chief_complaint, null);
  assert.deepEqual(cleared.body.vital_signs, {});
});

test("the same for diagnoses and patients", async () => {
  const { id } = await newRecord(doctor, patient);
  const added = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id },
    ifMatch: 1,
    body: { icd_code: "I10", diagnosis_type: "primary" },
  });
  const cases: [unknown, string[]][] = [
    [{ zzz: null }, ["/zzz"]],
    [{ id: null, record_id: null }, ["/id", "/record_id"]],
    [{ diagnosis_name: null }, ["/diagnosis_name"]],
    [{ diagnosis_name: "  " }, ["/diagnosis_name"]],
    [{ icd_code: null }, ["/icd_code"]],
  ];
  for (const [body, expected] of cases) {
    const at = `/diagnoses/${added.body.id}`;
    const problem = await doctor.refused(422, "invalid_fields", "PATCH", at, { ifMatch: 2, body });
    assert.deepEqual(pointers(problem), expected, JSON.stringify(body));
  }
  for (const [body, expected] of [
    [{ nonsense: null }, ["/nonsense"]],
    [{ id: null, created_at: null }, ["/created_at", "/id"]],
    [{ patient_number: null }, ["/patient_number"]],
    [{ last_name: null }, ["/last_name"]],
  ] as [unknown, string[]][]) {
    const at = `/patients/${patient}`;
    const problem = await doctor.refused(422, "invalid_fields", "PATCH", at, {
      ifMatch: 1,
      body,
    });
    assert.deepEqual(pointers(problem), expected, JSON.stringify(body));
  }
});

test("doctor_id: null is as good as none", async () => {
  const body = { patient_id: patient, visit_date: "2026-03-04", visit_type: "consultation" };
  const made = await doctor.any("POST", "/records", { body: { ...body, doctor_id: null } });
  assert.equal(made.status, 201, made.text);
  const put = await doctor.any("PUT", `/records/${made.body.id}`, {
    ifMatch: 1,
    body: { ...body, doctor_id: null, notes: "x" },
  });
  assert.equal(put.status, 200, put.text);
  assert.equal(put.body.doctor_id, made.body.doctor_id);
  const nurse = await as("nurse");
  const problem = await nurse.refused(422, "invalid_fields", "POST", "/records", {
    body: { ...body, doctor_id: null, notes: 5 },
  });
  assert.deepEqual(pointers(problem), ["/doctor_id", "/notes"]);
});

test("times beyond what can be written down or has ever been charted are refused", async () => {
  for (const time of [
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+10:00",
    "0000-01-01",
    "1899-12-31",
    "2200-01-01T00:00:00Z",
  ]) {
    const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", {
      body: {
        patient_id: patient,
        visit_date: time,
        visit_type: "consultation",
        lab_results: [{ test: "Sodium", value: 140, taken_at: time }],
      },
    });
    assert.deepEqual(pointers(problem), ["/lab_results/0/taken_at", "/visit_date"], time);
  }
});

test("a draft that moves to another patient is in both patients' logs", async () => {
  const other = (await newPatient(doctor)).id;
  const { id } = await newRecord(doctor, patient);
  const moved = await doctor.any("PATCH", `/records/${id}`, {
    ifMatch: 1,
    body: { patient_id: other },
  });
  assert.equal(moved.status, 200, moved.text);
  const auditor = await as("auditor");
  for (const patient_id of [patient, other]) {
    const { body } = await auditor.expect(200, "get", "/audit", {
      query: { patient_id, action: "record.update", limit: 200 },
    });
    assert.ok(
      body.items.some((item) => item.resource_id === id),
      `patient ${patient_id}`,
    );
  }
});

test("a change that changes nothing answers as it is and makes nothing", async () => {
  const made = await newRecord(doctor, patient, {
    notes: "as it is",
    vital_signs: { weight_kg: 70, height_cm: 175 },
    prescriptions: [{ medication: "Aspirin", dosage: "100 mg", frequency: "daily" }],
  });
  const at = `/records/${made.id}`;
  const put = {
    patient_id: made.patient_id,
    visit_date: made.visit_date,
    visit_type: made.visit_type,
    chief_complaint: made.chief_complaint,
    notes: made.notes,
    vital_signs: { weight_kg: 70, height_cm: 175 },
    prescriptions: made.prescriptions,
  };
  for (const [method, body] of [
    ["PATCH", {}],
    ["PATCH", { notes: "as it is", visit_date: made.visit_date }],
    ["PUT", put],
  ] as const) {
    const same = await doctor.any(method, at, { ifMatch: 1, body });
    assert.equal(same.status, 200, same.text);
    assert.equal(same.headers.etag, '"1"');
    assert.deepEqual(same.body, made);
  }
  const stale = await doctor.any("PATCH", at, { ifMatch: 2, body: {} });
  assert.equal(stale.status, 412, "a stale version is still refused");
  const versions = await doctor.any("GET", `${at}/versions`, {});
  assert.equal(versions.body.items.length, 1);

  const added = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: made.id },
    ifMatch: 1,
    body: { icd_code: "I10", diagnosis_type: "primary" },
  });
  const body = { icd_code: "I10", diagnosis_type: "primary" };
  const coded = await doctor.any("PATCH", `/diagnoses/${added.body.id}`, { ifMatch: 2, body });
  assert.equal(coded.status, 200, coded.text);
  assert.equal(coded.headers.etag, '"2"');

  const person = await newPatient(doctor, { allergies: [{ substance: "Latex", reaction: "rash" }] });
  const again = await doctor.any("PATCH", `/patients/${person.id}`, {
    ifMatch: 1,
    body: { last_name: person.last_name, allergy_status: "not_asked" },
  });
  assert.equal(again.status, 200, again.text);
  assert.equal(again.headers.etag, '"1"');
  assert.deepEqual(again.body, person);
});

// Allergies as objects of the chart: who may write them, what a removal leaves, what the patient shows.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { as, newPatient } from "../lib/world.ts";

let doctor: Client;
before(async () => {
  doctor = await as("doctor");
});

async function recorded(
  patient: number,
  body: Schemas["AllergyCreate"],
  by = doctor,
): Promise<Schemas["AllergyObject"]> {
  const path = { id: patient };
  return (await by.expect(201, "post", "/patients/{id}/allergies", { path, body })).body;
}

async function shown(id: number): Promise<Schemas["Patient"]> {
  return (await doctor.expect(200, "get", "/patients/{id}", { path: { id } })).body;
}

test("an allergy is kept as it was given, and the patient has it in the summary", async () => {
  const { id, allergy_status } = await newPatient(doctor);
  assert.equal(allergy_status, "not_asked");
  const made = await recorded(id, {
    substance: "Amoxicillin",
    type: "allergy",
    certainty: "confirmed",
    reaction: "anaphylaxis",
    severity: "severe",
    source: "the patient",
  });
  const { version, patient_id, substance, type, certainty, reaction, severity, source } = made;
  assert.deepEqual(
    [version, patient_id, substance, type, certainty, reaction, severity, source, made.reason],
    [1, id, "Amoxicillin", "allergy", "confirmed", "anaphylaxis", "severe", "the patient", null],
  );
  const patient = await shown(id);
  assert.equal(patient.allergy_status, "recorded");
  assert.equal(patient.version, 1, "the allergies are no part of the patient's version");
  assert.deepEqual(patient.allergies, [
    { id: made.id, version, substance, type, certainty, reaction, severity },
  ]);
  const { body } = await doctor.expect(200, "get", "/patients/{id}/allergies", { path: { id } });
  assert.deepEqual(body, { items: [made], next_cursor: null });
});

test("a removal needs a reason and leaves its trace", async () => {
  const { id } = await newPatient(doctor, { allergies: ["Penicillin", "Latex"] });
  const before = await shown(id);
  const [penicillin, latex] = before.allergies;
  assert.ok(penicillin && latex);
  const at = `/allergies/${penicillin.id}`;
  const body = { certainty: "refuted" };
  await doctor.refused(428, "if_match_required", "PATCH", at, { body });
  await doctor.refused(412, "version_conflict", "PATCH", at, { ifMatch: 7, body });
  const problem = await doctor.refused(422, "invalid_fields", "PATCH", at, { ifMatch: 1, body });
  assert.deepEqual(pointers(problem), ["/reason"]);
  const gone = await doctor.any("PATCH", at, {
    ifMatch: 1,
    body: { certainty: "refuted", reason: "oral challenge" },
  });
  assert.equal(gone.status, 200, gone.text);
  assert.equal(gone.headers.etag, '"2"');
  assert.equal(gone.body.reason, "oral challenge");
  const patient = await shown(id);
  assert.deepEqual(
    patient.allergies.map((it) => it.substance),
    ["Latex"],
  );
  const { body: all } = await doctor.expect(200, "get", "/patients/{id}/allergies", {
    path: { id },
  });
  assert.deepEqual(
    all.items.map((it) => [it.substance, it.certainty, it.reason]),
    [
      ["Penicillin", "refuted", "oral challenge"],
      ["Latex", "suspected", null],
    ],
  );
  const same = await doctor.any("PATCH", at, { ifMatch: 2, body: { substance: "Penicillin" } });
  assert.deepEqual([same.status, same.headers.etag], [200, '"2"'], "nothing has changed");
});

test("doctors, nurses and pharmacists write allergies; receptionists never", async () => {
  const { id } = await newPatient(doctor);
  for (const role of ["doctor", "nurse", "pharmacist"] as const) {
    await recorded(id, { substance: `Latex by a ${role}` }, await as(role));
  }
  const clerk = await as("receptionist");
  const person = { first_name: "A", last_name: "B", date_of_birth: "1980-01-01", sex: "female" };
  await clerk.refused(403, "forbidden", "POST", `/patients/${id}/allergies`, {
    body: { substance: "Nuts" },
  });
  const allergies = ["Nuts"];
  await clerk.refused(403, "forbidden", "POST", "/patients", { body: { ...person, allergies } });
  const status = { allergy_status: "none_known" };
  await clerk.refused(403, "forbidden", "PATCH", `/patients/${id}`, { ifMatch: 1, body: status });
  const refused = await doctor.refused(422, "invalid_fields", "PATCH", `/patients/${id}`, {
    ifMatch: 1,
    body: { allergies },
  });
  assert.deepEqual(pointers(refused), ["/allergies"]);
});

test("that none is known is said of the patient, and gives way to what is recorded", async () => {
  const { id } = await newPatient(doctor, { allergy_status: "none_known" });
  assert.equal((await shown(id)).allergy_status, "none_known");
  const made = await recorded(id, { substance: "Peanut" });
  assert.equal((await shown(id)).allergy_status, "recorded");
  await doctor.expect(200, "patch", "/allergies/{id}", {
    path: { id: made.id },
    ifMatch: 1,
    body: { certainty: "entered_in_error", reason: "another patient's" },
  });
  assert.equal((await shown(id)).allergy_status, "none_known");
});

test("what is refuted warns of nothing, an intolerance with a note", async () => {
  const { id } = await newPatient(doctor, {
    allergies: [
      { substance: "Codeine", type: "intolerance", reaction: "nausea" },
      { substance: "Penicillin", certainty: "refuted", reason: "challenge" },
    ],
  });
  const line = (medication: string): Schemas["PrescriptionInput"] => ({
    medication,
    dosage: "1",
    frequency: "daily",
  });
  const { body } = await doctor.expect(201, "post", "/records", {
    body: {
      patient_id: id,
      visit_date: "2026-03-01",
      visit_type: "consultation",
      prescriptions: [line("Amoxicillin"), line("Codeine")],
    },
  });
  assert.deepEqual(
    body.warnings.map((it) => [it.pointer, (it as Schemas["Warning"]).severity]),
    [["/prescriptions/1", "note"]],
  );
});

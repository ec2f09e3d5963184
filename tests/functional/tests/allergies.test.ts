// Prescriptions against the patient's known allergies: a warning wherever a record is shown.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { allPages, as, doctorId, finalize, newPatient, newRecord, VISIT } from "../lib/world.ts";

type Warning = Schemas["Warning"];

let doctor: Client;

before(async () => {
  doctor = await as("doctor");
});

const drug = (medication: string): Schemas["PrescriptionInput"] => ({
  medication,
  dosage: "1",
  frequency: "daily",
});

/** Those of a record's warnings that are of an allergy. */
const ofAllergies = (record: Pick<Schemas["Record"], "warnings">): Warning[] =>
  record.warnings.filter((warning) => warning.code === "allergy");

/** What a draft with these prescriptions says to a patient with these allergies. */
async function warned(
  allergies: Schemas["PatientCreate"]["allergies"],
  medications: string[],
): Promise<Warning[]> {
  const patient = await newPatient(doctor, { allergies });
  const record = await newRecord(doctor, patient.id, { prescriptions: medications.map(drug) });
  return ofAllergies(record);
}

test("the substance itself, its other names, and drugs of its group", async () => {
  const cases: [string, string, Warning["match"]][] = [
    ["penicillin", "Amoxicillin", "class"],
    ["penicillin", "Augmentin", "class"],
    ["Penicillins", "Penicillin V", "class"],
    ["Penicillin G", "Penicillin V", "class"],
    ["Amoxicillin/clavulanate", "Amoxicillin 500 mg", "same"],
    ["Sulfonamides", "Co-trimoxazole", "class"],
    ["Sulfa drugs", "Sulfamethoxazole/trimethoprim", "class"],
    ["NSAIDs", "Ibuprofen", "class"],
    ["Aspirin", "Acetylsalicylic acid", "same"],
    ["acetaminophen", "Paracetamol", "same"],
    ["cephalosporins", "Cefazolin", "class"],
    ["statins", "Atorvastatin", "class"],
    ["Pénicilline", "AMOXICILLINE 1 g", "class"],
  ];
  for (const [substance, medication, match] of cases) {
    const warnings = await warned([substance], ["Metformin", medication]);
    assert.deepEqual(
      warnings.map((warning) => [warning.pointer, warning.match]),
      [["/prescriptions/1", match]],
      `${substance} / ${medication}`,
    );
  }
});

test("parts of words, salts and forms are no reason", async () => {
  const allergies = ["iron", "Opium", "ASA", "statin", "Milk", "Latex", "No known allergies"];
  const medications = ["Spironolactone", "Tiotropium", "Metoprolol", "Nystatin", "K", "None"];
  assert.deepEqual(await warned(allergies, medications), []);
  assert.deepEqual(await warned(["Penicillin"], ["Cefazolin", "Adrenaline pen"]), []);
  assert.deepEqual(await warned([], ["Amoxicillin"]), []);
});

test("a warning says what, how bad, and how it was found", async () => {
  const [warning, ...others] = await warned(
    [{ substance: "Penicillin", reaction: "anaphylaxis", severity: "life_threatening" }, "Latex"],
    ["Amoxicillin 500 mg"],
  );
  assert.ok(warning);
  assert.deepEqual(warning, {
    code: "allergy",
    severity: "interrupting",
    pointer: "/prescriptions/0",
    message:
      "The patient is allergic to Penicillin, and Amoxicillin 500 mg is of the same group " +
      "(penicillins).",
    item_id: 1,
    medication: "Amoxicillin 500 mg",
    allergy_id: warning.allergy_id,
    substance: "Penicillin",
    allergy_severity: "life_threatening",
    reaction: "anaphylaxis",
    match: "class",
  });
  assert.deepEqual(others, []);
});

test("every answer with a record has its warnings, from the first draft to the list", async () => {
  const patient = await newPatient(doctor, { allergies: ["penicillin"] });
  const admin = await as("hospital_admin");
  const found = (record: Pick<Schemas["Record"], "warnings">): string[] =>
    ofAllergies(record).map((warning) => `${warning.pointer} ${warning.medication}`);
  let record = await newRecord(doctor, patient.id);
  assert.deepEqual(record.warnings, [], "there and empty without prescriptions");
  const path = { id: record.id };

  const patched = await doctor.expect(200, "patch", "/records/{id}", {
    path,
    ifMatch: 1,
    body: { prescriptions: [drug("Metformin"), drug("Amoxicillin")] },
  });
  assert.deepEqual(found(patched.body), ["/prescriptions/1 Amoxicillin"]);
  const put = await doctor.expect(200, "put", "/records/{id}", {
    path,
    ifMatch: 2,
    body: {
      patient_id: patient.id,
      doctor_id: await doctorId(doctor),
      visit_date: VISIT,
      visit_type: "consultation",
      prescriptions: [drug("Augmentin")],
    },
  });
  assert.deepEqual(found(put.body), ["/prescriptions/0 Augmentin"]);
  record = await finalize(doctor, put.body);
  assert.deepEqual(found(record), ["/prescriptions/0 Augmentin"], "no refusal");
  const amended = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path,
    ifMatch: record.revision,
    body: {
      reason: "Something else",
      changes: { prescriptions: [drug("Penicillin V"), drug("Ibuprofen")] },
    },
  });
  assert.deepEqual(found(amended.body), ["/prescriptions/0 Penicillin V"]);
  const reopened = await admin.expect(200, "post", "/records/{id}/reopen", {
    path,
    ifMatch: amended.body.revision,
    body: { reason: "Wrong patient?" },
  });
  assert.deepEqual(found(reopened.body), ["/prescriptions/0 Penicillin V"]);

  const query = { patient_id: patient.id };
  const listed = async (): Promise<string[]> =>
    (await allPages<Schemas["RecordListItem"]>(doctor, "/records", query)).flatMap(found);
  const read = async (): Promise<string[]> =>
    found((await doctor.expect(200, "get", "/records/{id}", { path })).body);
  assert.deepEqual(await read(), ["/prescriptions/0 Penicillin V"]);
  assert.deepEqual(await listed(), ["/prescriptions/0 Penicillin V"]);
  // As the allergies are known now.
  await doctor.expect(200, "patch", "/allergies/{id}", {
    path: { id: patient.allergies[0]!.id },
    ifMatch: 1,
    body: { substance: "NSAIDs", severity: "mild" },
  });
  assert.deepEqual(await read(), ["/prescriptions/1 Ibuprofen"]);
  assert.deepEqual(await listed(), ["/prescriptions/1 Ibuprofen"]);
});

test("warnings are read-only, and a replayed POST has them too", async () => {
  const patient = await newPatient(doctor, { allergies: ["aspirin"] });
  const record = await newRecord(doctor, patient.id, { prescriptions: [drug("ASA")] });
  const problem = await doctor.refused(422, "invalid_fields", "PATCH", `/records/${record.id}`, {
    ifMatch: record.revision,
    body: { warnings: [] },
  });
  assert.deepEqual(problem.errors, [{ pointer: "/warnings", message: "is read-only" }]);

  const send = (): Promise<{ body: Schemas["Record"] }> =>
    doctor.with({ "idempotency-key": `warn-${record.id}-${patient.id}` }).any("POST", "/records", {
      body: {
        patient_id: patient.id,
        visit_date: VISIT,
        visit_type: "consultation",
        prescriptions: [drug("Acetylsalicylic acid"), drug("Naproxen")],
      },
    });
  const first = (await send()).body;
  assert.deepEqual(
    ofAllergies(first).map((warning) => warning.match),
    ["same", "class"],
  );
  assert.deepEqual((await send()).body, first);
});

test("the chart holds the current medication against the allergies", async () => {
  const patient = await newPatient(doctor, {
    allergies: [{ substance: "ACE inhibitors", reaction: "angioedema", severity: "severe" }],
  });
  await newRecord(doctor, patient.id, {
    prescriptions: [
      { ...drug("Captopril"), end_date: "2026-03-10" },
      drug("Metformin"),
      drug("Lisinopril"),
    ],
  });
  const { body } = await doctor.expect(200, "get", "/patients/{id}/timeline", {
    path: { id: patient.id },
  });
  assert.equal(body.warnings.length, 1, "what has ended is no longer warned of");
  const [warning] = body.warnings;
  const [, where] = /^\/medication\/(\d+)$/.exec(warning!.pointer) ?? [];
  assert.equal(body.medication[Number(where)]?.prescription.medication, "Lisinopril");
  assert.equal(warning!.allergy_severity, "severe");
  assert.equal(warning!.severity, "interrupting");
  assert.equal(warning!.match, "class");
});

test("whatever is typed as a name is compared and never fails", async () => {
  const odd = ["(((", "%", "\\", "'; --", "\u{1FA7A}", "Ω", "ß", "a/b/c", "500 mg", "and", "é"];
  const warnings = await warned(odd, odd);
  for (const warning of warnings) assert.equal(warning.match, "same");
});

test("what the patient brings to the answer is not kept back by a 304", async () => {
  const patient = await newPatient(doctor);
  const { id } = await newRecord(doctor, patient.id, { prescriptions: [drug("Amoxicillin")] });
  const again = (): ReturnType<typeof doctor.any> =>
    doctor.any("GET", `/records/${id}`, { headers: { "If-None-Match": '"1"' } });
  assert.equal((await again()).status, 304);
  const { body: penicillin } = await doctor.expect(201, "post", "/patients/{id}/allergies", {
    path: { id: patient.id },
    body: { substance: "Penicillin" },
  });
  const answer = await again();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.warnings.length, 1);
  await doctor.expect(200, "patch", "/allergies/{id}", {
    path: { id: penicillin.id },
    ifMatch: 1,
    body: { certainty: "entered_in_error", reason: "another patient's" },
  });
  await doctor.expect(200, "patch", "/patients/{id}", {
    path: { id: patient.id },
    ifMatch: 1,
    body: { last_name: "Renamed" },
  });
  const third = await again();
  assert.deepEqual(third.body.warnings, [], "one that is withdrawn goes, too");
  assert.equal(third.body.patient.last_name, "Renamed");
});

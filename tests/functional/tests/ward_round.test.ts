// A ward round with six patients: what each list of their charts says after each step.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { as, finalize, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let lab: Client;
before(async () => {
  doctor = await as("doctor");
  lab = await as("lab_technician");
});

const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const from = (days: number): string => ago(-days);
const at = (days: number): string => `${ago(days)}T08:00:00Z`;

type Visit = Partial<Schemas["RecordCreate"]>;

class Patient {
  private constructor(readonly id: number) {}
  static async admit(fields: Partial<Schemas["PatientCreate"]>): Promise<Patient> {
    return new Patient((await newPatient(doctor, fields)).id);
  }

  draft(days: number, fields: Visit): Promise<Schemas["Record"]> {
    return newRecord(doctor, this.id, { visit_date: at(days), ...fields });
  }
  async seen(days: number, fields: Visit): Promise<Schemas["Record"]> {
    return finalize(doctor, await this.draft(days, fields));
  }
  async result(fields: Schemas["ResultCreate"]): Promise<Schemas["Result"]> {
    const path = { id: this.id };
    return (await lab.expect(201, "post", "/patients/{id}/results", { path, body: fields })).body;
  }

  async problems(): Promise<string[]> {
    const { body } = await doctor.expect(200, "get", "/patients/{id}/problems", { path: { id: this.id } });
    return body.items.map((each) => `${each.icd_code ?? each.name} ${each.status}`);
  }
  async followUps(): Promise<Schemas["FollowUp"][]> {
    const { body } = await doctor.expect(200, "get", "/patients/{id}/follow-ups", { path: { id: this.id } });
    return body.items;
  }
  async open(): Promise<string[]> {
    return (await this.followUps()).filter((each) => each.state === "open").map((each) => each.what_for);
  }
  async chart(): Promise<Schemas["Timeline"]> {
    return (await doctor.expect(200, "get", "/patients/{id}/timeline", { path: { id: this.id } })).body;
  }
  async latest(test: string): Promise<unknown> {
    const { latest_labs } = await this.chart();
    return latest_labs.find((each) => each.result.test === test)?.result.value;
  }
  async series(): Promise<[string, string | null, unknown[]][]> {
    const { body } = await doctor.expect(200, "get", "/patients/{id}/labs", { path: { id: this.id } });
    return body.series.map((each) => [each.test, each.unit, each.points.map((point) => point.value)]);
  }
  async waiting(): Promise<string[]> {
    const { body } = await (await as("nurse")).expect(200, "get", "/inbox", { query: { limit: 200, critical: "true" } });
    return body.items.filter((each) => each.patient_id === this.id).map((each) => `${each.test} ${each.value}`);
  }
}

const coded = (...codes: string[]): Visit => ({
  diagnoses: codes.map((icd_code) => ({ icd_code, diagnosis_type: "secondary" as const })),
});

test("an infant: limits of a child's, and jaundice is followed until somebody says how it went", async () => {
  const infant = await Patient.admit({ first_name: "Ida", date_of_birth: ago(3) });
  await infant.seen(1, {
    visit_type: "inpatient", vital_signs: { weight_kg: 3.1 },
    follow_up_required: true, follow_up_date: ago(1), follow_up_instructions: "Bilirubin again in the evening",
  });
  assert.deepEqual(await infant.open(), ["Bilirubin again in the evening"], "on the same day");
  const high = await infant.result({ test: "Bilirubin", value: "18.2", unit: "mg/dL" });
  assert.deepEqual([high.flag, high.critical_limit?.high], ["critical_high", 15]);
  assert.deepEqual(await infant.waiting(), ["Bilirubin 18.2"]);
  const potassium = await infant.result({ test: "Potassium", value: 6.3, unit: "mmol/L" });
  assert.equal(potassium.critical, false, "a child's limit is 6.4");
  await doctor.expect(200, "post", "/results/{id}/acknowledge", {
    path: { id: high.id }, ifMatch: high.version, body: { action: "Phototherapy begun" },
  });
  assert.deepEqual(await infant.waiting(), []);
  await infant.draft(0, { vital_signs: { weight_kg: 31 } });
  assert.equal((await infant.chart()).latest_vitals["weight_kg"]?.value, 3.1, "a draft's slip is not in the chart");
});

test("a pregnancy: encounters are no problems, and what belongs to it ends with it", async () => {
  const woman = await Patient.admit({ first_name: "Paula" });
  await woman.seen(120, coded("Z34.81", "O24.419"));
  assert.deepEqual(await woman.problems(), ["O24.419 active"]);
  await woman.seen(30, { ...coded("Z34.83", "O24.419"), follow_up_required: true, follow_up_date: from(300), follow_up_instructions: "Glucose tolerance after birth" });
  assert.deepEqual(await woman.problems(), ["O24.419 active"], "one problem");
  const long = await Patient.admit({ first_name: "Petra" });
  await long.seen(400, coded("O24.419"));
  assert.deepEqual(await long.problems(), ["O24.419 presumed_resolved"]);
  await woman.seen(2, { visit_type: "emergency", ...coded("S93.401A") });
  assert.deepEqual(await woman.open(), ["Glucose tolerance after birth"]);
  assert.deepEqual((await woman.followUps()).map((each) => each.proposed_record_id), [null]);
});

test("many drugs: potassium of today is not hidden by a visit that is planned", async () => {
  const old = await Patient.admit({ first_name: "Otto", date_of_birth: "1940-05-05" });
  await old.seen(60, { ...coded("E11.9", "I10"), lab_results: [{ test: "Potassium", value: 4.4, unit: "mEq/L" }, { test: "Creatinine", value: 1.2, unit: "mg/dL" }] });
  await old.draft(-30, { lab_results: [{ test: "Potassium", value: 4.0, unit: "mmol/L" }] });
  await old.result({ test: "potassium", value: 5.9, unit: "mmol/L", reference_low: 3.5, reference_high: 5.1, taken_at: at(1) });
  assert.equal(await old.latest("potassium"), 5.9);
  await old.result({ test: "Creatinine", value: 130, unit: "umol/L", taken_at: at(1) });
  assert.deepEqual(await old.series(), [
    ["Creatinine", "mg/dL", [1.2]],
    ["Creatinine", "umol/L", [130]],
    ["potassium", "mmol/L", [4.4, 5.9]],
  ]);
  await old.seen(1, coded("E11.65"));
  assert.deepEqual(await old.problems(), ["E11.65 active", "I10 active"]);
});

test("trauma: a fracture heals, haemoglobin falls, and the correction is read again", async () => {
  const biker = await Patient.admit({ first_name: "Tom" });
  await biker.seen(20, coded("S72.001A", "S01.01XA"));
  const fallen = await biker.result({ test: "Hemoglobin", value: 5.8, unit: "g/dL", status: "preliminary" });
  assert.deepEqual([fallen.flag, await biker.waiting()], ["critical_low", ["Hemoglobin 5.8"]]);
  const right = await lab.expect(200, "patch", "/results/{id}", {
    path: { id: fallen.id }, ifMatch: 1, body: { value: 8.5, status: "final" },
  });
  assert.equal(right.body.critical, false);
  assert.deepEqual(await biker.waiting(), []);
  assert.equal(await biker.latest("Hemoglobin"), 8.5);
  await biker.seen(1, coded("S93.402A"));
  assert.deepEqual(await biker.problems(), ["S72.001A active", "S01.01XA active", "S93.402A active"]);
  const healed = await Patient.admit({ first_name: "Theo" });
  await healed.seen(300, coded("S72.001A", "S01.01XA"));
  assert.deepEqual(await healed.problems(), ["S72.001A presumed_resolved", "S01.01XA presumed_resolved"]);
});

test("oncology: a wart proposes, and only a stated outcome takes the nodule off the list", async () => {
  const smoker = await Patient.admit({ first_name: "Olga" });
  await smoker.seen(100, { ...coded("C34.90"), follow_up_required: true, follow_up_date: ago(5), follow_up_instructions: "CT of the nodule" });
  const wart = await smoker.seen(4, { diagnosis: "Wart" });
  const [asked] = await smoker.followUps();
  assert.deepEqual([asked?.state, asked?.overdue, asked?.proposed_record_id], ["open", true, wart.id]);
  const moved = await doctor.expect(200, "patch", "/follow-ups/{id}", {
    path: { id: asked!.id }, ifMatch: asked!.version,
    body: { outcome: "moved", due: from(14), reason: "The scanner was down" },
  });
  assert.equal(moved.body.state, "closed");
  assert.deepEqual(await smoker.open(), ["CT of the nodule"]);
  const low = await smoker.result({ test: "Neutrophils", value: "<0,3", unit: "10*9/L" });
  assert.deepEqual([low.number, low.relation, low.flag], [0.3, "<", "critical_low"]);
  assert.deepEqual(await smoker.problems(), ["C34.90 active"]);
});

test("psychiatry: lithium is critical, and a problem is resolved with its reason", async () => {
  const patient = await Patient.admit({ first_name: "Sam" });
  await patient.seen(200, coded("F32.0"));
  await patient.seen(100, coded("F31.9"));
  assert.deepEqual(await patient.problems(), ["F32.0 active", "F31.9 active"]);
  const { body } = await doctor.expect(200, "get", "/patients/{id}/problems", { path: { id: patient.id } });
  await doctor.expect(200, "patch", "/problems/{id}", {
    path: { id: body.items[0]!.id }, ifMatch: 1,
    body: { status: "resolved", resolved_reason: "It was the first episode of a bipolar disorder" },
  });
  assert.deepEqual(await patient.problems(), ["F32.0 resolved", "F31.9 active"]);
  assert.deepEqual((await patient.chart()).problems.map((each) => each.icd_code), ["F31.9"]);
  const lithium = await patient.result({ test: "Lithium", value: 2.1, unit: "mEq/L" });
  assert.equal(lithium.flag, "critical_high");
  assert.deepEqual(await patient.waiting(), ["Lithium 2.1"]);
});

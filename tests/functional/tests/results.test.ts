// Results of laboratories: filed without a visit, read, corrected, and as series.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { as, doctorId, finalize, hired, newAccount, newPatient, newRecord, unique } from "../lib/world.ts";

type Result = Schemas["Result"];
type ResultCreate = Schemas["ResultCreate"];

let doctor: Client;
let lab: Client;

before(async () => {
  doctor = await as("doctor");
  lab = await as("lab_technician");
});

async function file(id: number, fields: Partial<ResultCreate> = {}, by = lab): Promise<Result> {
  const body: ResultCreate = { test: "Potassium", value: 4.1, unit: "mmol/L", ...fields };
  return (await by.expect(201, "post", "/patients/{id}/results", { path: { id }, body })).body;
}

async function change(
  result: Result,
  body: Schemas["ResultPatch"],
  by = lab,
): Promise<Result> {
  const { id, version } = result;
  return (await by.expect(200, "patch", "/results/{id}", { path: { id }, ifMatch: version, body })).body;
}

async function acknowledge(result: Result, action: string): Promise<Result> {
  const { id, version } = result;
  const body = { action };
  return (await doctor.expect(200, "post", "/results/{id}/acknowledge", { path: { id }, ifMatch: version, body })).body;
}

const series = async (id: number, by = doctor): Promise<Schemas["LabSeries"]["series"]> =>
  (await by.expect(200, "get", "/patients/{id}/labs", { path: { id } })).body.series;

const latest = async (id: number): Promise<unknown[]> => {
  const { body } = await doctor.expect(200, "get", "/patients/{id}/timeline", { path: { id } });
  return body.latest_labs.map((one) => one.result.value);
};

const inbox = async (by: Client, id: number): Promise<Schemas["WaitingResult"][]> => {
  const out: Schemas["WaitingResult"][] = [];
  let cursor: string | undefined;
  do {
    const { body } = await by.expect(200, "get", "/inbox", { query: { limit: 200, cursor } });
    out.push(...body.items.filter((item) => item.patient_id === id));
    cursor = body.next_cursor ?? undefined;
  } while (cursor);
  return out;
};

test("a laboratory files a result without a visit, and it is in the chart", async () => {
  const patient = (await newPatient(doctor)).id;
  const made = await file(patient, {
    value: "4,8", loinc: "2823-3", reference_low: 3.5, reference_high: 5.1,
    specimen: "plasma", comment: "Not haemolysed.\nRepeated.", taken_at: "2026-03-04T08:00:00Z",
  });
  assert.deepEqual(
    [made.value, made.value_kind, made.number, made.relation, made.flag, made.critical, made.status],
    ["4,8", "number", 4.8, "=", "normal", false, "final"],
  );
  assert.equal(made.at, "2026-03-04T08:00:00Z");
  assert.deepEqual(await latest(patient), ["4,8"]);
  const [one] = await series(patient);
  assert.deepEqual(
    one?.points.map((point) => [point.value, point.result_id, point.record_id, point.status]),
    [[4.8, made.id, null, "final"]],
  );
  const listed = await doctor.expect(200, "get", "/patients/{id}/results", {
    path: { id: patient },
    query: { count: "exact" },
  });
  assert.deepEqual([listed.body.total, listed.body.items[0]], [1, made]);
});

test("a text of 20,000 characters, titres, ratios and bounds are values; more is refused", async () => {
  const patient = (await newPatient(doctor)).id;
  const kind = async (value: string): Promise<unknown[]> => {
    const made = await file(patient, { test: unique("T"), value, unit: null });
    return [made.value_kind, made.relation, made.number];
  };
  assert.deepEqual(await kind("x".repeat(20_000)), ["text", null, null]);
  assert.deepEqual(await kind("1:320"), ["titre", "=", 320]);
  assert.deepEqual(await kind("3/5"), ["ratio", "=", 0.6]);
  assert.deepEqual(await kind("<0.5"), ["number", "<", 0.5]);
  assert.deepEqual(await kind("≥ 60"), ["number", ">=", 60]);
  const body = { test: "T", value: "x".repeat(20_001) };
  await lab.refused(422, "invalid_fields", "POST", `/patients/${patient}/results`, { body });
});

test("the hospital's locale says what a comma is", async () => {
  const operator = await as("platform_admin");
  const tenant = unique("komma_");
  await operator.expect(201, "post", "/tenants", { body: { id: tenant, name: "Komma", locale: "de-DE" } });
  const { client } = await hired(tenant, "doctor");
  const there = (await newPatient(client)).id;
  assert.equal((await file(there, { value: "7,100" }, client)).number, 7.1);
  assert.equal((await file(there, { value: "1.234,5" }, client)).number, 1234.5);
  const here = (await newPatient(doctor)).id;
  assert.equal((await file(here, { value: "7,100", test: "Leukocytes", unit: "/uL" })).number, 7100);
  await operator.refused(422, "invalid_fields", "PATCH", `/tenants/${tenant}`, { body: { locale: "de_DE!" } });
});

test("a final result is corrected with a reason, keeps its versions, and has to be read again", async () => {
  const patient = (await newPatient(doctor)).id;
  const early = await file(patient, { value: 5.9, status: "preliminary" });
  const final = await change(early, { status: "final" });
  assert.deepEqual([final.status, final.version], ["final", 2]);
  const read = await acknowledge(final, "Repeat tomorrow");
  assert.deepEqual([read.action, read.acknowledged_by], ["Repeat tomorrow", read.updated_by]);
  assert.deepEqual(await inbox(doctor, patient), []);
  const same = await doctor.any("PATCH", `/results/${read.id}`, { ifMatch: read.version, body: { value: 5.9 } });
  assert.deepEqual([same.status, same.version], [200, read.version], "a change that changes nothing");
  await lab.refused(422, "invalid_fields", "PATCH", `/results/${read.id}`, { ifMatch: read.version, body: { value: 4.9 } });
  await lab.refused(412, "version_conflict", "PATCH", `/results/${read.id}`, { ifMatch: 1, body: { value: 4.9 } });
  const corrected = await change(read, { value: 4.9, reason: "Tubes were swapped" });
  assert.deepEqual([corrected.status, corrected.action, corrected.reason], ["corrected", null, "Tubes were swapped"]);
  assert.equal((await inbox(doctor, patient)).length, 1);
  assert.deepEqual(await latest(patient), [4.9]);
  const cancelled = await change(corrected, { status: "cancelled", reason: "Another patient's" });
  assert.deepEqual(await latest(patient), []);
  assert.deepEqual(await series(patient), []);
  await lab.refused(409, "conflict", "PATCH", `/results/${cancelled.id}`, {
    ifMatch: cancelled.version,
    body: { value: 1 },
  });
});

test("critical results come first, are acknowledged by who treats, and are counted until then", async () => {
  const { client: asker, user } = await newAccount("doctor");
  const patient = (await newPatient(doctor)).id;
  const count = async (by: Client): Promise<number> =>
    (await by.expect(200, "get", "/worklist", {})).body.critical_results;
  const before = await count(asker);
  const plain = await file(patient, { doctor_id: user.id, value: 4 });
  const critical = await file(patient, { doctor_id: user.id, value: 7.1, reference_high: 5.1 });
  assert.deepEqual([critical.flag, critical.critical, critical.critical_limit?.high], ["critical_high", true, 6.2]);
  assert.deepEqual((await inbox(asker, patient)).map((one) => one.id), [critical.id, plain.id]);
  assert.deepEqual(await inbox(doctor, patient), [], "another doctor's");
  assert.equal((await inbox(await as("nurse"), patient)).length, 2, "the hospital's");
  assert.equal(await count(asker), before + 1);
  const body = { action: "Told the ward" };
  await lab.refused(403, "forbidden", "POST", `/results/${critical.id}/acknowledge`, { ifMatch: 1, body });
  const done = await acknowledge(critical, "Calcium gluconate given");
  await doctor.refused(409, "conflict", "POST", `/results/${critical.id}/acknowledge`, { ifMatch: done.version, body });
  assert.equal(await count(asker), before);
  assert.deepEqual((await inbox(asker, patient)).map((one) => one.id), [plain.id]);
});

test("a result goes to whom asked for it: the visit's doctor, or that of the newest visit", async () => {
  const { user } = await newAccount("doctor");
  const patient = (await newPatient(doctor)).id;
  assert.equal((await file(patient)).doctor_id, null);
  const visit = await newRecord(doctor, patient, { doctor_id: user.id });
  await newRecord(doctor, patient, { visit_date: "2026-03-05T09:00:00Z" });
  assert.equal((await file(patient)).doctor_id, await doctorId(doctor));
  assert.equal((await file(patient, { record_id: visit.id })).doctor_id, user.id);
  const body = { test: "K", value: 1 };
  const other = (await newPatient(doctor)).id;
  for (const wrong of [{ record_id: visit.id }, { doctor_id: 999_999_999 }, { taken_at: "2199-01-01" }]) {
    await lab.refused(422, "invalid_fields", "POST", `/patients/${other}/results`, { body: { ...body, ...wrong } });
  }
});

test("filed results and those of signed visits are one series, by code and then by name", async () => {
  const patient = (await newPatient(doctor)).id;
  const draft = await newRecord(doctor, patient, {
    lab_results: [{ test: "Kalium", value: 4.4, unit: "mEq/L", loinc: "2823-3" }],
  });
  await file(patient, { value: 4.6, loinc: "2823-3", taken_at: "2026-03-05T09:00:00Z" });
  await file(patient, { value: 170, unit: "mg/L", taken_at: "2026-03-06T09:00:00Z", loinc: "2823-3" });
  const shown = async (): Promise<unknown[]> =>
    (await series(patient)).map((one) => [one.unit, ...one.points.map((point) => point.value)]);
  assert.deepEqual(await shown(), [["mg/L", 170], ["mmol/L", 4.6]], "a draft's is not among them");
  await finalize(doctor, draft);
  assert.deepEqual(await shown(), [["mg/L", 170], ["mmol/L", 4.4, 4.6]], "apart where nothing converts");
});

test("latest values ignore drafts and visits that are planned", async () => {
  const patient = (await newPatient(doctor)).id;
  const signs = (pulse: number): Partial<Schemas["RecordCreate"]> => ({
    vital_signs: { pulse_bpm: pulse },
    lab_results: [{ test: "CRP", value: pulse }],
  });
  await finalize(doctor, await newRecord(doctor, patient, { ...signs(60), visit_date: "2026-01-01T09:00:00Z" }));
  await newRecord(doctor, patient, { ...signs(61), visit_date: "2026-01-02T09:00:00Z" });
  await newRecord(doctor, patient, { ...signs(62), visit_date: "2198-01-02T09:00:00Z" });
  const { body } = await doctor.expect(200, "get", "/patients/{id}/timeline", { path: { id: patient } });
  assert.equal(body.latest_vitals["pulse_bpm"]?.value, 60);
  assert.deepEqual(body.latest_labs.map((one) => one.result.value), [60]);
});

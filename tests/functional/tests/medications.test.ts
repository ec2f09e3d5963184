// The medication list: courses begin when a visit is signed, and end when somebody or what was written says so.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { as, finalize, newPatient, newRecord } from "../lib/world.ts";

type Medication = Schemas["Medication"];

let doctor: Client;
before(async () => {
  doctor = await as("doctor");
});

const line = (
  medication: string,
  more: Partial<Schemas["PrescriptionInput"]> = {},
): Schemas["PrescriptionInput"] => ({ medication, dosage: "1", frequency: "daily", ...more });

async function signed(
  patient: number,
  prescriptions: Schemas["PrescriptionInput"][],
  visit_date = "2026-03-01",
): Promise<Schemas["Record"]> {
  return finalize(doctor, await newRecord(doctor, patient, { prescriptions, visit_date }));
}

async function list(
  patient: number,
  state?: Schemas["MedicationState"],
  by = doctor,
): Promise<Medication[]> {
  const answer = await by.expect(200, "get", "/patients/{id}/medications", {
    path: { id: patient },
    query: state ? { state } : {},
  });
  return answer.body.items;
}

const told = (items: Medication[]): [string, string][] =>
  items.map((it) => [it.medication, it.state]);

async function step(
  verb: "stop" | "hold" | "resume" | "change" | "confirm",
  course: Medication,
  body: Record<string, unknown>,
  by = doctor,
): Promise<Medication> {
  const answer = await by.any("POST", `/medications/${course.id}/${verb}`, {
    ifMatch: course.version!,
    body,
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

test("a course begins when its visit is signed; a draft's is shown apart, with its author", async () => {
  const { id } = await newPatient(doctor);
  const draft = await newRecord(doctor, id, { prescriptions: [line("Metformin", { dosage: "500 mg" })] });
  const [before] = await list(id);
  assert.ok(before);
  const me = (await doctor.expect(200, "get", "/me")).body.user.display_name;
  assert.deepEqual([before.state, before.id, before.author_name], ["unsigned", null, me]);
  const record = await finalize(doctor, draft);
  const [course, ...others] = await list(id);
  assert.ok(course);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [course.state, course.medication, course.ingredients, course.record_id, course.item_id],
    ["active", "Metformin", ["metformin"], record.id, record.prescriptions[0]!.id],
  );
  assert.deepEqual(course.dose, { amount: 500, unit: "mg", as_needed: false });
  assert.equal(course.version, 1);
});

test("what was written ends a course; what cannot be read is for review", async () => {
  const { id } = await newPatient(doctor);
  await signed(id, [
    line("Amoxicillin", { duration: "5/7" }),
    line("Ondansetron", { duration: "stat" }),
    line("Omeprazole", { duration: "until review" }),
    line("Levothyroxine", { duration: "lifelong" }),
  ]);
  const all = await list(id);
  const of = (name: string): unknown[] => {
    const it = all.find((one) => one.medication === name)!;
    return [it.state, it.ends_on, it.end_known, it.review];
  };
  assert.deepEqual(of("Amoxicillin"), ["completed", "2026-03-06", true, false]);
  assert.deepEqual(of("Ondansetron"), ["completed", "2026-03-01", true, false]);
  assert.deepEqual(of("Omeprazole"), ["active", null, false, true]);
  assert.deepEqual(of("Levothyroxine"), ["active", null, true, false]);
  assert.deepEqual(told(await list(id, "completed")).map(([name]) => name).sort(), [
    "Amoxicillin",
    "Ondansetron",
  ]);
});

test("two courses of one ingredient are one line with a warning", async () => {
  const { id } = await newPatient(doctor);
  await signed(id, [line("Warfarin"), line("Lisinopril")], "2026-02-01");
  await signed(id, [line("Coumadin"), line("Zestril")], "2026-03-01");
  const items = await list(id, "active");
  assert.deepEqual(told(items).map(([name]) => name).sort(), ["Coumadin", "Zestril"]);
  for (const it of items) {
    assert.equal(it.warnings[0]?.code, "same_ingredient");
    assert.equal(it.also.length, 1);
  }
});

test("prescribed anew in a later visit, a course goes on in the new one", async () => {
  const { id } = await newPatient(doctor);
  await signed(id, [line("Metformin", { dosage: "500 mg" })], "2026-02-01");
  await signed(id, [line("METFORMIN", { dosage: "850 mg" })], "2026-03-01");
  const items = await list(id);
  assert.deepEqual(items.map((it) => [it.dosage, it.state]), [
    ["850 mg", "active"],
    ["500 mg", "completed"],
  ]);
});

test("a doctor stops, holds, resumes and changes with a reason; the signed visit stays", async () => {
  const { id } = await newPatient(doctor);
  const record = await signed(id, [line("Warfarin")]);
  let [course] = await list(id);
  assert.ok(course);
  const at = `/medications/${course.id}/stop`;
  const body = { reason: "bleeding" };
  await doctor.refused(428, "if_match_required", "POST", at, { body });
  const lacking = await doctor.refused(422, "invalid_fields", "POST", at, { ifMatch: 1, body: {} });
  assert.deepEqual(pointers(lacking), ["/reason"]);
  course = await step("hold", course, { reason: "surgery" });
  assert.deepEqual([course.state, course.reason, course.version], ["on_hold", "surgery", 2]);
  course = await step("resume", course, { reason: "healed" });
  course = await step("change", course, { reason: "INR", changes: { dosage: "3 mg" } });
  assert.deepEqual([course.state, course.dosage], ["active", "3 mg"]);
  course = await step("stop", course, body);
  assert.deepEqual([course.state, course.end_known], ["stopped", true]);
  await doctor.refused(409, "conflict", "POST", at, { ifMatch: course.version!, body });
  const { body: after } = await doctor.expect(200, "get", "/records/{id}", { path: { id: record.id } });
  assert.equal(after.revision, record.revision);
  assert.deepEqual(after.prescriptions, record.prescriptions);
});

test("nurses and pharmacists propose, a doctor confirms or declines", async () => {
  const { id } = await newPatient(doctor);
  await signed(id, [line("Ibuprofen")]);
  let [course] = await list(id);
  assert.ok(course);
  const pharmacist = await as("pharmacist");
  course = await step("stop", course, { reason: "kidneys" }, pharmacist);
  assert.equal(course.state, "active", "nothing is done yet");
  assert.equal(course.proposal?.action, "stop");
  const confirm = `/medications/${course.id}/confirm`;
  const nurse = await as("nurse");
  await nurse.refused(403, "forbidden", "POST", confirm, { ifMatch: course.version!, body: {} });
  course = await step("confirm", course, { accept: false, reason: "needed" });
  assert.deepEqual([course.state, course.proposal], ["active", null]);
  await doctor.refused(409, "conflict", "POST", confirm, { ifMatch: course.version!, body: {} });
  course = await step("stop", course, { reason: "kidneys" }, nurse);
  course = await step("confirm", course, {});
  assert.deepEqual([course.state, course.reason, course.proposal], ["stopped", "kidneys", null]);
  const lab = await as("lab_technician");
  assert.equal((await list(id, "stopped", lab)).length, 1);
  await lab.refused(403, "forbidden", "POST", `/medications/${course.id}/resume`, {
    ifMatch: course.version!,
    body: { reason: "x" },
  });
});

test("an amendment changes its courses; a line that is taken out was an error", async () => {
  const { id } = await newPatient(doctor);
  const record = await signed(id, [line("Metformin"), line("Ramipril")]);
  const [metformin] = record.prescriptions;
  await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: record.id },
    ifMatch: record.revision,
    body: {
      reason: "wrong line",
      changes: { prescriptions: [{ ...metformin!, dosage: "2" }] },
    },
  });
  const items = await list(id);
  const of = (name: string): unknown[] => {
    const it = items.find((one) => one.medication === name)!;
    return [it.state, it.dosage];
  };
  assert.deepEqual(of("Metformin"), ["active", "2"]);
  assert.deepEqual(of("Ramipril"), ["entered_in_error", "1"]);
});

// Lists with fields=summary: the same records in the same order, without long texts and lists.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { allPages, as, newPatient, newRecord, unique } from "../lib/world.ts";

type Whole = Schemas["RecordListItem"];
type Summary = Schemas["RecordSummary"];

const LEFT_OUT = [
  "history_of_present_illness",
  "physical_examination",
  "treatment_plan",
  "notes",
  "follow_up_instructions",
  "prescriptions",
  "lab_results",
  "vital_signs",
  "diagnoses",
  "incomplete",
  "warnings",
] as const;

let doctor: Client;
let patient: number;
const marker = unique("summarytest");
const longText = `${marker} ${"é😀 ".repeat(150)}`;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
  for (let i = 0; i < 6; i += 1) {
    await newRecord(doctor, patient, {
      visit_date: `2025-05-1${i}T08:00:00Z`,
      visit_type: i % 2 === 0 ? "emergency" : "consultation",
      chief_complaint: i === 0 ? longText : i === 1 ? null : `${marker} cough, day ${i}`,
      diagnosis: "x".repeat(200),
      notes: `${marker} ${"Seen with her daughter. ".repeat(500)}`,
      follow_up_required: true,
      follow_up_date: "2025-07-01",
    });
  }
});

const QUERIES: Record<string, Record<string, string | number>> = {
  "of a patient": {},
  "in another order": { sort: "created_at" },
  "with a filter": { visit_type: "emergency" },
  "of a search": { q: marker },
  outstanding: { follow_up: "overdue" },
  counted: { count: "exact" },
};
for (const [name, query] of Object.entries(QUERIES)) {
  test(`a summary says what the whole record says: a list ${name}`, async () => {
    const all = { patient_id: patient, limit: 2, ...query };
    const whole = await allPages<Whole>(doctor, "/records", all);
    const short = await allPages<Summary>(doctor, "/records", { ...all, fields: "summary" });
    assert.ok(whole.length > 0);
    assert.deepEqual(
      short.map((item) => item.id),
      whole.map((item) => item.id),
    );
    for (const [i, item] of short.entries()) {
      for (const left of LEFT_OUT) assert.ok(!(left in item), left);
      const { chief_complaint, ...rest } = item;
      for (const [key, value] of Object.entries(rest)) {
        assert.deepEqual(value, whole[i]![key as keyof Whole], key);
      }
      const said = whole[i]!.chief_complaint;
      const characters = [...(said ?? "")];
      const cut = characters.length > 200 ? `${characters.slice(0, 200).join("")}…` : said;
      assert.equal(chief_complaint, cut);
    }
  });
}

test("the newest records of all patients come in summary too", async () => {
  const query = { limit: 20, fields: "summary" as const };
  const { body } = await doctor.expect(200, "get", "/records", { query });
  const { body: whole } = await doctor.expect(200, "get", "/records", { query: { limit: 20 } });
  const ids = (items: { id: number }[]): number[] => items.map((item) => item.id);
  assert.deepEqual(ids(body.items), ids(whole.items));
});

test("a page of whole records may follow one in summary", async () => {
  const query = { patient_id: patient, limit: 2 };
  const first = await doctor.expect(200, "get", "/records", {
    query: { ...query, fields: "summary" },
  });
  const cursor = first.body.next_cursor!;
  const second = await doctor.any("GET", "/records", { query: { ...query, cursor } });
  assert.equal(second.status, 200, second.text);
  assert.ok("prescriptions" in second.body.items[0]);
});

test("other values of fields are refused", async () => {
  const problem = await doctor.refused(400, "invalid_parameter", "GET", "/records?fields=all");
  assert.deepEqual(
    problem.errors?.map((fault) => fault.pointer),
    ["?fields"],
  );
});

test("a summary is in the audit log like the whole list", async () => {
  const query = { patient_id: patient, limit: 3, fields: "summary" as const };
  const { requestId } = await doctor.expect(200, "get", "/records", { query });
  const auditor = await as("auditor");
  const entries = await allPages<Schemas["AuditEntry"]>(auditor, "/audit", {
    patient_id: patient,
    action: "record.list",
  });
  const entry = entries.find((one) => one.request_id === requestId);
  assert.equal(entry?.patient_id, patient);
});

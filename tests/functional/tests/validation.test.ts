// Bad input: all faults of a body at once, each by its pointer; nothing is guessed or dropped.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client } from "../lib/client.ts";
import { as, doctorId, newPatient, newRecord, VISIT } from "../lib/world.ts";

let doctor: Client;
let patient: number;
let doctorsId: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
  doctorsId = await doctorId(doctor);
});

function record(fields: Record<string, unknown>): Record<string, unknown> {
  return {
    patient_id: patient,
    doctor_id: doctorsId,
    visit_date: VISIT,
    visit_type: "consultation",
    ...fields,
  };
}

interface Case {
  name: string;
  body: () => unknown;
  at: string[];
}

const records: Case[] = [
  {
    name: "nothing at all",
    body: () => ({}),
    at: ["/patient_id", "/visit_date", "/visit_type"],
  },
  {
    name: "everything at once",
    body: () => ({
      patient_id: "seven",
      doctor_id: 0,
      visit_date: "yesterday",
      visit_type: "chat",
      chief_complaint: 7,
      vital_signs: { pulse_bpm: 10_000, mood: "good" },
      prescriptions: [{ medication: "Ibuprofen" }, "Aspirin"],
      lab_results: [{ test: "Hb" }],
      follow_up_required: "yes",
      surprise: 1,
    }),
    at: [
      "/chief_complaint",
      "/doctor_id",
      "/follow_up_required",
      "/patient_id",
      "/prescriptions/1",
      "/surprise",
      "/visit_date",
      "/visit_type",
      "/vital_signs/mood",
      "/vital_signs/pulse_bpm",
    ],
  },
  { name: "an unknown field", body: () => record({ color: "red" }), at: ["/color"] },
  {
    name: "read-only fields",
    body: () =>
      record({
        id: 1,
        record_number: "MR-2026-000001",
        status: "finalized",
        version: 2,
        created_by: 1,
      }),
    at: ["/created_by", "/id", "/record_number", "/status", "/version"],
  },
  {
    name: "a derived field",
    body: () => record({ vital_signs: { bmi: 22 } }),
    at: ["/vital_signs/bmi"],
  },
  { name: "an id that is none", body: () => record({ patient_id: -1 }), at: ["/patient_id"] },
  { name: "a fraction as id", body: () => record({ patient_id: 1.5 }), at: ["/patient_id"] },
  {
    name: "a patient that does not exist",
    body: () => record({ patient_id: 999_999_999_999 }),
    at: ["/patient_id"],
  },
  {
    name: "a doctor that does not exist",
    body: () => record({ doctor_id: 999_999_999_999 }),
    at: ["/doctor_id"],
  },
  {
    name: "a day that does not exist",
    body: () => record({ visit_date: "2026-02-30" }),
    at: ["/visit_date"],
  },
  {
    name: "a time without a zone",
    body: () => record({ visit_date: "2026-03-04T09:30:00" }),
    at: ["/visit_date"],
  },
  {
    name: "a follow-up before the visit",
    body: () => record({ follow_up_required: true, follow_up_date: "2026-03-03" }),
    at: ["/follow_up_date"],
  },
  {
    name: "a control character",
    body: () =>
      record({ notes: "bell \u0007", chief_complaint: "nul \u0000", diagnosis: "del \u007f" }),
    at: ["/chief_complaint", "/diagnosis", "/notes"],
  },
  {
    name: "a prescription that ends before it starts",
    body: () =>
      record({
        prescriptions: [
          {
            medication: "Amoxicillin",
            dosage: "500 mg",
            frequency: "three times a day",
            start_date: "2026-03-10",
            end_date: "2026-03-04",
          },
        ],
      }),
    at: ["/prescriptions/0/end_date"],
  },
  {
    name: "a reference range upside down",
    body: () =>
      record({ lab_results: [{ test: "K", value: 4, reference_low: 5, reference_high: 3 }] }),
    at: ["/lab_results/0/reference_high"],
  },
];

for (const { name, body, at } of records) {
  test(`POST /records: ${name}`, async () => {
    const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", {
      body: body(),
    });
    assert.deepEqual(pointers(problem), at);
    assert.ok(!problem.detail.includes("seven"), "what was sent is not repeated");
  });
}

test("PATCH and PUT of a record are checked as the POST is", async () => {
  const draft = await newRecord(doctor, patient);
  const path = `/records/${draft.id}`;
  const patch = { visit_type: null, status: "finalized", vital_signs: { spo2_percent: 140 }, x: 1 };
  const refused = await doctor.refused(422, "invalid_fields", "PATCH", path, {
    ifMatch: 1,
    body: patch,
  });
  assert.deepEqual(pointers(refused), [
    "/status",
    "/visit_type",
    "/vital_signs/spo2_percent",
    "/x",
  ]);
  const put = await doctor.refused(422, "invalid_fields", "PUT", path, {
    ifMatch: 1,
    body: { visit_type: "consultation", id: draft.id },
  });
  assert.deepEqual(pointers(put), ["/id", "/patient_id", "/visit_date"]);
  const now = await doctor.expect(200, "get", "/records/{id}", { path: { id: draft.id } });
  assert.deepEqual(now.body, draft, "nothing of it was kept");
});

// Below and above what any living patient has had, by a wide margin, and ordinary values.
const vitals: Record<string, { bad: unknown[]; good: number[] }> = {
  systolic_mmhg: { bad: [0, -1, 1_000, "120"], good: [118] },
  diastolic_mmhg: { bad: [-5, 900], good: [76] },
  pulse_bpm: { bad: [-1, 1_000, true], good: [40, 72, 210] },
  respiratory_rate_per_min: { bad: [-1, 400], good: [8, 16, 60] },
  temperature_c: { bad: [5, 60, 98.6], good: [34.5, 36.6, 41.2] },
  spo2_percent: { bad: [-1, 101], good: [70, 98, 100] },
  weight_kg: { bad: [0, -3, 2_000], good: [0.6, 3.4, 70.5, 250] },
  height_cm: { bad: [0, 1.8, 400], good: [30, 51, 172.5, 230] },
  pain_score: { bad: [-1, 11, 3.5], good: [0, 10] },
  glucose_mg_dl: { bad: [-1, 100_000], good: [45, 90, 600] },
};

for (const [sign, { bad, good }] of Object.entries(vitals)) {
  test(`vital_signs/${sign}`, async () => {
    for (const value of bad) {
      const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", {
        body: record({ vital_signs: { [sign]: value } }),
      });
      assert.deepEqual(pointers(problem), [`/vital_signs/${sign}`], String(value));
    }
    for (const value of good) {
      const signs: Record<string, number> = { [sign]: value };
      if (sign === "diastolic_mmhg") signs["systolic_mmhg"] = value + 40;
      const { vital_signs: kept } = await newRecord(doctor, patient, { vital_signs: signs });
      assert.equal((kept as Record<string, number>)[sign], value);
    }
  });
}

test("a diastolic pressure above the systolic one is refused", async () => {
  const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", {
    body: record({ vital_signs: { systolic_mmhg: 80, diastolic_mmhg: 120 } }),
  });
  assert.deepEqual(pointers(problem), ["/vital_signs/diastolic_mmhg"]);
});

test("of two fields that do not agree a merge patch is told of the one it sent", async () => {
  const younger = (await newPatient(doctor, { date_of_birth: "2026-05-02" })).id;
  const made = await newRecord(doctor, patient, {
    visit_date: "2026-05-01T08:00:00Z",
    vital_signs: { systolic_mmhg: 140, diastolic_mmhg: 90, weight_kg: 175, height_cm: 170 },
    follow_up_required: true,
    follow_up_date: "2026-06-01",
  });
  for (const [body, at] of [
    [{ vital_signs: { systolic_mmhg: 80 } }, "/vital_signs/systolic_mmhg"],
    [{ vital_signs: { diastolic_mmhg: 150 } }, "/vital_signs/diastolic_mmhg"],
    [{ vital_signs: { systolic_mmhg: 80, diastolic_mmhg: 90 } }, "/vital_signs/diastolic_mmhg"],
    [{ visit_date: "2026-06-02T08:00:00Z" }, "/visit_date"],
    [{ follow_up_date: "2026-04-01" }, "/follow_up_date"],
    [{ patient_id: younger }, "/patient_id"],
    [{ vital_signs: { height_cm: 70 } }, "/vital_signs/height_cm"],
    [{ vital_signs: { weight_kg: 1 } }, "/vital_signs/weight_kg"],
  ] as const) {
    const request = { ifMatch: 1, body };
    const problem = await doctor.refused(422, "invalid_fields", "PATCH", `/records/${made.id}`, request);
    assert.deepEqual(pointers(problem), [at], JSON.stringify(body));
  }
});

test("days of a chart lie between 1900 and 2199", async () => {
  const drug = { medication: "Aspirin", dosage: "100 mg", frequency: "daily" };
  const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", {
    body: record({
      prescriptions: [{ ...drug, start_date: "0001-01-01", end_date: "1899-12-31" }],
      follow_up_required: true,
      follow_up_date: "2200-01-01",
    }),
  });
  const at = ["/follow_up_date", "/prescriptions/0/end_date", "/prescriptions/0/start_date"];
  assert.deepEqual(pointers(problem).sort(), at);
});

test("flags of results follow from the range", async () => {
  const range = { reference_low: 3.5, reference_high: 5.1, unit: "mmol/L" };
  const { lab_results: kept } = await newRecord(doctor, patient, {
    lab_results: [
      { test: "Potassium", value: 2.9, ...range },
      { test: "Potassium", value: 4.2, ...range },
      { test: "Potassium", value: 6.0, ...range },
      { test: "Culture", value: "no growth" },
    ],
  });
  assert.deepEqual(
    kept.map((result) => result.flag ?? null),
    ["low", "normal", "high", null],
  );
  assert.equal(kept[3]?.value, "no growth");
});

test("text is kept as it was given, whatever script it is in", async () => {
  const notes = 'Ünïcødé: 東京, العربية, 👩‍⚕️ e\u0301\n\ttabs and lines, "quotes" \\ </script>';
  const made = await newRecord(doctor, patient, { notes, chief_complaint: "Ж" });
  const read = await doctor.expect(200, "get", "/records/{id}", { path: { id: made.id } });
  assert.equal(read.body.notes, notes);
  assert.equal(read.body.chief_complaint, "Ж");
});

test("visit_date: a bare date is midnight at the hospital, an offset is kept as UTC", async () => {
  const bare = await newRecord(doctor, patient, { visit_date: "2026-01-15" });
  const me = await doctor.expect(200, "get", "/me");
  const zone = me.body.tenant?.time_zone ?? "UTC";
  const local = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(new Date(bare.visit_date));
  assert.equal(local, "2026-01-15 00:00:00");
  const offset = await newRecord(doctor, patient, { visit_date: "2026-01-15T10:00:00+05:30" });
  assert.equal(Date.parse(offset.visit_date), Date.parse("2026-01-15T04:30:00Z"));
});

const patients: Case[] = [
  {
    name: "nothing",
    body: () => ({}),
    at: ["/date_of_birth", "/first_name", "/last_name", "/sex"],
  },
  {
    name: "everything wrong",
    body: () => ({
      first_name: "",
      last_name: "x".repeat(101),
      date_of_birth: "1980-13-01",
      sex: "m",
      email: "nobody",
      allergies: [{ reaction: "rash" }, { substance: "latex", severity: "awful" }, 5],
      id: 7,
      nickname: "Jo",
    }),
    at: [
      "/allergies/0/substance",
      "/allergies/1/severity",
      "/allergies/2",
      "/date_of_birth",
      "/email",
      "/first_name",
      "/id",
      "/last_name",
      "/nickname",
      "/sex",
    ],
  },
  {
    name: "born tomorrow",
    body: () => ({ first_name: "A", last_name: "B", date_of_birth: "2999-01-01", sex: "other" }),
    at: ["/date_of_birth"],
  },
];
for (const { name, body, at } of patients) {
  test(`POST /patients: ${name}`, async () => {
    const problem = await doctor.refused(422, "invalid_fields", "POST", "/patients", {
      body: body(),
    });
    assert.deepEqual(pointers(problem), at);
  });
}

test("bodies that are no object are refused", async () => {
  for (const body of ["[]", '"text"', "7", "null", "true"]) {
    const answer = await doctor.any("POST", "/records", { body });
    assert.equal(answer.status, 422, `${body}: ${answer.text}`);
  }
});

test("query parameters: unknown, wrong and out of range, all at once", async () => {
  const answer = await doctor.any("GET", "/records", {
    query: { limit: 201, patient_id: "x", status: "open", from: "soon", colour: "red" },
  });
  assert.equal(answer.status, 400);
  assert.equal(answer.body.code, "invalid_parameter");
  assert.deepEqual(pointers(answer.body), ["?colour", "?from", "?limit", "?patient_id", "?status"]);
  for (const limit of ["0", "-1", "1.5", "", "1e2", "99999999999999999999"]) {
    const refused = await doctor.any("GET", "/patients", { query: { limit } });
    assert.equal(refused.status, 400, `limit=${limit}`);
  }
});

test("ids in the path that are none are 404", async () => {
  for (const id of ["0", "-1", "abc", "1.0", "99999999999999999999", "1%00", "%2e%2e"]) {
    const answer = await doctor.any("GET", `/records/${id}`);
    assert.ok(answer.status === 404 || answer.status === 400, `${id}: ${answer.status}`);
  }
});

test("names that turn the direction of text are refused, those of right-to-left scripts are not", async () => {
  const named = (first_name: string): Record<string, unknown> => ({
    first_name,
    last_name: "Probe",
    date_of_birth: "1980-02-29",
    sex: "female",
  });
  const file = { file_name: "gpj.\u202efdp.pdf", file_type: "application/pdf", file_size: 700 };
  const { id } = await newRecord(doctor, patient);
  const refusals: [string, unknown, string][] = [
    ["/patients", named("a\u202eb"), "/first_name"],
    ["/patients", named("\u2067a"), "/first_name"],
    [`/records/${id}/attachments`, file, "/file_name"],
  ];
  for (const [path, body, pointer] of refusals) {
    const problem = await doctor.refused(422, "invalid_fields", "POST", path, { body });
    assert.deepEqual(pointers(problem), [pointer]);
  }
  const taken = await doctor.any("POST", "/patients", { body: named("\u05d3\u05e0\u05d4\u200f") });
  assert.equal(taken.status, 201, taken.text);
});

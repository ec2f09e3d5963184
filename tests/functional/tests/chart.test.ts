// One patient's chart: visits, problems, current medication, vital signs, results, files.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { pdf, upload } from "../lib/files.ts";
import {
  allPages,
  as,
  config,
  finalize,
  hired,
  HOME,
  newPatient,
  newRecord,
  OTHER,
  unique,
} from "../lib/world.ts";

type Chart = Schemas["Timeline"];
type Prescription = Schemas["PrescriptionInput"];
type Lab = Schemas["LabResultInput"];

let doctor: Client;

before(async () => {
  doctor = await as("doctor");
});

async function chartOf(id: number, client: Client = doctor): Promise<Chart> {
  return (await client.expect(200, "get", "/patients/{id}/timeline", { path: { id } })).body;
}

const drug = (medication: string, more: Partial<Prescription> = {}): Prescription => ({
  medication,
  dosage: "1",
  frequency: "daily",
  ...more,
});

/** A visit that was signed: what a draft says is in no list yet. */
const signedVisit = async (
  id: number,
  fields: Partial<Schemas["RecordCreate"]>,
): Promise<Schemas["Record"]> => finalize(doctor, await newRecord(doctor, id, fields));

/** A day from today, in UTC. */
const dayFromNow = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

test("the chart: visits, problems, medication, allergies, latest vitals, series", async () => {
  const patient = await newPatient(doctor, {
    allergies: ["latex", { substance: "penicillin", reaction: "rash", severity: "severe" }],
  });
  const path = { id: patient.id };
  const old = await signedVisit(patient.id, {
    visit_date: "2026-01-10T08:00:00Z",
    vital_signs: { pulse_bpm: 70, weight_kg: 80 },
    lab_results: [{ test: "HbA1c", value: 7.9, unit: "%" }],
  });
  const recent = await signedVisit(patient.id, {
    visit_date: "2026-02-10T08:00:00Z",
    vital_signs: { pulse_bpm: 76 },
    lab_results: [{ test: "HbA1c", value: 7.1, unit: "%" }],
    prescriptions: [{ medication: "Metformin", dosage: "500 mg", frequency: "twice a day" }],
  });
  const chart = await chartOf(patient.id);
  assert.equal(chart.patient.id, patient.id);
  assert.deepEqual(
    chart.visits.map((visit) => visit.id),
    [recent.id, old.id],
  );
  assert.deepEqual(chart.problems, []);
  assert.deepEqual(
    chart.medication.map((line) => [line.record_id, line.prescription.medication]),
    [[recent.id, "Metformin"]],
  );
  assert.deepEqual(
    chart.allergies.map((it) => [it.substance, it.reaction, it.severity]),
    [
      ["latex", null, null],
      ["penicillin", "rash", "severe"],
    ],
  );
  assert.deepEqual(chart.warnings, []);
  assert.deepEqual(chart.latest_vitals["pulse_bpm"], {
    at: recent.visit_date,
    value: 76,
    record_id: recent.id,
  });
  assert.equal(chart.latest_vitals["weight_kg"]?.record_id, old.id, "the newest of each sign");
  assert.equal(chart.latest_labs.length, 1);
  assert.equal(chart.latest_labs[0]?.result.value, 7.1);
  assert.deepEqual([chart.files, chart.files_total], [[], 0]);
  const vitals = await doctor.expect(200, "get", "/patients/{id}/vitals", { path });
  assert.deepEqual(
    vitals.body.series["pulse_bpm"]?.map((point) => point.value),
    [70, 76],
  );
});

test("a patient without visits has an empty chart", async () => {
  const patient = await newPatient(doctor);
  const { patient: shown, ...rest } = await chartOf(patient.id);
  assert.equal(shown.id, patient.id);
  assert.deepEqual(rest, {
    visits: [],
    next_cursor: null,
    problems: [],
    medication: [],
    allergies: [],
    warnings: [],
    latest_vitals: {},
    latest_labs: [],
    files: [],
    files_total: 0,
  });
});

test("a voided visit is nowhere in the chart", async () => {
  const patient = await newPatient(doctor);
  const path = { id: patient.id };
  const kept = await signedVisit(patient.id, { vital_signs: { pulse_bpm: 61 } });
  const gone = await newRecord(doctor, patient.id, {
    visit_date: "2026-03-05T08:00:00Z",
    vital_signs: { pulse_bpm: 199 },
    lab_results: [{ test: "TSH", value: 1 }],
    prescriptions: [drug("Lithium")],
  });
  await upload(doctor, gone.id, "scan.pdf", "application/pdf", pdf());
  const coded = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: gone.id },
    ifMatch: 1,
    body: { icd_code: "E11.9", diagnosis_type: "primary", status: "chronic" },
  });
  assert.equal((await chartOf(patient.id)).files_total, 1);
  const voided = await doctor.any("DELETE", `/records/${gone.id}`, {
    ifMatch: coded.version || 2,
    query: { reason: "wrong patient" },
  });
  assert.ok(voided.status < 300, voided.text);
  const chart = await chartOf(patient.id);
  assert.deepEqual(
    chart.visits.map((visit) => visit.id),
    [kept.id],
  );
  assert.deepEqual(chart.problems, []);
  assert.deepEqual(chart.medication, []);
  assert.equal(chart.latest_vitals["pulse_bpm"]?.value, 61);
  assert.deepEqual(chart.latest_labs, []);
  assert.deepEqual([chart.files, chart.files_total], [[], 0]);
  const vitals = await doctor.expect(200, "get", "/patients/{id}/vitals", { path });
  assert.equal(vitals.body.series["pulse_bpm"]?.length, 1);
  assert.deepEqual((await doctor.expect(200, "get", "/patients/{id}/labs", { path })).body, {
    patient_id: patient.id,
    series: [],
  });
});

test("current medication: what has not ended, of each drug the newest visit's", async () => {
  const patient = await newPatient(doctor);
  await newRecord(doctor, patient.id, {
    visit_date: "2026-01-10T09:00:00Z",
    prescriptions: [
      drug("Levothyroxine", { dosage: "50 mcg" }),
      drug("Warfarin", { dosage: "5 mg" }),
      drug("Prednisolone", { dosage: "5 mg, for good" }),
    ],
  });
  await newRecord(doctor, patient.id, {
    visit_date: "2026-02-10T09:00:00Z",
    prescriptions: [
      // Two strengths of one visit; the spelling does not matter.
      drug("  LEVOTHYROXINE ", { dosage: "75 mcg on weekdays" }),
      drug("Lévothyroxine", { dosage: "100 mcg on Sundays" }),
      drug("Prednisolone", { dosage: "40 mg", duration: "5 days" }),
      drug("Amoxicillin", { duration: "7 days" }),
      drug("Ibuprofen", { end_date: "2026-02-14" }),
      drug("Doxycycline", { start_date: "2026-02-11", duration: "2 wk" }),
      drug("Ramipril", { duration: "until review" }),
      drug("Metformin", { duration: "99 years" }),
      drug("Aspirin", { duration: "7 days", start_date: dayFromNow(-3) }),
      drug("Naproxen", { duration: "7 days", end_date: dayFromNow(30) }),
    ],
  });
  const medication = (await chartOf(patient.id)).medication.map(
    ({ prescription }) => `${prescription.medication?.trim()}: ${prescription.dosage}`,
  );
  assert.deepEqual(medication, [
    "LEVOTHYROXINE: 75 mcg on weekdays",
    "Lévothyroxine: 100 mcg on Sundays",
    "Ramipril: 1",
    "Metformin: 1",
    "Aspirin: 1",
    "Naproxen: 1",
    "Warfarin: 5 mg",
    "Prednisolone: 5 mg, for good",
  ]);
});

test("a drug is stopped by the end of its line, in a draft or by an amendment", async () => {
  const patient = await newPatient(doctor);
  const names = async (): Promise<string[]> =>
    (await chartOf(patient.id)).medication.map((line) => line.prescription.medication ?? "");
  const record = await newRecord(doctor, patient.id, {
    prescriptions: [drug("Warfarin"), drug("Metformin")],
  });
  const signed = await finalize(doctor, record);
  assert.deepEqual(await names(), ["Warfarin", "Metformin"]);
  await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: record.id },
    ifMatch: signed.revision,
    body: {
      reason: "Bleeding",
      changes: {
        prescriptions: [drug("Warfarin", { end_date: "2026-03-06" }), drug("Metformin")],
      },
    },
  });
  assert.deepEqual(await names(), ["Metformin"]);
});

test("vital signs between days of the hospital and between times", async () => {
  const patient = await newPatient(doctor);
  // 23:30 and 00:30 in New York.
  for (const [at, pulse] of [
    ["2026-01-16T04:30:00Z", 60],
    ["2026-01-16T05:30:00Z", 61],
    ["2026-01-18T12:00:00Z", 62],
  ] as const) {
    const vital_signs = { pulse_bpm: pulse };
    await newRecord(doctor, patient.id, { visit_date: at, vital_signs });
  }
  const pulses = async (query: { from?: string; to?: string }): Promise<number[]> => {
    const { body } = await doctor.expect(200, "get", "/patients/{id}/vitals", {
      path: { id: patient.id },
      query,
    });
    return (body.series["pulse_bpm"] ?? []).map((point) => point.value);
  };
  assert.deepEqual(await pulses({}), [60, 61, 62]);
  assert.deepEqual(await pulses({ from: "2026-01-16" }), [61, 62]);
  assert.deepEqual(await pulses({ to: "2026-01-15" }), [60]);
  assert.deepEqual(await pulses({ from: "2026-01-16", to: "2026-01-16" }), [61]);
  assert.deepEqual(await pulses({ from: "2026-01-16T04:30:00Z", to: "2026-01-16T05:30:00Z" }), [60]);
  const at = `/patients/${patient.id}`;
  for (const bad of ["yesterday", "2026-02-30", ""]) {
    for (const what of ["vitals", "labs"]) {
      const query = { from: bad };
      await doctor.refused(400, "invalid_parameter", "GET", `${at}/${what}`, { query });
    }
  }
});

async function labs(
  id: number,
  query: { test?: string; from?: string; to?: string } = {},
): Promise<Schemas["LabSeries"]["series"]> {
  const path = { id };
  return (await doctor.expect(200, "get", "/patients/{id}/labs", { path, query })).body.series;
}

test("results: one series whichever characters and blanks a name and a unit are written with", async () => {
  const patient = (await newPatient(doctor)).id;
  const written: [string, string][] = [
    ["Vitamin  D", "\u00b5g/L"], ["vitamin d", "\u03bcg/L"], ["Vitamin\u00a0D", "\u00b5g/L"],
    ["Na +", "mmol/l"], ["Na\u00a0+", "mmol/L"], ["ＮＡ\u2009+", "mmol/L "],
  ];
  await signedVisit(patient, {
    lab_results: written.map(([test, unit], i) => ({ test, unit, value: i })),
  });
  const values = (await labs(patient)).map((one) => one.points.map((point) => point.value));
  assert.deepEqual(values, [[3, 4, 5], [0, 1, 2]]);
  for (const test of ["Vitamin \u00a0D", " na  + "]) {
    assert.equal((await labs(patient, { test })).length, 1, test);
  }
  assert.equal((await chartOf(patient)).latest_labs.length, 2);
});

test("results: one series for a test and unit, however they are spelled", async () => {
  const patient = (await newPatient(doctor)).id;
  const visit = (day: string, lab_results: Lab[]): Promise<Schemas["Record"]> =>
    signedVisit(patient, { visit_date: `${day}T09:00:00Z`, lab_results });
  await visit("2026-01-01", [
    { test: "Créatinine", value: 88, unit: "umol/L", reference_low: 60, reference_high: 110 },
    { test: "HBsAg", value: "negative" },
  ]);
  const second = await visit("2026-02-01", [
    { test: " CREATININE ", value: 95, unit: "UMOL/L", loinc: "14682-9", reference_high: 104 },
    { test: "creatinine", value: 1.1, unit: "mg/dL" },
    { test: "HBsAg", value: "positive", flag: "abnormal" },
  ]);
  await visit("2026-03-01", [{ test: "creatinine", value: 120, unit: "umol/l" }]);

  const all = await labs(patient);
  assert.deepEqual(
    all.map((one) => [one.test, one.unit, one.points.map((point) => point.value)]),
    [
      ["creatinine", "mg/dL", [1.1]],
      ["creatinine", "umol/l", [88, 95, 120]],
      ["HBsAg", null, ["negative", "positive"]],
    ],
  );
  const [, creatinine, hbsag] = all;
  assert.equal(creatinine?.loinc, "14682-9", "the newest that was given");
  assert.deepEqual([creatinine?.reference_low, creatinine?.reference_high], [null, 104]);
  assert.deepEqual(
    creatinine?.points.map((point) => [point.reference_low, point.reference_high]),
    [
      [60, 110],
      [null, 104],
      [null, null],
    ],
  );
  assert.equal(creatinine?.points[1]?.record_id, second.id);
  assert.equal(hbsag?.points[1]?.flag, "abnormal");

  for (const test of ["creatinine", "CRÉATININE", " Creatinine "]) {
    assert.equal((await labs(patient, { test })).length, 2, test);
  }
  const byCode = await labs(patient, { test: "14682-9" });
  assert.deepEqual(
    byCode.map((one) => one.points.map((point) => point.value)),
    [[1.1], [88, 95, 120]],
    "those without a code are of the test whose name they have",
  );
  assert.deepEqual(await labs(patient, { test: "creat" }), []);
  for (const test of ["", "  ", "\u00a0", "\u200b"]) {
    await doctor.refused(400, "invalid_parameter", "GET", `/patients/${patient}/labs`, {
      query: { test },
    });
  }
  const latest = (await chartOf(patient)).latest_labs;
  assert.deepEqual(
    latest.map((one) => [one.result.test, one.result.value]),
    [
      ["creatinine", 120],
      ["HBsAg", "positive"],
    ],
  );
});

test("results: a bare day of a sample is midnight at the hospital", async () => {
  const patient = (await newPatient(doctor)).id;
  await signedVisit(patient, {
    visit_date: "2026-01-20T15:00:00Z",
    lab_results: [
      { test: "A", value: 1, taken_at: "2026-01-15" },
      { test: "A", value: 2, taken_at: "2026-01-15T23:30:00-05:00" },
      { test: "A", value: 3 },
    ],
  });
  const [series] = await labs(patient);
  assert.deepEqual(
    series?.points.map((point) => [point.value, point.at]),
    [
      [1, "2026-01-15T05:00:00Z"],
      [2, "2026-01-16T04:30:00Z"],
      [3, "2026-01-20T15:00:00Z"],
    ],
  );
  const values = async (from?: string, to?: string): Promise<unknown[]> =>
    (await labs(patient, { from, to })).flatMap((one) => one.points.map((point) => point.value));
  assert.deepEqual(await values("2026-01-15", "2026-01-15"), [1, 2]);
  assert.deepEqual(await values("2026-01-15T05:00:00Z", "2026-01-15T05:00:01Z"), [1]);
  assert.deepEqual(await values(undefined, "2026-01-14"), []);
  assert.deepEqual(await values("2026-01-16"), [3]);
  const [latest] = (await chartOf(patient)).latest_labs;
  assert.deepEqual([latest?.result.value, latest?.at], [3, "2026-01-20T15:00:00Z"]);
});

/** A new hospital that lies where it is another day than in UTC now, and that day. */
async function elsewhere(): Promise<{ client: Client; today: string }> {
  const ahead = new Date().getUTCHours() >= 11;
  const time_zone = ahead ? "Pacific/Kiritimati" : "Etc/GMT+12";
  const tenant = unique("zone_");
  const operator = await as("platform_admin");
  const body = { id: tenant, name: "Elsewhere", time_zone };
  await operator.expect(201, "post", "/tenants", { body });
  const { client } = await hired(tenant, "doctor");
  return { client, today: dayFromNow(ahead ? 1 : -1) };
}

test("today is the hospital's day", async () => {
  const { client, today } = await elsewhere();
  const day = (days: number): string =>
    new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
  const newborn = await newPatient(client, { date_of_birth: today });
  assert.equal(newborn.date_of_birth, today);
  const body = { first_name: "A", last_name: "B", date_of_birth: day(1), sex: "male" };
  const problem = await client.refused(422, "invalid_fields", "POST", "/patients", { body });
  assert.equal(problem.errors?.[0]?.pointer, "/date_of_birth");
  await client.refused(422, "invalid_fields", "PATCH", `/patients/${newborn.id}`, {
    ifMatch: 1,
    body: { date_of_birth: day(1) },
  });

  const patient = await newPatient(client);
  await newRecord(client, patient.id, {
    visit_date: day(-10),
    prescriptions: [
      drug("Ends today", { end_date: today }),
      drug("Ended yesterday", { end_date: day(-1) }),
      drug("Ten days from the visit", { duration: "10 days" }),
      drug("Nine days from the visit", { duration: "9 days" }),
    ],
  });
  assert.deepEqual(
    (await chartOf(patient.id, client)).medication.map((line) => line.prescription.medication),
    ["Ends today", "Ten days from the visit"],
  );
});

test("files: the newest, and how many there are", async () => {
  const patient = await newPatient(doctor);
  const first = await newRecord(doctor, patient.id, { visit_date: "2026-01-01T09:00:00Z" });
  const second = await newRecord(doctor, patient.id, { visit_date: "2026-02-01T09:00:00Z" });
  const names = ["a.pdf", "b.pdf", "c.pdf"];
  const ids: number[] = [];
  for (const [i, name] of names.entries()) {
    const record = i === 1 ? second : first;
    ids.push((await upload(doctor, record.id, name, "application/pdf", pdf())).id);
  }
  const chart = await chartOf(patient.id);
  assert.deepEqual(
    chart.files.map((file) => [file.id, file.record_id, file.file_name]),
    [
      [ids[2], first.id, "c.pdf"],
      [ids[1], second.id, "b.pdf"],
      [ids[0], first.id, "a.pdf"],
    ],
  );
  assert.equal(chart.files_total, 3);
  assert.deepEqual(
    chart.visits.map((visit) => visit.attachments),
    [1, 2],
  );
  const gone = await doctor.any("DELETE", `/attachments/${ids[0]}`);
  assert.ok(gone.status < 300, gone.text);
  assert.equal((await chartOf(patient.id)).files_total, 2, "deleted ones do not count");
});

test("visits come in pages; the rest of the chart is whole on each", async () => {
  const patient = await newPatient(doctor);
  const made: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const visit_date = `2026-01-0${1 + Math.floor(i / 2)}T09:00:00Z`;
    const prescriptions = i === 0 ? [drug("Metformin")] : [];
    made.push((await newRecord(doctor, patient.id, { visit_date, prescriptions })).id);
  }
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const { body }: { body: Chart } = await doctor.expect(200, "get", "/patients/{id}/timeline", {
      path: { id: patient.id },
      query: { limit: 2, cursor },
    });
    seen.push(...body.visits.map((visit) => visit.id));
    assert.equal(body.medication.length, 1);
    cursor = body.next_cursor ?? undefined;
  } while (cursor);
  assert.deepEqual(seen, [...made].reverse());
});

test("cursors with values that no list has are refused, even under the service's secret", async () => {
  const patient = (await newPatient(doctor, { last_name: "Cursor" })).id;
  const record = await newRecord(doctor, patient, { notes: "cursor cursor" });
  await newRecord(doctor, patient, { notes: "cursor cursor" });
  /** As a node would make it that writes other values: under the service's own secret. */
  const secret = /token_secret\s*=\s*['"](.+?)['"]/.exec(readFileSync(config, "utf8"))?.[1];
  assert.ok(secret, "the demo's secret is in its configuration");
  const hmac = (key: string | Buffer, data: string): Buffer =>
    createHmac("sha256", key).update(data).digest();
  const mine = (await doctor.expect(200, "get", "/me")).body.user.id;
  const forge = (path: string, query: Record<string, string>, parts: string[]): string => {
    const filters = Object.entries(query).filter(([key]) => key !== "sort");
    const bound = ["1", HOME, `/api/v1${path}`, parts[0], mine, ...filters.sort().flat()];
    const key = hmac(hmac(secret, "wardbook: cursors of lists, 1"), JSON.stringify(bound));
    const values = JSON.stringify(parts.slice(1));
    const tag = hmac(key, values).subarray(0, 16);
    return Buffer.concat([tag, Buffer.from(values)]).toString("base64url");
  };
  const time = "2026-01-01 00:00:00+00";
  const huge = "99999999999999999999";
  const bad: [string, Record<string, string>, string[]][] = [];
  const byTime: [string, Record<string, string>, string][] = [
    [`/patients/${patient}/timeline`, {}, "timeline"],
    ["/records", {}, "records.-visit_date"],
    ["/records", { sort: "updated_at" }, "records.updated_at"],
    ["/records", { patient_id: String(patient) }, "records.-visit_date"],
  ];
  for (const [path, query, scope] of byTime) {
    for (const wrong of ["now", "2026-02-30 00:00:00+00", "'; --", ""]) {
      bad.push([path, query, [scope, wrong, "1"]]);
    }
    for (const wrong of ["one", "1.5", "", huge]) bad.push([path, query, [scope, time, wrong]]);
  }
  const byId: [string, string][] = [
    [`/records/${record.id}/versions`, "versions"],
    [`/records/${record.id}/attachments`, "attachments"],
    ["/patients", "patients"],
    ["/templates", "templates"],
  ];
  for (const [path, scope] of byId) {
    for (const wrong of ["one", "", " 1", huge]) bad.push([path, {}, [scope, wrong]]);
  }
  bad.push(["/records", { sort: "follow_up_date" }, ["records.follow_up_date", time, "1"]]);
  bad.push(["/records", { q: "cursor" }, ["records.rank", "high", "1", time, "1"]]);
  bad.push(["/records", { q: "cursor" }, ["records.rank", "1", "1", "sometime", "1"]]);
  bad.push(["/patients", { q: "cursor" }, ["patients.q", "all", "best", "1"]]);
  bad.push(["/doctors", {}, ["doctors", "name", "x"]]);
  for (const [path, query, parts] of bad) {
    const problem = await doctor.refused(400, "invalid_parameter", "GET", path, {
      query: { ...query, cursor: forge(path, query, parts) },
    });
    assert.equal(problem.errors?.[0]?.pointer, "?cursor", parts.join());
  }
  // The largest that fit are no fault of the database either.
  const most = "9223372036854775807";
  for (const [path, scope] of byId) {
    const cursor = forge(path, {}, [scope, most]);
    const answer = await doctor.any("GET", path, { query: { cursor } });
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  }
  for (const [path, query, scope] of byTime) {
    const cursor = forge(path, query, [scope, time, most]);
    const answer = await doctor.any("GET", path, { query: { ...query, cursor } });
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  }
  const found = await allPages<{ id: number }>(doctor, "/records", {
    q: "cursor",
    patient_id: patient,
    limit: 1,
  });
  assert.equal(found.length, 2, "those that were given out go on");
});

test("who may read the chart, and whose", async () => {
  const last_name = unique("Only");
  const patient = (await newPatient(doctor, { last_name })).id;
  await newRecord(doctor, patient, { chief_complaint: last_name });
  const receptionist = await as("receptionist");
  const there = await as("doctor", OTHER);
  const { client: empty } = await elsewhere();
  for (const part of ["timeline", "vitals", "labs"]) {
    const path = `/patients/${patient}/${part}`;
    await receptionist.refused(403, "forbidden", "GET", path);
    await empty.refused(404, "patient_not_found", "GET", path);
    // There may be a patient of that number there, but never this one.
    assert.ok(!(await there.any("GET", path)).text.includes(last_name));
    await doctor.refused(404, "patient_not_found", "GET", `/patients/999999999999/${part}`);
  }
});

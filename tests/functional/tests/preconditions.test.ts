// If-Match and If-None-Match (RFC 9110, 13.1), and the order in which a change is refused: what is
// not there, then without a version, then by its version, then by the state, then by the body.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { operations } from "../lib/document.ts";
import type { Client, Problem, Schemas } from "../lib/client.ts";
import {
  as,
  finalize,
  hired,
  newPatient,
  newRecord,
  password,
  unique,
} from "../lib/world.ts";

const NOBODYS_ID = 999_999_999_999;
const WRONG = { surprise: 1 };
const reason = "healed";

let doctor: Client;
let admin: Client;
let patient: number;
let abroad: Record<"doctor" | "hospital_admin", Client>;

interface Thing {
  id: number;
  /** The version to name. */
  version: number;
}
interface Row {
  route: string;
  by?: "hospital_admin";
  missing: Problem["code"];
  thing: () => Promise<Thing>;
  /** In a state that does not let the change through. */
  closed?: () => Promise<Thing>;
  closedCode?: Problem["code"];
  body?: unknown;
  /** What is let through with the right version, after all that is refused. */
  right?: object;
  query?: string;
}

const draft = async (): Promise<Thing> => newRecord(doctor, patient);
const signed = async (): Promise<Thing> => finalize(doctor, await newRecord(doctor, patient));
async function diagnosisOf(finalized: boolean): Promise<Thing> {
  const record = await newRecord(doctor, patient);
  const body = { icd_code: "E11.9", diagnosis_type: "primary" } as const;
  const path = { id: record.id };
  const added = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path,
    ifMatch: 1,
    body,
  });
  if (finalized) await finalize(doctor, { ...record, revision: 2 });
  return { id: added.body.id, version: finalized ? 3 : 2 };
}
async function template(): Promise<Thing> {
  const body = { name: unique("Order "), visit_type: "procedure", content: {} } as const;
  return (await doctor.expect(201, "post", "/templates", { body })).body;
}
async function builtIn(): Promise<Thing> {
  const { body } = await doctor.expect(200, "get", "/templates", { query: { limit: 200 } });
  return body.items.find((item) => item.built_in)!;
}
/** Of a patient of its own: an allergy brings a new answer to every record of the patient. */
async function object(kind: string, body: object): Promise<Thing> {
  const { id } = await newPatient(doctor);
  const made = await doctor.any("POST", `/patients/${id}/${kind}`, { body });
  assert.equal(made.status, 201, made.text);
  return made.body;
}
async function after(method: string, path: string, it: Thing, body: object, by = doctor): Promise<Thing> {
  const done = await by.any(method, path, { ifMatch: it.version, body });
  assert.equal(done.status, 200, done.text);
  return done.body;
}
const allergy = (): Promise<Thing> => object("allergies", { substance: unique("Substance ") });
const problem = (): Promise<Thing> => object("problems", { name: unique("Problem ") });
const result = (): Promise<Thing> =>
  object("results", { test: "Sodium", value: 140, unit: "mmol/L" });
const followUp = (): Promise<Thing> =>
  object("follow-ups", { what_for: "Wound check", due: "2199-01-01" });
async function cancelledResult(): Promise<Thing> {
  const it = await result();
  return after("PATCH", `/results/${it.id}`, it, { status: "cancelled", reason });
}
async function readResult(): Promise<Thing> {
  const it = await result();
  return after("POST", `/results/${it.id}/acknowledge`, it, { action: "seen" });
}
async function closedFollowUp(): Promise<Thing> {
  const it = await followUp();
  return after("PATCH", `/follow-ups/${it.id}`, it, { outcome: "cancelled", reason: "moved" });
}
/** A course of medication that a signed visit began. */
async function course(): Promise<Thing> {
  const { id } = await newPatient(doctor);
  const prescriptions = [{ medication: unique("Drug "), dosage: "1", frequency: "daily" }];
  await finalize(doctor, await newRecord(doctor, id, { prescriptions }));
  const path = { id };
  const { body } = await doctor.expect(200, "get", "/patients/{id}/medications", { path });
  const [only] = body.items;
  assert.ok(only?.id && only.version);
  return { id: only.id, version: only.version };
}
/** A course after this step, which is only proposed if a nurse takes it. */
async function courseAfter(verb: "stop" | "hold", by = doctor): Promise<Thing> {
  const it = await course();
  return after("POST", `/medications/${it.id}/${verb}`, it, { reason: "surgery" }, by);
}

const ofRecord = { missing: "record_not_found", thing: draft, closed: signed } as const;
const ofSigned = {
  missing: "record_not_found",
  thing: signed,
  closed: draft,
  closedCode: "record_not_finalized",
} as const;
const ofDiagnosis = {
  missing: "diagnosis_not_found",
  thing: () => diagnosisOf(false),
  closed: () => diagnosisOf(true),
  closedCode: "record_finalized",
} as const;
const ofTemplate = {
  missing: "template_not_found",
  thing: template,
  closed: builtIn,
  closedCode: "conflict",
} as const;
const ofPatient = { missing: "patient_not_found", thing: () => newPatient(doctor) } as const;
const ofCourse = {
  missing: "medication_not_found",
  thing: course,
  closed: () => courseAfter("stop"),
  closedCode: "conflict",
  body: WRONG,
} as const;
const ofResult = { missing: "result_not_found", thing: result, closedCode: "conflict", body: WRONG } as const;
const finalized = "record_finalized";

const rows: Row[] = [
  { route: "PUT /records/{id}", ...ofRecord, closedCode: finalized, body: WRONG },
  { route: "PATCH /records/{id}", ...ofRecord, closedCode: finalized, body: WRONG },
  { route: "DELETE /records/{id}", ...ofRecord, closedCode: finalized, query: "?reason=%20" },
  { route: "POST /records/{id}/finalize", ...ofRecord, closedCode: finalized, body: WRONG },
  { route: "POST /records/{id}/diagnoses", ...ofRecord, closedCode: finalized, body: WRONG },
  { route: "POST /records/{id}/amendments", ...ofSigned, body: WRONG },
  { route: "POST /records/{id}/reopen", by: "hospital_admin", ...ofSigned, body: WRONG },
  { route: "PATCH /diagnoses/{id}", ...ofDiagnosis, body: WRONG },
  { route: "DELETE /diagnoses/{id}", ...ofDiagnosis },
  { route: "PATCH /patients/{id}", ...ofPatient, body: WRONG },
  { route: "PUT /templates/{id}", ...ofTemplate, body: WRONG },
  { route: "DELETE /templates/{id}", ...ofTemplate },
  {
    route: "PATCH /allergies/{id}",
    missing: "allergy_not_found",
    thing: allergy,
    body: WRONG,
    right: { severity: "mild" },
  },
  {
    route: "PATCH /problems/{id}",
    missing: "problem_not_found",
    thing: problem,
    body: WRONG,
    right: { name: "Reflux" },
  },
  {
    route: "PATCH /follow-ups/{id}",
    missing: "follow_up_not_found",
    thing: followUp,
    closed: closedFollowUp,
    closedCode: "conflict",
    body: WRONG,
    right: { what_for: "Stitches" },
  },
  { route: "PATCH /results/{id}", ...ofResult, closed: cancelledResult, right: { value: 141, reason } },
  {
    route: "POST /results/{id}/acknowledge",
    ...ofResult,
    closed: readResult,
    right: { action: "seen" },
  },
  { route: "POST /medications/{id}/stop", ...ofCourse, right: { reason } },
  { route: "POST /medications/{id}/hold", ...ofCourse, right: { reason } },
  {
    route: "POST /medications/{id}/resume",
    ...ofCourse,
    thing: () => courseAfter("hold"),
    closed: course,
    right: { reason },
  },
  {
    route: "POST /medications/{id}/change",
    ...ofCourse,
    right: { reason, changes: { dosage: "3 mg" } },
  },
  {
    route: "POST /medications/{id}/confirm",
    ...ofCourse,
    thing: async () => courseAfter("stop", await as("nurse")),
    closed: course,
    right: {},
  },
];

before(async () => {
  doctor = await as("doctor");
  admin = await as("hospital_admin");
  patient = (await newPatient(doctor)).id;
  // A hospital that has nothing yet, so that no number of ours is one of its own.
  const operator = await as("platform_admin");
  const empty = unique("empty_");
  await operator.expect(201, "post", "/tenants", { body: { id: empty, name: "Not yet opened" } });
  abroad = {
    doctor: (await hired(empty, "doctor")).client,
    hospital_admin: (await hired(empty, "hospital_admin")).client,
  };
});

test("every route that needs If-Match is in this table", () => {
  const needing = operations
    .filter(({ object }) => JSON.stringify(object).includes('#/components/parameters/IfMatch"'))
    .map((operation) => `${operation.method} ${operation.path}`);
  assert.deepEqual(rows.map((row) => row.route).sort(), needing.sort());
});

for (const row of rows) {
  test(`${row.route}: 404, 428, 412, 409, 422`, async () => {
    const [method, pattern] = row.route.split(" ") as [string, string];
    const at = (id: number): string => pattern.replace("{id}", String(id)) + (row.query ?? "");
    const client = row.by ? admin : doctor;
    const foreign = abroad[row.by ?? "doctor"];
    const { body } = row;
    const thing = await row.thing();
    for (const ifMatch of [undefined, 1, "*"]) {
      await client.refused(404, row.missing, method, at(NOBODYS_ID), { ifMatch, body });
    }
    // The built-in templates have the first numbers everywhere.
    if (!pattern.startsWith("/templates") || thing.id > 50) {
      await foreign.refused(404, row.missing, method, at(thing.id), { body });
      await foreign.refused(404, row.missing, method, at(thing.id), { ifMatch: 1, body });
    }
    await client.refused(428, "if_match_required", method, at(thing.id), { body });
    await client.refused(428, "if_match_required", method, at(thing.id), { ifMatch: "*", body });
    const stale = "version_conflict";
    const { version } = thing;
    for (const ifMatch of [version + 1, `W/"${version}"`, `"x", "${version + 7}"`, '""']) {
      await client.refused(412, stale, method, at(thing.id), { ifMatch, body });
    }
    await client.refused(400, "bad_request", method, at(thing.id), { ifMatch: "1", body });

    const closed = await row.closed?.();
    if (closed && row.closedCode) {
      const there = at(closed.id);
      await client.refused(428, "if_match_required", method, there, { body });
      await client.refused(412, stale, method, there, { ifMatch: closed.version + 1, body });
      const right = { ifMatch: closed.version, body };
      await client.refused(409, row.closedCode, method, there, right);
    }

    // A list that names the version, among others.
    const ifMatch = `"${version + 1}", W/"x" ,"${version}"`;
    if (body === undefined && !row.query) {
      const done = await client.any(method, at(thing.id), { ifMatch });
      assert.equal(done.status, 204, done.text);
    } else {
      await client.refused(422, "invalid_fields", method, at(thing.id), { ifMatch, body });
    }
    if (row.right) {
      const done = await client.any(method, at(thing.id), { ifMatch, body: row.right });
      assert.equal(done.status, 200, done.text);
      assert.equal(done.version, version + 1);
    }
  });
}

test("a password is not asked for what cannot be signed, and is for what can", async () => {
  const { id } = await signed();
  const body = { password: "not the password" };
  const path = `/records/${id}/finalize`;
  await doctor.refused(412, "version_conflict", "POST", path, { ifMatch: 1, body });
  await doctor.refused(409, "record_finalized", "POST", path, { ifMatch: 2, body });
  const open = await draft();
  const there = `/records/${open.id}/finalize`;
  await doctor.refused(403, "wrong_password", "POST", there, { ifMatch: 1, body });
  await doctor.expect(200, "post", "/records/{id}/finalize", {
    path: { id: open.id },
    ifMatch: 1,
    body: { password },
  });
});

test("lists in If-Match let a change through that names the version", async () => {
  const record = await newRecord(doctor, patient);
  const path = `/records/${record.id}`;
  const first = await doctor.any("PATCH", path, { ifMatch: '"7","1"', body: { notes: "a" } });
  assert.equal(first.version, 2, first.text);
  const person = await newPatient(doctor);
  const at = `/patients/${person.id}`;
  const body = { phone: "1" };
  await doctor.refused(412, "version_conflict", "PATCH", at, { ifMatch: '"7", "8"', body });
  await doctor.refused(404, "patient_not_found", "PATCH", `/patients/${NOBODYS_ID}`, {
    ifMatch: 7,
    body,
  });
  for (const ifMatch of [undefined, "*"]) {
    await doctor.refused(428, "if_match_required", "PATCH", at, { ifMatch, body });
  }
  for (const [i, ifMatch] of ['"1"', '"9", "2"'].entries()) {
    const answer = await doctor.any("PATCH", at, { ifMatch, body: { phone: `${i}1` } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.version, i + 2);
  }
});

test("If-None-Match: tags, lists and * on everything that has an ETag", async () => {
  const record = await newRecord(doctor, patient);
  const changed = await doctor.expect(200, "patch", "/records/{id}", {
    path: { id: record.id },
    ifMatch: 1,
    body: { notes: "second" },
  });
  assert.equal(changed.version, 2);
  const made: Schemas["TemplateWrite"] = {
    name: unique("Known "),
    visit_type: "procedure",
    content: {},
  };
  const one = (await doctor.expect(201, "post", "/templates", { body: made })).body;
  const code = { icd_code: "I10", diagnosis_type: "primary" as const };
  const diagnosis = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: record.id },
    ifMatch: 2,
    body: code,
  });
  const paths = [
    `/diagnoses/${diagnosis.body.id}`,
    `/records/${record.id}`,
    `/records/${record.id}/diagnoses`,
    `/patients/${patient}`,
    `/templates/${one.id}`,
    `/medications/${(await course()).id}`,
    `/results/${(await result()).id}`,
    `/problems/${(await problem()).id}`,
    `/follow-ups/${(await followUp()).id}`,
  ];
  const withTag = operations.filter(
    (operation) =>
      operation.method === "GET" &&
      JSON.stringify(operation.object.responses["200"]).includes("#/components/headers/ETag"),
  );
  assert.equal(withTag.length, paths.length, withTag.map((operation) => operation.path).join());
  for (const path of paths) {
    const whole = await doctor.any("GET", path);
    const etag = String(whole.headers.etag);
    const table: [string, number][] = [
      [etag, 304],
      [`W/${etag}`, 304],
      [`"77", ${etag}`, 304],
      [`"a,b" ,W/${etag},"c"`, 304],
      ["*", 304],
      ['"77"', 200],
      ['"77", "78"', 200],
      [etag.replaceAll('"', ""), 200],
      ["", 200],
    ];
    for (const [known, status] of table) {
      const answer = await doctor.any("GET", path, { headers: { "if-none-match": known } });
      assert.equal(answer.status, status, `${path} ${known}: ${answer.text}`);
      assert.equal(answer.headers.etag, etag);
      assert.equal(answer.text, status === 304 ? "" : whole.text);
    }
  }
});

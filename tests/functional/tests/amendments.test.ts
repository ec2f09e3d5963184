// Amendments of signed visits: fields and coded diagnoses, what they are signed with, how versions
// differ and what the audit log says of it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { as, finalize, newAccount, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

interface Change {
  pointer: string;
  before?: unknown;
  after?: unknown;
}

async function changes(id: number, from: number, to: number): Promise<Change[]> {
  const { body } = await doctor.expect(200, "get", "/records/{id}/versions/{n}", {
    path: { id, n: from },
    query: { diff: to },
  });
  assert.ok("changes" in body);
  return body.changes;
}

async function read(id: number): Promise<Schemas["Record"]> {
  return (await doctor.expect(200, "get", "/records/{id}", { path: { id } })).body;
}

/** A signed visit with a primary and a secondary diagnosis. */
async function signed(): Promise<Schemas["Record"]> {
  const { id } = await newRecord(doctor, patient);
  const codes = [
    { icd_code: "E11.9", diagnosis_type: "primary" as const },
    { icd_code: "I10", diagnosis_type: "secondary" as const, notes: "known for years" },
  ];
  for (const [i, body] of codes.entries()) {
    await doctor.expect(201, "post", "/records/{id}/diagnoses", {
      path: { id },
      ifMatch: i + 1,
      body,
    });
  }
  return finalize(doctor, await read(id));
}

test("an amendment is told of its codes that only head others", async () => {
  const record = await signed();
  const [diabetes, pressure] = record.diagnoses;
  const amend = (ifMatch: number, diagnoses: unknown[]): ReturnType<typeof doctor.any> =>
    doctor.any("POST", `/records/${record.id}/amendments`, {
      ifMatch,
      body: { reason: "coded less exactly", changes: { diagnoses } },
    });
  const fresh = { icd_code: "J45", diagnosis_type: "differential" };
  const answer = await amend(record.revision, [
    { id: pressure!.id },
    { id: diabetes!.id, icd_code: "E11" },
    fresh,
  ]);
  assert.equal(answer.status, 201, answer.text);
  const warnings = answer.body.warnings as { code: string; pointer: string }[];
  const headers = warnings.filter((warning) => warning.code === "header_code");
  assert.deepEqual(
    headers.map((warning) => warning.pointer),
    ["/changes/diagnoses/1/icd_code", "/changes/diagnoses/2/icd_code"],
  );
  const [one, two, three] = answer.body.diagnoses as { id: number }[];
  const next = [{ id: one!.id, notes: "x" }, { id: two!.id }, { id: three!.id }];
  const kept = await amend(answer.body.revision, next);
  assert.equal(kept.body.warnings.length, 1, "E11 again, which is touched");
});

test("an amendment changes, adds and takes out coded diagnoses in one version", async () => {
  const record = await signed();
  const [diabetes, pressure] = record.diagnoses;
  assert.ok(diabetes && pressure);
  const amended = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: record.id },
    ifMatch: record.revision,
    body: {
      reason: "Coded the wrong way round",
      changes: {
        notes: "See the amendment",
        diagnoses: [
          { id: pressure.id, diagnosis_type: "primary", notes: null },
          { id: diabetes.id, diagnosis_type: "secondary" },
          { icd_code: "j45909", diagnosis_name: "Asthma", diagnosis_type: "differential" },
        ],
      },
    },
  });
  assert.equal(amended.version, record.revision + 1);
  assert.equal(amended.body.status, "amended");
  const got = amended.body.diagnoses.map((d) => [d.icd_code, d.diagnosis_type, d.notes]);
  assert.deepEqual(got, [
    ["E11.9", "secondary", null],
    ["I10", "primary", null],
    ["J45.909", "differential", null],
  ]);
  assert.deepEqual(await read(record.id), amended.body);

  const earlier = await doctor.expect(200, "get", "/records/{id}/versions/{n}", {
    path: { id: record.id, n: record.version },
  });
  assert.match(earlier.text, /known for years/, "what was signed stays readable");
  const added = amended.body.diagnoses[2];
  assert.ok(added);
  const found = await doctor.expect(200, "get", "/records", {
    query: { icd: "J45.90", patient_id: patient },
  });
  assert.deepEqual(
    found.body.items.map((item) => item.id),
    [record.id],
  );

  const fewer = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: record.id },
    ifMatch: amended.version,
    body: { reason: "Asthma was ruled out", changes: { diagnoses: [{ id: pressure.id }] } },
  });
  assert.deepEqual(
    fewer.body.diagnoses.map((d) => d.id),
    [pressure.id],
  );
  await doctor.refused(404, "diagnosis_not_found", "GET", `/diagnoses/${added.id}`);
});

test("the differences go item by item, and the audit log has them too", async () => {
  const record = await signed();
  const [diabetes, pressure] = record.diagnoses;
  assert.ok(diabetes && pressure);
  const amended = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: record.id },
    ifMatch: record.revision,
    body: {
      reason: "Resolved",
      changes: {
        prescriptions: [
          { medication: "Metformin", dosage: "500 mg", frequency: "twice a day" },
          { medication: "Ramipril", dosage: "5 mg", frequency: "daily" },
        ],
        diagnoses: [{ id: diabetes.id }, { id: pressure.id, status: "resolved" }],
      },
    },
  });
  const first = await changes(record.id, record.version, amended.body.version);
  assert.ok(
    first.some((c) => c.pointer === "/diagnoses/1/status" && c.after === "resolved"),
    JSON.stringify(first),
  );
  assert.deepEqual(
    first.filter((c) => c.pointer.startsWith("/diagnoses")).map((c) => c.pointer),
    ["/diagnoses/1/status"],
  );
  const [metformin, ramipril] = amended.body.prescriptions;
  assert.ok(metformin && ramipril);
  const again = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: record.id },
    ifMatch: amended.version,
    body: {
      reason: "Dose",
      changes: {
        prescriptions: [
          { medication: "Aspirin", dosage: "100 mg", frequency: "daily" },
          metformin,
          { ...ramipril, dosage: "10 mg" },
        ],
      },
    },
  });
  const second = await changes(record.id, amended.body.version, again.body.version);
  assert.deepEqual(
    second.filter((c) => c.pointer.startsWith("/prescriptions")).map((c) => [c.pointer, c.before]),
    [
      ["/prescriptions/0", null],
      ["/prescriptions/2/dosage", "5 mg"],
    ],
    "what is there now and was not is new",
  );
  const admin = await as("hospital_admin");
  const log = await admin.expect(200, "get", "/audit", {
    query: { patient_id: patient, action: "record.amend", limit: 200 },
  });
  const entry = log.body.items.find(
    (item) => item.resource_id === record.id && item.reason === "Resolved",
  );
  assert.ok(entry, "the amendment is in the log");
  assert.match(JSON.stringify(entry.before), /"active"/);
  assert.match(JSON.stringify(entry.after), /"resolved"/);
});

test("all faults of an amendment come at once, with the pointers of what was sent", async () => {
  const record = await signed();
  const [diabetes] = record.diagnoses;
  assert.ok(diabetes);
  const at = `/records/${record.id}/amendments`;
  const problem = await doctor.refused(422, "invalid_fields", "POST", at, {
    ifMatch: record.revision,
    body: {
      reason: "\u00a0 ",
      colour: "red",
      changes: {
        patient_id: 1,
        foo: null,
        notes: 5,
        vital_signs: { pulse_bpm: -1, mood: null },
        diagnoses: [
          { id: diabetes.id, icd_code: "nonsense" },
          { id: diabetes.id },
          { id: 999_999_999 },
          { diagnosis_type: "secondary" },
          "x",
          { icd_code: "I10", diagnosis_type: "secondary", diagnosis_name: " ", created_by: null },
        ],
      },
    },
  });
  assert.deepEqual(pointers(problem), [
    "/changes/diagnoses/0/icd_code",
    "/changes/diagnoses/1/id",
    "/changes/diagnoses/2/id",
    "/changes/diagnoses/3/icd_code",
    "/changes/diagnoses/4",
    "/changes/diagnoses/5/created_by",
    "/changes/diagnoses/5/diagnosis_name",
    "/changes/foo",
    "/changes/notes",
    "/changes/patient_id",
    "/changes/vital_signs/mood",
    "/changes/vital_signs/pulse_bpm",
    "/colour",
    "/reason",
  ]);
  const two = await doctor.refused(422, "invalid_fields", "POST", at, {
    ifMatch: record.revision,
    body: {
      reason: "x",
      changes: {
        diagnoses: [{ id: diabetes.id }, { icd_code: "I10", diagnosis_type: "primary" }],
      },
    },
  });
  assert.deepEqual(pointers(two), ["/changes/diagnoses"]);
  for (const changes of [{}, { diagnoses: null }]) {
    await doctor.refused(422, "invalid_fields", "POST", at, {
      ifMatch: record.revision,
      body: { reason: "x", changes },
    });
  }
  assert.equal((await read(record.id)).version, record.version, "nothing was written");
});

test("a drug or a diagnosis is compared with itself, whatever was taken out before it", async () => {
  const line = (medication: string, dosage: string): Schemas["PrescriptionInput"] => ({
    medication, dosage, frequency: "daily",
  });
  const made = await newRecord(doctor, patient, {
    prescriptions: [line("Aspirin", "100 mg"), line("Metformin", "500 mg"), line("Ramipril", "5 mg")],
  });
  for (const [i, icd_code] of ["E11.9", "I10"].entries()) {
    await doctor.expect(201, "post", "/records/{id}/diagnoses", {
      path: { id: made.id },
      ifMatch: i + 1,
      body: { icd_code, diagnosis_type: "secondary" },
    });
  }
  const before = await finalize(doctor, await read(made.id));
  const after = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id: made.id },
    ifMatch: before.revision,
    body: {
      reason: "Stopped one, raised one",
      changes: {
        prescriptions: [
          { ...line("Metformin", "500 mg"), id: made.prescriptions[1]?.id },
          { ...line("Ramipril", "10 mg"), id: made.prescriptions[2]?.id },
        ],
        diagnoses: [
          { id: before.diagnoses[1]?.id ?? 0 },
          { icd_code: "J20.9", diagnosis_type: "secondary" },
        ],
      },
    },
  });
  const told = (await changes(made.id, before.version, after.body.version)).filter(
    (change) => change.pointer !== "/status",
  );
  assert.deepEqual(
    told.map((c) => [c.pointer, c.before === null ? "new" : c.after === null ? "gone" : c.after]),
    [
      ["/prescriptions/0", "gone"],
      ["/prescriptions/1/dosage", "10 mg"],
      ["/diagnoses/0", "gone"],
      ["/diagnoses/1", "new"],
    ],
  );
});

test("an amendment that changes nothing is refused", async () => {
  const record = await signed();
  const at = `/records/${record.id}/amendments`;
  for (const same of [
    { visit_type: record.visit_type },
    { notes: record.notes, diagnoses: record.diagnoses.map(({ id }) => ({ id })) },
  ]) {
    const problem = await doctor.refused(422, "invalid_fields", "POST", at, {
      ifMatch: record.revision,
      body: { reason: "None", changes: same },
    });
    assert.deepEqual(pointers(problem), ["/changes"]);
  }
  assert.equal((await read(record.id)).version, record.version);
});

test("a signature keeps the name that was signed with", async () => {
  const { client, user, password } = await newAccount("doctor");
  const { id: record, version } = await newRecord(client, patient);
  const admin = await as("hospital_admin");
  const rename = (display_name: string) =>
    admin.expect(200, "patch", "/users/{id}", { path: { id: user.id }, body: { display_name } });
  await rename("Dr. Now");  // not the name that the token was given with
  await client.expect(200, "post", "/records/{id}/finalize", {
    path: { id: record },
    ifMatch: version,
    body: { password },
  });
  await rename("Somebody Else");
  const { body } = await doctor.expect(200, "get", "/records/{id}/versions", {
    path: { id: record },
  });
  assert.equal(body.items.at(-1)?.signature?.signed_by_name, "Dr. Now");
});

test("versions show who signed them", async () => {
  const record = await signed();
  const { body } = await doctor.expect(200, "get", "/records/{id}/versions", {
    path: { id: record.id },
  });
  assert.deepEqual(
    body.items.map((item) => item.signature?.meaning ?? null),
    [null, "finalized"],
  );
  const last = body.items.at(-1);
  assert.equal(last?.signature?.content_hash, record.content_hash);
  assert.equal(last?.signature?.signed_by, record.finalized_by);
  assert.equal(last?.signature?.signed_at, record.finalized_at);
  assert.ok(last?.signature?.signed_by_name);
});

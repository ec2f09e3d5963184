// Coded diagnoses: part of the record, so that each change is one of its versions.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { as, finalize, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

async function record(): Promise<Schemas["Record"]> {
  return newRecord(doctor, patient);
}
async function read(id: number): Promise<Schemas["Record"]> {
  return (await doctor.expect(200, "get", "/records/{id}", { path: { id } })).body;
}

test("added, changed and taken out, each time as a revision of the record", async () => {
  const { id } = await record();
  const added = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id },
    ifMatch: 1,
    body: {
      icd_code: "e119",
      diagnosis_name: "Type 2 diabetes without complications",
      diagnosis_type: "primary",
      status: "chronic",
      notes: "since 2019",
    },
  });
  assert.equal(added.body.icd_code, "E11.9", "kept with its dot");
  assert.equal(added.body.record_id, id);
  assert.equal(added.body.diagnosis_name, "Type 2 diabetes without complications");
  assert.equal(added.version, 2, "the ETag is the record's");

  const whole = await read(id);
  assert.equal(whole.revision, 2);
  assert.deepEqual(
    whole.diagnoses.map((item) => item.id),
    [added.body.id],
  );
  const path = { id: added.body.id };
  const changed = await doctor.expect(200, "patch", "/diagnoses/{id}", {
    path,
    ifMatch: 2,
    body: { diagnosis_type: "secondary", notes: null, diagnosis_name: "Type 2 diabetes" },
  });
  assert.equal(changed.body.diagnosis_type, "secondary");
  assert.equal(changed.body.notes, null);
  assert.equal(changed.body.diagnosis_name, "Type 2 diabetes");
  assert.equal(changed.version, 3);

  await doctor.expect(204, "delete", "/diagnoses/{id}", { path, ifMatch: 3 });
  const list = await doctor.expect(200, "get", "/records/{id}/diagnoses", { path: { id } });
  assert.deepEqual(list.body.items, []);
  assert.equal(list.version, 4);
  await doctor.refused(404, "diagnosis_not_found", "PATCH", `/diagnoses/${path.id}`, {
    ifMatch: 4,
    body: { notes: "x" },
  });

  const versions = await doctor.expect(200, "get", "/records/{id}/versions", { path: { id } });
  assert.deepEqual(
    versions.body.items.map((item) => [item.kind, item.revision, item.final]),
    [["created", 4, false]],
    "all by one account within ten minutes",
  );
});

test("one primary diagnosis", async () => {
  const { id } = await record();
  const at = `/records/${id}/diagnoses`;
  const one = { icd_code: "J18.9", diagnosis_name: "Pneumonia", diagnosis_type: "primary" };
  assert.equal((await doctor.any("POST", at, { ifMatch: 1, body: one })).status, 201);
  await doctor.refused(409, "primary_diagnosis_exists", "POST", at, {
    ifMatch: 2,
    body: { icd_code: "I10", diagnosis_name: "Hypertension", diagnosis_type: "primary" },
  });
  const other = { icd_code: "I10", diagnosis_name: "Hypertension", diagnosis_type: "differential" };
  const added = await doctor.any("POST", at, { ifMatch: 2, body: other });
  assert.equal(added.status, 201, added.text);
  await doctor.refused(409, "primary_diagnosis_exists", "PATCH", `/diagnoses/${added.body.id}`, {
    ifMatch: 3,
    body: { diagnosis_type: "primary" },
  });
  assert.equal((await read(id)).revision, 3);
});

test("a record has as many diagnoses as an amendment can list, and no more", async () => {
  const { id } = await record();
  const at = `/records/${id}/diagnoses`;
  const body = { icd_code: "I10", diagnosis_name: "Hypertension", diagnosis_type: "secondary" };
  for (let version = 1; version <= 100; version += 1) {
    assert.equal((await doctor.any("POST", at, { ifMatch: version, body })).status, 201);
  }
  const problem = await doctor.refused(422, "invalid_fields", "POST", at, { ifMatch: 101, body });
  assert.match(problem.errors?.[0]?.message ?? "", /100 diagnoses/);
  const signed = await finalize(doctor, await read(id));
  const diagnoses = signed.diagnoses.map((diagnosis) => ({ id: diagnosis.id }));
  const amended = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path: { id },
    ifMatch: signed.revision,
    body: { reason: "Not one of them", changes: { notes: "all listed", diagnoses } },
  });
  assert.equal(amended.body.diagnoses.length, 100);
});

test("codes have the form of codes", async () => {
  const { id } = await record();
  const at = `/records/${id}/diagnoses`;
  for (const icd_code of ["ZZZ.9", "E1", "E11.12345", "not a code", "", "E11.9'; --", "1E1"]) {
    const problem = await doctor.refused(422, "invalid_fields", "POST", at, {
      ifMatch: 1,
      body: { icd_code, diagnosis_name: "Something", diagnosis_type: "primary" },
    });
    assert.deepEqual(pointers(problem), ["/icd_code"], icd_code);
  }
});

test("bad input is named field by field", async () => {
  const { id } = await record();
  const problem = await doctor.refused(422, "invalid_fields", "POST", `/records/${id}/diagnoses`, {
    ifMatch: 1,
    body: {
      diagnosis_name: "X",
      diagnosis_type: "main",
      status: "gone",
      notes: 5,
      id: 1,
      colour: "red",
    },
  });
  assert.deepEqual(pointers(problem), [
    "/colour",
    "/diagnosis_type",
    "/icd_code",
    "/id",
    "/notes",
    "/status",
  ]);
});

test("the record's If-Match is needed, and stale ones are refused", async () => {
  const { id } = await record();
  const at = `/records/${id}/diagnoses`;
  const body = { icd_code: "I10", diagnosis_name: "Hypertension", diagnosis_type: "primary" };
  await doctor.refused(428, "if_match_required", "POST", at, { body });
  await doctor.refused(412, "version_conflict", "POST", at, { ifMatch: 2, body });
  const added = await doctor.any("POST", at, { ifMatch: 1, body });
  const one = `/diagnoses/${added.body.id}`;
  await doctor.refused(428, "if_match_required", "PATCH", one, { body: { notes: "x" } });
  await doctor.refused(412, "version_conflict", "DELETE", one, { ifMatch: 1 });
});

test("diagnoses of a finalized record stay as they are", async () => {
  const draft = await record();
  const added = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: draft.id },
    ifMatch: 1,
    body: { icd_code: "I10", diagnosis_name: "Hypertension", diagnosis_type: "primary" },
  });
  const done = await finalize(doctor, await read(draft.id));
  const one = `/diagnoses/${added.body.id}`;
  const ifMatch = done.revision;
  await doctor.refused(409, "record_finalized", "PATCH", one, { ifMatch, body: { notes: "x" } });
  await doctor.refused(409, "record_finalized", "DELETE", one, { ifMatch });
});

test("records are found by the beginning of a code, with or without the dot", async () => {
  const someone = (await newPatient(doctor)).id;
  const { id } = await newRecord(doctor, someone);
  const body = { icd_code: "J45.909", diagnosis_name: "Asthma", diagnosis_type: "primary" };
  const added = await doctor.any("POST", `/records/${id}/diagnoses`, { ifMatch: 1, body });
  assert.equal(added.status, 201, added.text);
  for (const icd of ["J45", "j45.9", "J45909", "J"]) {
    const { body: page } = await doctor.expect(200, "get", "/records", {
      query: { icd, patient_id: someone },
    });
    assert.deepEqual(
      page.items.map((item) => item.id),
      [id],
      icd,
    );
  }
  for (const icd of ["J46", "J45.9091"]) {
    const { body: page } = await doctor.expect(200, "get", "/records", {
      query: { icd, patient_id: someone },
    });
    assert.deepEqual(page.items, [], icd);
  }
});

test("who waited for another writer changes what that one left", async () => {
  const { id } = await record();
  const added = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id },
    ifMatch: 1,
    body: { icd_code: "I10", diagnosis_type: "primary" },
  });
  const at = `/diagnoses/${added.body.id}`;
  let version = 2;
  for (let round = 0; round < 25; round += 1) {
    const ifMatch = `"${version}", "${version + 1}"`;
    const notes = `round ${round}`;
    const status = round % 2 === 0 ? "chronic" : "active";
    const answers = await Promise.all([
      doctor.any("PATCH", at, { ifMatch, body: { notes } }),
      doctor.any("PATCH", at, { ifMatch, body: { status } }),
    ]);
    const done = answers.filter((answer) => answer.status === 200).length;
    version += done;
    const now = await doctor.any("GET", at);
    if (answers[0].status === 200) assert.equal(now.body.notes, notes, `round ${round}`);
    if (answers[1].status === 200) assert.equal(now.body.status, status, `round ${round}`);
    assert.ok(done > 0);
  }
});

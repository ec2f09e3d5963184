// What PostgreSQL refuses by itself under a hospital's own role, tried from outside: whoever gets
// hold of that role changes no signed visit but by an amendment or a reopening.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Client, type Schemas } from "../lib/client.ts";
import { pdf, upload } from "../lib/files.ts";
import { as, finalize, HOME, newPatient, newRecord, psql } from "../lib/world.ts";

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

async function refused(sql: string, says: RegExp): Promise<void> {
  const answer = await psql(`SET ROLE wbt_${HOME}; ${sql}`);
  assert.notEqual(answer.code, 0, `accepted: ${sql}`);
  assert.match(answer.stderr, says, sql);
}

const versions = `${HOME}.record_versions`;


async function signedVisit(): Promise<{ record: Schemas["Record"]; diagnosis: number }> {
  const draft = await newRecord(doctor, patient, { notes: "as it was" });
  const { body } = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: draft.id },
    ifMatch: draft.revision,
    body: { icd_code: "E11.9", diagnosis_name: "Diabetes", diagnosis_type: "primary" },
  });
  const record = await finalize(doctor, { ...draft, revision: draft.revision + 1 });
  return { record, diagnosis: body.id };
}

test("a signed visit is not changed by SQL, versions and signatures are not planted", async () => {
  const { record, diagnosis } = await signedVisit();
  const { id } = record;
  const finalized = /only amended or reopened/;
  const update = (set: string): string =>
    `UPDATE ${HOME}.medical_records SET revision = revision + 1, ${set} WHERE id = ${id}`;
  const copy = (number: string, kind: string): string =>
    `INSERT INTO ${versions} SELECT record_id, ${number}, revision, ${kind}, status, patient_id, ` +
    `changed_by, begun_at, changed_at, content_format, content_digest, content_hash, ` +
    `content_salt, reason, content FROM ${versions} WHERE record_id = ${id} AND version = 2`;
  for (const [sql, says] of [
    [copy("3", "kind"), /hash of a version/],
    [copy("2", "'updated'"), /hash of a version/],
    [copy("2", "kind"), /duplicate key/],
    [update("notes = 'forged'"), finalized],
    [update("status = 'amended', version = version + 1, version_kind = 'amended'"), finalized],
    [update("status = 'draft', finalized_at = NULL, finalized_by = NULL"), finalized],
    [update("voided_at = now()"), finalized],
    [`UPDATE ${HOME}.diagnoses SET notes = 'forged' WHERE id = ${diagnosis}`, finalized],
    [
      `INSERT INTO ${HOME}.signatures (record_id, version, content_hash, signed_by, signed_at, ` +
        `meaning) SELECT record_id, version, content_hash, changed_by, changed_at, 'finalized' ` +
        `FROM ${versions} WHERE record_id = ${id}`,
      /made with its version/,
    ],
  ] as const) {
    await refused(sql, says);
  }
  const { body: now } = await doctor.expect(200, "get", "/records/{id}", { path: { id } });
  assert.deepEqual(now, record);
  const { body: list } = await doctor.expect(200, "get", "/records/{id}/versions", {
    path: { id },
  });
  assert.equal(list.items.length, record.version);
});

test("a draft's diagnosis changes with a version only", async () => {
  const draft = await newRecord(doctor, patient);
  const made = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: draft.id },
    ifMatch: draft.revision,
    body: { icd_code: "I10", diagnosis_name: "Hypertension", diagnosis_type: "primary" },
  });
  const of = `WHERE id = ${made.body.id}`;
  await refused(`UPDATE ${HOME}.diagnoses SET icd_code = 'I11.0' ${of}`, /a version of its record/);
  const answer = await doctor.expect(200, "patch", "/diagnoses/{id}", {
    path: { id: made.body.id },
    ifMatch: draft.revision + 1,
    body: { status: "chronic" },
  });
  assert.equal(answer.body.status, "chronic");
});

test("a signed visit's files stay what they are", async () => {
  const draft = await newRecord(doctor, patient);
  const file = await upload(doctor, draft.id, "a.pdf", "application/pdf", pdf());
  await finalize(doctor, draft);
  const update = `UPDATE ${HOME}.record_attachments SET`;
  const of = `WHERE id = ${file.id}`;
  for (const set of [
    "file_name = 'b.pdf'",
    "sha256 = repeat('0', 64)",
    "s3_bucket = 'other'",
    "purged_at = now()",
    "state = 'quarantined'",
  ]) {
    await refused(`${update} ${set} ${of}`, /a file stays what it is/);
  }
  await refused(`${update} state = 'deleted', deleted_at = now() ${of}`, /keeps its files/);
  const path = { id: file.id };
  const { body: now } = await doctor.expect(200, "get", "/attachments/{id}", { path });
  assert.deepEqual(now, file);
});

test("a chart of more words than a search document holds is found by its first", async () => {
  const syllable = (n: number): string => String.fromCodePoint(0xac00 + (n % 11_000));
  const field = (of: number): string => {
    const words = Array.from({ length: 15_000 }, (_, i) => {
      const n = of * 15_000 + i;
      return syllable(Math.floor(n / 11_000) + 1) + syllable(n);
    });
    return `quinquebegin${of} ${words.join(" ")}`;
  };
  const made = await newRecord(doctor, patient, {
    chief_complaint: field(0),
    diagnosis: field(1),
    history_of_present_illness: field(2),
    physical_examination: field(3),
    treatment_plan: field(4),
    notes: field(5),
    follow_up_instructions: field(6),
  });
  for (const q of ["quinquebegin0", "quinquebegin2"]) {
    const { body } = await doctor.expect(200, "get", "/records", { query: { q } });
    assert.ok(
      body.items.some((item) => item.id === made.id),
      q,
    );
  }
});

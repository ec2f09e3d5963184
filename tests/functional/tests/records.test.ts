// The life of a record: draft, finalized, amended, reopened, voided; its versions and their hashes.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { hashOf } from "../lib/canonical.ts";
import type { Client, Schemas } from "../lib/client.ts";
import {
  as,
  doctorId,
  finalize,
  newAccount,
  newPatient,
  newRecord,
  password,
  unique,
  VISIT,
} from "../lib/world.ts";

type Record_ = Schemas["Record"];

let doctor: Client;
let admin: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  admin = await as("hospital_admin");
  patient = (await newPatient(doctor)).id;
});

async function read(id: number): Promise<Record_> {
  return (await doctor.expect(200, "get", "/records/{id}", { path: { id } })).body;
}
async function versions(id: number): Promise<Schemas["Version"][]> {
  const list = await doctor.expect(200, "get", "/records/{id}/versions", {
    path: { id },
    query: { limit: 200 },
  });
  return [...list.body.items].sort((a, b) => a.version - b.version);
}
async function whole(id: number, n: number): Promise<Schemas["WholeVersion"]> {
  const { body } = await doctor.expect(200, "get", "/records/{id}/versions/{n}", {
    path: { id, n },
  });
  assert.ok("content" in body);
  return body;
}
async function changes(id: number, n: number, m: number): Promise<Map<string, unknown[]>> {
  const { body } = await doctor.expect(200, "get", "/records/{id}/versions/{n}", {
    path: { id, n },
    query: { diff: m },
  });
  assert.ok("changes" in body);
  assert.deepEqual([body.from, body.to].sort(), [n, m].sort());
  return new Map(body.changes.map((change) => [change.pointer, [change.before, change.after]]));
}

test("a new record has its number, its author and everything that is empty as null", async () => {
  const record = await newRecord(doctor, patient, { chief_complaint: null });
  assert.match(record.record_number, /^MR-\d{4}-\d{6,}$/);
  assert.equal(record.status, "draft");
  assert.equal(record.version, 1);
  assert.equal(record.chief_complaint, null);
  assert.equal(record.finalized_at, null);
  assert.deepEqual(record.prescriptions, []);
  assert.deepEqual(record.diagnoses, []);
  assert.deepEqual(await read(record.id), record);
  const second = await newRecord(doctor, patient);
  assert.ok(second.record_number > record.record_number);
});

test("a nurse writes for a doctor, and is the author", async () => {
  const nurse = await as("nurse");
  const record = await newRecord(nurse, patient);
  assert.equal(record.doctor_id, await doctorId(nurse));
  assert.equal(record.created_by, nurse.session.user.id);
  const problem = await nurse.refused(422, "invalid_fields", "POST", "/records", {
    body: { patient_id: patient, visit_date: VISIT, visit_type: "consultation" },
  });
  assert.equal(problem.errors?.[0]?.pointer, "/doctor_id", "who is no doctor says who is");
  const self = await nurse.refused(422, "invalid_fields", "POST", "/records", {
    body: {
      patient_id: patient,
      doctor_id: nurse.session.user.id,
      visit_date: VISIT,
      visit_type: "consultation",
    },
  });
  assert.equal(self.errors?.[0]?.pointer, "/doctor_id");
});

test("PATCH merges, PUT replaces", async () => {
  const record = await newRecord(doctor, patient, {
    notes: "first",
    vital_signs: { pulse_bpm: 70, temperature_c: 37.5 },
    prescriptions: [{ medication: "Ibuprofen", dosage: "400 mg", frequency: "twice a day" }],
  });
  const path = { id: record.id };
  const patched = await doctor.expect(200, "patch", "/records/{id}", {
    path,
    ifMatch: 1,
    body: { notes: null, diagnosis: "Cold", vital_signs: { temperature_c: null, pain_score: 2 } },
  });
  assert.equal(patched.body.notes, null);
  assert.equal(patched.body.diagnosis, "Cold");
  assert.deepEqual(patched.body.vital_signs, { pulse_bpm: 70, pain_score: 2 });
  assert.equal(patched.body.prescriptions.length, 1);
  const plain = await doctor.any("PATCH", `/records/${record.id}`, {
    ifMatch: 2,
    body: { notes: "as application/json" },
    type: "application/json",
  });
  assert.equal(plain.status, 200, plain.text);

  const replaced = await doctor.expect(200, "put", "/records/{id}", {
    path,
    ifMatch: 3,
    body: {
      patient_id: patient,
      doctor_id: record.doctor_id,
      visit_date: VISIT,
      visit_type: "telehealth",
      notes: "only this",
    },
  });
  assert.equal(replaced.body.visit_type, "telehealth");
  assert.equal(replaced.body.diagnosis, null);
  assert.deepEqual(replaced.body.vital_signs, {});
  assert.deepEqual(replaced.body.prescriptions, []);
  assert.equal(replaced.body.revision, 4);
  assert.equal(replaced.body.version, 1, "all within ten minutes");
  assert.equal(replaced.body.record_number, record.record_number);
});

test("If-None-Match saves the body", async () => {
  const record = await newRecord(doctor, patient);
  const path = { id: record.id };
  const same = await doctor.expect(304, "get", "/records/{id}", {
    path,
    headers: { "if-none-match": '"1"' },
  });
  assert.equal(same.bytes.length, 0);
  await doctor.expect(200, "get", "/records/{id}", { path, headers: { "if-none-match": '"7"' } });
});

test("If-Match: weak, foreign and absent ones never change anything", async () => {
  const record = await newRecord(doctor, patient);
  const path = `/records/${record.id}`;
  const body = { notes: "x" };
  await doctor.refused(428, "if_match_required", "PUT", path, { body });
  await doctor.refused(428, "if_match_required", "DELETE", `${path}?reason=x`);
  await doctor.refused(428, "if_match_required", "POST", `${path}/finalize`, {
    body: { password },
  });
  const others = ['W/"1"', '"one"', '"0"', '"2"', '"7", W/"1"', '"99999999999999999999"'];
  for (const ifMatch of others) {
    const answer = await doctor.any("PATCH", path, { ifMatch, body });
    assert.equal(answer.status, 412, `${ifMatch}: ${answer.text}`);
  }
  for (const ifMatch of ["1", '"1', "'1'"]) {
    const answer = await doctor.any("PATCH", path, { ifMatch, body });
    assert.equal(answer.status, 400, `${ifMatch}: ${answer.text}`);
  }
  assert.equal((await read(record.id)).version, 1);
});

test("two who save the same draft: exactly one wins, and nothing is lost", async () => {
  const nurse = await as("nurse");
  const record = await newRecord(doctor, patient);
  for (let version = 1; version <= 5; version += 1) {
    const tries = Array.from({ length: 8 }, (_, i) =>
      (i % 2 ? doctor : nurse).any("PATCH", `/records/${record.id}`, {
        ifMatch: version,
        body: { notes: `round ${version} writer ${i}` },
      }),
    );
    const answers = await Promise.all(tries);
    const won = answers.filter((answer) => answer.status === 200);
    assert.equal(won.length, 1, answers.map((answer) => answer.status).join());
    assert.ok(answers.every((answer) => answer.status === 200 || answer.status === 412));
    assert.equal((await read(record.id)).notes, won[0]!.body.notes);
  }
  // Two in a row by one account are one version.
  const kept = await versions(record.id);
  assert.deepEqual(
    kept.map((item) => item.version),
    kept.map((_, i) => i + 1),
  );
  assert.equal(kept.at(-1)?.revision, 6);
});

test("412 says what there is now, and of whom", async () => {
  const record = await newRecord(doctor, patient);
  const nurse = await as("nurse");
  const path = { id: record.id };
  const change = { path, ifMatch: 1, body: { notes: "the nurse's" } };
  const { body: now } = await nurse.expect(200, "patch", "/records/{id}", change);
  const stale = await doctor.any("PATCH", `/records/${record.id}`, {
    ifMatch: 1,
    body: { notes: "mine" },
  });
  assert.equal(stale.status, 412, stale.text);
  assert.equal(stale.headers["etag"], '"2"');
  assert.equal(stale.body.current_revision, 2);
  assert.equal(stale.body.changed_at, now.updated_at);
  const list = await versions(record.id);
  assert.equal(stale.body.changed_by_name, list.at(-1)!.changed_by_name);
});

test("a PATCH with an Idempotency-Key is done once", async () => {
  const record = await newRecord(doctor, patient);
  const headers = { "idempotency-key": `patch-${record.id}-${Date.now()}` };
  const options = { ifMatch: 1, body: { notes: "once" }, headers };
  const first = await doctor.any("PATCH", `/records/${record.id}`, options);
  const second = await doctor.any("PATCH", `/records/${record.id}`, options);
  assert.equal(first.status, 200, first.text);
  assert.deepEqual([second.status, second.body], [200, first.body]);
  assert.equal(second.headers["etag"], '"2"');
  assert.equal((await read(record.id)).revision, 2);
  const other = { ...options, body: { notes: "twice" } };
  await doctor.refused(422, "idempotency_key_reused", "PATCH", `/records/${record.id}`, other);
});

test("what is saved again and again is one version until another account writes", async () => {
  const record = await newRecord(doctor, patient);
  const path = `/records/${record.id}`;
  for (let i = 1; i <= 20; i += 1) {
    const saved = await doctor.any("PATCH", path, { ifMatch: i, body: { notes: `save ${i}` } });
    assert.equal(saved.version, i + 1, saved.text);
  }
  const nurse = await as("nurse");
  const last = await nurse.any("PATCH", path, { ifMatch: 21, body: { notes: "the nurse's" } });
  assert.equal(last.version, 22, last.text);
  const list = await versions(record.id);
  assert.deepEqual(
    list.map((item) => [item.version, item.revision, item.kind, item.final]),
    [
      [1, 21, "created", true],
      [2, 22, "updated", false],
    ],
  );
  const notes = await Promise.all(list.map((item) => whole(record.id, item.version)));
  assert.deepEqual(
    notes.map((version) => (version.content as unknown as { notes: string }).notes),
    ["save 20", "the nurse's"],
  );
  const entries = await (await as("auditor")).expect(200, "get", "/audit", {
    query: { patient_id: patient, action: "record.update", limit: 200 },
  });
  const own = entries.body.items.filter((entry) => entry.resource_id === record.id);
  assert.equal(own.length, 21, "one entry for each accepted write");
  assert.ok(own.every((entry) => entry.changed_fields?.join() === "notes"));
});

test("the life of a record, its versions, differences and hashes", async (t) => {
  const record = await newRecord(doctor, patient, {
    vital_signs: { temperature_c: 38.2, weight_kg: 70.5 },
    lab_results: [{ test: "CRP", value: 41.5, unit: "mg/L" }],
    notes: 'Ünïcødé \u2028 and "quotes" / slashes \\ 🩺',
  });
  const id = record.id;
  const path = { id };
  await doctor.expect(200, "patch", "/records/{id}", {
    path,
    ifMatch: 1,
    body: { diagnosis: "Pneumonia", vital_signs: { temperature_c: 38.9 } },
  });
  await doctor.refused(409, "record_not_finalized", "POST", `/records/${id}/amendments`, {
    ifMatch: 2,
    body: { reason: "too early", changes: { notes: "x" } },
  });
  await admin.refused(409, "record_not_finalized", "POST", `/records/${id}/reopen`, {
    ifMatch: 2,
    body: { reason: "too early" },
  });
  const finalized = await finalize(doctor, await read(id));
  assert.deepEqual([finalized.version, finalized.revision], [2, 3]);

  await t.test("finalized: every other way to change it is closed", async () => {
    const code = "record_finalized";
    const put = {
      patient_id: patient,
      doctor_id: record.doctor_id,
      visit_date: VISIT,
      visit_type: "consultation",
    };
    await doctor.refused(409, code, "PUT", `/records/${id}`, { ifMatch: 3, body: put });
    await doctor.refused(409, code, "DELETE", `/records/${id}?reason=x`, { ifMatch: 3 });
    await doctor.refused(409, code, "POST", `/records/${id}/diagnoses`, {
      ifMatch: 3,
      body: { icd_code: "J18.9", diagnosis_name: "Pneumonia", diagnosis_type: "primary" },
    });
    await doctor.refused(409, code, "POST", `/records/${id}/finalize`, {
      ifMatch: 3,
      body: { password },
    });
  });

  const amendment = {
    reason: "Culture came back",
    changes: { diagnosis: "Pneumococcal pneumonia" },
  };
  await t.test("an amendment needs a reason and changes", async () => {
    for (const body of [{ changes: { notes: "x" } }, { reason: "  ", changes: { notes: "x" } }]) {
      const problem = await doctor.refused(
        422,
        "invalid_fields",
        "POST",
        `/records/${id}/amendments`,
        {
          ifMatch: 3,
          body,
        },
      );
      assert.equal(problem.errors?.[0]?.pointer, "/reason");
    }
    const problem = await doctor.refused(
      422,
      "invalid_fields",
      "POST",
      `/records/${id}/amendments`,
      {
        ifMatch: 3,
        body: { reason: "why not", changes: { status: "draft", vital_signs: { pulse_bpm: -1 } } },
      },
    );
    const at = (problem.errors ?? []).map((fault) => fault.pointer).sort();
    assert.deepEqual(at, ["/changes/status", "/changes/vital_signs/pulse_bpm"]);
  });
  const amended = await doctor.expect(201, "post", "/records/{id}/amendments", {
    path,
    ifMatch: 3,
    body: amendment,
  });
  assert.equal(amended.body.status, "amended");
  assert.deepEqual([amended.body.version, amended.body.revision], [3, 4]);
  assert.equal(amended.body.diagnosis, "Pneumococcal pneumonia");
  assert.ok(amended.body.finalized_at);

  await t.test("the earlier text stays readable", async () => {
    const earlier = await whole(id, 2);
    assert.equal((earlier.content as Record<string, unknown>)["diagnosis"], "Pneumonia");
  });

  await admin.refused(422, "invalid_fields", "POST", `/records/${id}/reopen`, {
    ifMatch: 4,
    body: {},
  });
  const reopened = await admin.expect(200, "post", "/records/{id}/reopen", {
    path,
    ifMatch: 4,
    body: { reason: "Wrong patient's findings" },
  });
  assert.equal(reopened.body.status, "draft");
  assert.equal(reopened.body.finalized_at, null);
  assert.equal(reopened.body.finalized_by, null);
  await doctor.expect(200, "patch", "/records/{id}", {
    path,
    ifMatch: 5,
    body: { notes: "right" },
  });
  const again = await finalize(doctor, await read(id));
  assert.deepEqual([again.version, again.revision], [6, 7]);

  await t.test("every change of status left its version", async () => {
    const list = await versions(id);
    assert.deepEqual(
      list.map((item) => [item.version, item.kind]),
      [
        [1, "created"],
        [2, "finalized"],
        [3, "amended"],
        [4, "reopened"],
        [5, "updated"],
        [6, "finalized"],
      ],
    );
    assert.deepEqual(
      list.map((item) => item.status),
      ["draft", "finalized", "amended", "draft", "draft", "finalized"],
    );
    assert.equal(list[2]!.reason, "Culture came back");
    assert.equal(list[3]!.reason, "Wrong patient's findings");
    assert.equal(new Set(list.map((item) => item.content_hash)).size, 6);
    const times = list.map((item) => Date.parse(item.changed_at));
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
  });

  await t.test("hashes can be taken again from what is shown", async () => {
    for (const item of await versions(id)) {
      const version = await whole(id, item.version);
      assert.equal(hashOf(version), version.content_hash, `version ${item.version}`);
      assert.equal(version.content_hash, item.content_hash);
    }
    assert.equal((await read(id)).content_hash, again.content_hash);
    assert.equal(again.signed_hash, again.content_hash);
  });

  await t.test("differences by field, of any two, in the order of time", async () => {
    const first = await changes(id, 2, 3);
    assert.deepEqual(first.get("/diagnosis"), ["Pneumonia", "Pneumococcal pneumonia"]);
    assert.ok(!first.has("/vital_signs/weight_kg"));
    assert.deepEqual(await changes(id, 3, 2), first);
    const far = await changes(id, 1, 6);
    assert.deepEqual(far.get("/diagnosis"), ["Pneumonia", "Pneumococcal pneumonia"]);
    assert.deepEqual(far.get("/status"), ["draft", "finalized"]);
    const none = await changes(id, 4, 4);
    assert.equal(none.size, 0);
  });

  await t.test("versions that are not there", async () => {
    for (const n of ["0", "7", "x"]) {
      await doctor.refused(404, "version_not_found", "GET", `/records/${id}/versions/${n}`);
    }
    await doctor.refused(404, "version_not_found", "GET", `/records/${id}/versions/1?diff=99`);
  });
});

test("who reads a version has seen the patient whose it was then", async () => {
  const before = (await newPatient(doctor)).id;
  const now = (await newPatient(doctor)).id;
  const { id } = await newRecord(doctor, before);
  const nurse = await as("nurse"); // another account's is another version
  await nurse.expect(200, "patch", "/records/{id}", {
    path: { id },
    ifMatch: 1,
    body: { patient_id: now },
  });
  const auditor = await as("auditor");
  const seen = async (patient_id: number): Promise<string[]> => {
    const query = { patient_id, action: "record.version", limit: 200 };
    const { body } = await auditor.expect(200, "get", "/audit", { query });
    return body.items.map((item) => item.request_id ?? "");
  };
  for (const query of ["", "?diff=2"]) {
    const { requestId } = await doctor.any("GET", `/records/${id}/versions/1${query}`);
    assert.ok((await seen(before)).includes(requestId ?? "-"), `versions/1${query}`);
    assert.ok((await seen(now)).includes(requestId ?? "-"));
  }
  const { requestId } = await doctor.any("GET", `/records/${id}/versions/2`);
  assert.ok(!(await seen(before)).includes(requestId ?? "-"));
});

test("a wrong password does not sign, and an account of another role cannot", async () => {
  const record = await newRecord(doctor, patient);
  const at = `/records/${record.id}/finalize`;
  const other = await newAccount("doctor");
  await other.client.refused(403, "wrong_password", "POST", at, {
    ifMatch: 1,
    body: { password: "not the password" },
  });
  const log = await (await as("auditor")).expect(200, "get", "/audit", {
    query: { patient_id: patient, action: "auth.confirm", limit: 1 },
  });
  const { resource, resource_id, actor_id, outcome } = log.body.items[0]!;
  assert.deepEqual(
    { resource, resource_id, actor_id, outcome },
    { resource: "record", resource_id: record.id, actor_id: other.user.id, outcome: "refused" },
  );
  const nurse = await as("nurse");
  await nurse.refused(403, "forbidden", "POST", at, { ifMatch: 1, body: { password } });
  const problem = await other.client.refused(422, "invalid_fields", "POST", at, {
    ifMatch: 1,
    body: {},
  });
  assert.equal(problem.errors?.[0]?.pointer, "/password");
  assert.equal((await read(record.id)).status, "draft");
  const signed = await other.client.expect(200, "post", "/records/{id}/finalize", {
    path: { id: record.id },
    ifMatch: 1,
    body: { password: other.password },
  });
  assert.equal(signed.body.finalized_by, other.user.id);
});

test("a visit that was signed once is not voided after it was reopened", async () => {
  const admin = await as("hospital_admin");
  const record = await newRecord(doctor, patient);
  const signed = await finalize(doctor, record);
  const reopened = await admin.expect(200, "post", "/records/{id}/reopen", {
    path: { id: record.id },
    ifMatch: signed.revision,
    body: { reason: "wrong side" },
  });
  await doctor.refused(409, "record_was_signed", "DELETE", `/records/${record.id}?reason=gone`, {
    ifMatch: reopened.body.revision,
  });
  assert.equal((await read(record.id)).status, "draft");
});

test("a draft is voided with a reason, out of the lists, and still there", async () => {
  const marker = unique("voided");
  const record = await newRecord(doctor, patient, { notes: marker });
  const at = `/records/${record.id}`;
  const bare = await doctor.any("DELETE", at, { ifMatch: 1 });
  assert.ok([400, 422].includes(bare.status), bare.text);
  await doctor.refused(412, "version_conflict", "DELETE", `${at}?reason=x`, { ifMatch: 2 });
  await doctor.expect(204, "delete", "/records/{id}", {
    path: { id: record.id },
    query: { reason: "entered twice" },
    ifMatch: 1,
  });
  const list = await doctor.expect(200, "get", "/records", { query: { patient_id: patient } });
  assert.ok(!list.body.items.some((item) => item.id === record.id));
  const again = await doctor.any("PATCH", at, { ifMatch: 2, body: { notes: "x" } });
  assert.ok([404, 409].includes(again.status), again.text);
  const log = await (
    await as("auditor")
  ).expect(200, "get", "/audit", {
    query: { patient_id: patient, resource: "record", limit: 50 },
  });
  const entry = log.body.items.find(
    (item) => item.resource_id === record.id && item.reason === "entered twice",
  );
  assert.ok(entry, "the log has the voiding with its reason");
});

test("random operations of two clients keep versions gapless and hashes valid", async () => {
  const nurse = await as("nurse");
  const record = await newRecord(doctor, patient);
  const id = record.id;
  const path = `/records/${id}`;
  let seed = 20_260_304;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  let accepted = 1;
  const known = { doctor: 1, nurse: 1 };
  for (let step = 0; step < 60; step += 1) {
    const who = random(2) ? "doctor" : "nurse";
    const client = who === "doctor" ? doctor : nurse;
    if (random(3) === 0) known[who] = (await client.any("GET", path)).version;
    const ifMatch = known[who];
    const kind = random(6);
    const body = { notes: `step ${step}`, vital_signs: { pulse_bpm: 60 + random(40) } };
    const answer =
      kind === 0
        ? await doctor.any("POST", `${path}/finalize`, { ifMatch, body: { password } })
        : kind === 1
          ? await admin.any("POST", `${path}/reopen`, { ifMatch, body: { reason: "again" } })
          : kind === 2
            ? await doctor.any("POST", `${path}/amendments`, {
                ifMatch,
                body: { reason: `at ${step}`, changes: body },
              })
            : await client.any("PATCH", path, { ifMatch, body });
    const done = answer.status === 200 || answer.status === 201;
    assert.ok(done || answer.status === 409 || answer.status === 412, answer.text);
    if (done) {
      assert.equal(ifMatch, accepted, "only the current version can be the base of a change");
      accepted += 1;
      assert.equal(answer.version, accepted);
      known[who] = accepted;
      if (kind > 2) assert.equal(answer.body.notes, `step ${step}`);
    }
  }
  const list = await versions(id);
  assert.deepEqual(
    list.map((item) => item.version),
    Array.from({ length: list.length }, (_, i) => i + 1),
  );
  assert.equal(list.at(-1)!.revision, accepted, "every write is in a version");
  for (const item of list) {
    assert.equal(hashOf(await whole(id, item.version)), item.content_hash);
  }
});

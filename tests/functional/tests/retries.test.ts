// Idempotency-Key on every POST and PATCH of a hospital: the same request is answered the same and done once,
// another one under its key is refused, a key that is none is refused before anything is done.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { operations } from "../lib/document.ts";
import type { Client, Problem, Result, Schemas } from "../lib/client.ts";
import { pdf, put, startUpload, upload } from "../lib/files.ts";
import {
  allPages,
  as,
  finalize,
  newAccount,
  newPatient,
  newRecord,
  password,
  unique,
  VISIT,
} from "../lib/world.ts";

interface Case {
  client: Client;
  path: string;
  ifMatch?: number;
  body?: unknown;
  /** Another body, and how it is refused: as reused unless it is none at all. */
  other: unknown;
  refused?: Problem["code"];
  /** How often it was done. */
  done: () => Promise<number>;
}

let doctor: Client;
let admin: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  admin = await as("hospital_admin");
  patient = (await newPatient(doctor)).id;
});

const person = (last_name: string): Schemas["PatientCreate"] => ({
  first_name: "Retry",
  last_name,
  date_of_birth: "1980-01-01",
  sex: "other",
});
const visit = (notes: string): Record<string, unknown> => ({
  patient_id: patient,
  visit_date: VISIT,
  visit_type: "consultation",
  notes,
});

async function versions(record: number, kind: string): Promise<number> {
  const path = { id: record };
  const { body } = await doctor.expect(200, "get", "/records/{id}/versions", { path });
  return body.items.filter((item) => item.kind === kind).length;
}
async function logged(action: string, id: number, resource = "attachment"): Promise<number> {
  const query = { action, resource, limit: 200 };
  const { body } = await admin.expect(200, "get", "/audit", { query });
  return body.items.filter((item) => item.resource_id === id).length;
}
async function newFile(): Promise<Schemas["Attachment"]> {
  const record = await newRecord(doctor, patient);
  return upload(doctor, record.id, "a.pdf", "application/pdf", pdf());
}
/** What a patient of its own has of one kind, each made by the case itself. */
async function had(id: number, kind: string): Promise<number> {
  const { status, body, text } = await doctor.any("GET", `/patients/${id}/${kind}`);
  assert.equal(status, 200, text);
  return body.items.length;
}
/** One of a kind of object that belongs to a patient, to be changed. */
async function newObject(kind: string, body: unknown): Promise<{ id: number; version: number }> {
  const { id } = await newPatient(doctor);
  const made = await doctor.any("POST", `/patients/${id}/${kind}`, { body });
  assert.equal(made.status, 201, made.text);
  return made.body;
}
const newResult = (): Promise<{ id: number; version: number }> =>
  newObject("results", { test: "Potassium", value: 4.1, unit: "mmol/L" });

/** Adding one of a kind to a patient that has none. */
const adding =
  (kind: string, body: Record<string, unknown>, more: Record<string, unknown>) =>
  async (): Promise<Case> => {
    const { id } = await newPatient(doctor);
    const done = (): Promise<number> => had(id, kind);
    const path = `/patients/${id}/${kind}`;
    return { client: doctor, path, body, other: { ...body, ...more }, done };
  };

type Verb = "change" | "confirm" | "hold" | "resume" | "stop";
/** A step of a course of its own, after those that lead to it. */
const step =
  (
    verb: Verb,
    body: Record<string, unknown> = { reason: "kidneys" },
    first?: { verb: Verb; by: "doctor" | "nurse" },
  ) =>
  async (): Promise<Case> => {
    const { id } = await newPatient(doctor);
    const prescriptions = [{ medication: "Ibuprofen", dosage: "1", frequency: "daily" }];
    await finalize(doctor, await newRecord(doctor, id, { prescriptions }));
    const list = await doctor.expect(200, "get", "/patients/{id}/medications", { path: { id } });
    const course = list.body.items[0]!;
    let ifMatch = course.version!;
    if (first) {
      const by = await as(first.by);
      const at = `/medications/${course.id}/${first.verb}`;
      const led = await by.any("POST", at, { ifMatch, body: { reason: "kidneys" } });
      assert.equal(led.status, 200, led.text);
      ifMatch = led.body.version;
    }
    const done = (): Promise<number> => logged(`medication.${verb}`, course.id!, "medication");
    const other = { ...body, reason: "another" };
    return { client: doctor, path: `/medications/${course.id}/${verb}`, ifMatch, body, other, done };
  };

/** Changing one of a kind. */
const changing =
  (
    route: string,
    action: string,
    make: () => Promise<{ id: number; version: number }>,
    [body, other]: [unknown, unknown],
  ) =>
  async (): Promise<Case> => {
    const { id, version } = await make();
    const done = (): Promise<number> => logged(action, id, action.split(".")[0]);
    return { client: doctor, path: `/${route}/${id}`, ifMatch: version, body, other, done };
  };

const cases: Record<string, () => Promise<Case>> = {
  "/users": async () => {
    const email = `${unique("retry")}@demo.test`;
    const body = { email, display_name: "One", role: "nurse" };
    const done = async (): Promise<number> => {
      const users = await allPages<Schemas["User"]>(admin, "/users");
      return users.filter((item) => item.email === email).length;
    };
    const other = { ...body, display_name: "Two" };
    return { client: admin, path: "/users", body, other, done };
  },
  "/users/{id}/code": async () => {
    const { user } = await newAccount("nurse");
    const done = async (): Promise<number> => {
      const query = { action: "account.reset_code", limit: 200 };
      const { body } = await admin.expect(200, "get", "/audit", { query });
      return body.items.filter((item) => item.resource_id === user.id).length;
    };
    const path = `/users/${user.id}/code`;
    return { client: admin, path, other: { x: 1 }, refused: "invalid_fields", done };
  },
  "/patients": async () => {
    const name = unique("Retried");
    const done = async (): Promise<number> => {
      const { body } = await doctor.expect(200, "get", "/patients", { query: { q: name } });
      return body.items.filter((item) => item.last_name === name).length;
    };
    const other = { ...person(name), sex: "female" };
    return { client: doctor, path: "/patients", body: person(name), other, done };
  },
  "/records": async () => {
    const notes = unique("retry");
    const done = async (): Promise<number> => {
      const query = { patient_id: patient, limit: 200 };
      const items = await allPages<Schemas["RecordListItem"]>(doctor, "/records", query);
      return items.filter((item) => item.notes === notes).length;
    };
    const other = visit(`${notes} other`);
    return { client: doctor, path: "/records", body: visit(notes), other, done };
  },
  "/records/{id}/finalize": async () => {
    const { id } = await newRecord(doctor, patient);
    const done = (): Promise<number> => versions(id, "finalized");
    const other = { password: "not the password" };
    const path = `/records/${id}/finalize`;
    return { client: doctor, path, ifMatch: 1, body: { password }, other, done };
  },
  "/records/{id}/amendments": async () => {
    const { id } = await finalize(doctor, await newRecord(doctor, patient));
    const body = { reason: "late result", changes: { notes: "late" } };
    const done = (): Promise<number> => versions(id, "amended");
    const path = `/records/${id}/amendments`;
    const other = { ...body, reason: "another" };
    return { client: doctor, path, ifMatch: 2, body, other, done };
  },
  "/records/{id}/reopen": async () => {
    const { id } = await finalize(doctor, await newRecord(doctor, patient));
    const done = (): Promise<number> => versions(id, "reopened");
    const path = `/records/${id}/reopen`;
    const [body, other] = [{ reason: "wrong side" }, { reason: "another" }];
    return { client: admin, path, ifMatch: 2, body, other, done };
  },
  "/records/{id}/diagnoses": async () => {
    const { id } = await newRecord(doctor, patient);
    const body = { icd_code: "E11.9", diagnosis_type: "secondary" };
    const done = async (): Promise<number> => {
      const path = { id };
      const list = await doctor.expect(200, "get", "/records/{id}/diagnoses", { path });
      return list.body.items.length;
    };
    const path = `/records/${id}/diagnoses`;
    const other = { ...body, diagnosis_type: "differential" };
    return { client: doctor, path, ifMatch: 1, body, other, done };
  },
  "/templates": async () => {
    const name = unique("Retry ");
    const body = { name, visit_type: "telehealth", content: { notes: "a" } };
    const done = async (): Promise<number> => {
      const query = { visit_type: "telehealth", limit: 200 } as const;
      const list = await doctor.expect(200, "get", "/templates", { query });
      return list.body.items.filter((item) => item.name === name).length;
    };
    const other = { ...body, content: { notes: "b" } };
    return { client: doctor, path: "/templates", body, other, done };
  },
  "/records/{id}/attachments": async () => {
    const { id } = await newRecord(doctor, patient);
    const body = { file_name: "a.pdf", file_type: "application/pdf", file_size: 700 };
    const ids = new Set<number>();
    const done = async (): Promise<number> => {
      // A name's next version tells how many there were; those of asking are not counted.
      const { attachment } = await startUpload(doctor, id, body);
      ids.add(attachment.id);
      return attachment.version - ids.size;
    };
    const other = { ...body, file_size: 701 };
    return { client: doctor, path: `/records/${id}/attachments`, body, other, done };
  },
  "/attachments/{id}/complete": async () => {
    const record = await newRecord(doctor, patient);
    const bytes = pdf();
    const declared = { file_type: "application/pdf", file_size: bytes.length };
    const started = await startUpload(doctor, record.id, { file_name: "a.pdf", ...declared });
    assert.equal((await put(started, bytes)).status, 200);
    const { id } = started.attachment;
    const done = (): Promise<number> => logged("attachment.publish", id);
    const path = `/attachments/${id}/complete`;
    return { client: doctor, path, body: {}, other: { parts: [] }, done };
  },
  "/attachments/{id}/download-url": async () => {
    const { id } = await newFile();
    const done = async (): Promise<number> => {
      const { body } = await doctor.expect(200, "get", "/attachments/{id}", { path: { id } });
      return body.download_count;
    };
    const path = `/attachments/${id}/download-url`;
    return { client: doctor, path, other: { x: 1 }, refused: "invalid_fields", done };
  },
  "/attachments/{id}/restore": async () => {
    const { id } = await newFile();
    await doctor.expect(204, "delete", "/attachments/{id}", { path: { id } });
    const done = (): Promise<number> => logged("attachment.restore", id);
    const path = `/attachments/${id}/restore`;
    return { client: doctor, path, other: { x: 1 }, refused: "invalid_fields", done };
  },
  "/holds": async () => {
    const { id } = await newPatient(doctor);
    const body = { patient_id: id, reason: "a lawsuit" };
    const done = async (): Promise<number> => {
      const query = { patient_id: id };
      const list = await admin.expect(200, "get", "/holds", { query });
      return list.body.items.length;
    };
    return { client: admin, path: "/holds", body, other: { ...body, reason: "another" }, done };
  },
  "/patients/{id}/erasure": async () => {
    // Once the job has erased the patient, the kept answer is gone, too: this is done before it comes.
    const { id } = await newPatient(doctor);
    const done = async (): Promise<number> => {
      const query = { action: "erasure.request", patient_id: id };
      const { body } = await admin.expect(200, "get", "/audit", { query });
      return body.items.length;
    };
    const [body, other] = [{ reason: "asked for" }, { reason: "another" }];
    return { client: admin, path: `/patients/${id}/erasure`, body, other, done };
  },
  "/patients/{id}/allergies": adding("allergies", { substance: "Penicillin" }, { reaction: "rash" }),
  "/patients/{id}/follow-ups": adding(
    "follow-ups",
    { what_for: "Check", due: "2026-04-01" },
    { due: "2026-05-01" },
  ),
  "/patients/{id}/problems": adding("problems", { name: "Recurrent falls" }, { course: "chronic" }),
  "/patients/{id}/results": adding(
    "results",
    { test: "Potassium", value: 4.1, unit: "mmol/L" },
    { value: 4.2 },
  ),
  "/results/{id}/acknowledge": async () => {
    const { id, version } = await newResult();
    const done = (): Promise<number> => logged("result.acknowledge", id, "result");
    const path = `/results/${id}/acknowledge`;
    const [body, other] = [{ action: "Told the ward" }, { action: "another" }];
    return { client: doctor, path, ifMatch: version, body, other, done };
  },
  "/medications/{id}/stop": step("stop"),
  "/medications/{id}/hold": step("hold"),
  "/medications/{id}/resume": step("resume", { reason: "healed" }, { verb: "hold", by: "doctor" }),
  "/medications/{id}/change": step("change", { reason: "INR", changes: { dosage: "3 mg" } }),
  "/medications/{id}/confirm": step(
    "confirm",
    { accept: true, reason: "agreed" },
    { verb: "stop", by: "nurse" },
  ),
};

const changes: Record<string, () => Promise<Case>> = {
  "/users/{id}": async () => {
    const { user } = await newAccount("nurse");
    const done = (): Promise<number> => logged("account.update", user.id, "account");
    const [body, other] = [{ display_name: "Nora New" }, { display_name: "Nora Newer" }];
    return { client: admin, path: `/users/${user.id}`, body, other, done };
  },
  "/patients/{id}": async () => {
    const { id } = await newPatient(doctor);
    const done = (): Promise<number> => logged("patient.update", id, "patient");
    const [body, other] = [{ phone: "123" }, { phone: "456" }];
    return { client: doctor, path: `/patients/${id}`, ifMatch: 1, body, other, done };
  },
  "/records/{id}": async () => {
    const { id } = await newRecord(doctor, patient);
    const done = (): Promise<number> => logged("record.update", id, "record");
    const [body, other] = [{ notes: "saved" }, { notes: "saved again" }];
    return { client: doctor, path: `/records/${id}`, ifMatch: 1, body, other, done };
  },
  "/diagnoses/{id}": async () => {
    const record = await newRecord(doctor, patient);
    const added = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
      path: { id: record.id },
      ifMatch: 1,
      body: { icd_code: "E11.9", diagnosis_type: "secondary" },
    });
    // The first was adding it.
    const done = async (): Promise<number> =>
      (await logged("record.diagnose", record.id, "record")) - 1;
    const path = `/diagnoses/${added.body.id}`;
    const [body, other] = [{ notes: "since 2019" }, { notes: "since 2020" }];
    return { client: doctor, path, ifMatch: 2, body, other, done };
  },
  "/allergies/{id}": changing(
    "allergies",
    "allergy.update",
    () => newObject("allergies", { substance: "Penicillin" }),
    [{ reaction: "rash" }, { reaction: "hives" }],
  ),
  "/follow-ups/{id}": changing(
    "follow-ups",
    "follow_up.update",
    () => newObject("follow-ups", { what_for: "Check", due: "2026-04-01" }),
    [{ what_for: "CT" }, { what_for: "MRI" }],
  ),
  "/problems/{id}": changing(
    "problems",
    "problem.update",
    () => newObject("problems", { name: "Recurrent falls" }),
    [{ notes: "twice" }, { notes: "thrice" }],
  ),
  "/results/{id}": changing(
    "results",
    "result.update",
    newResult,
    [
      { value: 4.9, reason: "Tubes were swapped" },
      { value: 5.9, reason: "Tubes were swapped" },
    ],
  ),
};

/** An answer without what is signed anew each time. */
function lasting(answer: Result<any>): unknown {
  const body = { ...answer.body } as Record<string, unknown>;
  for (const name of ["upload", "url", "expires_at"]) delete body[name];
  const { location, etag } = answer.headers;
  return { status: answer.status, body, location, etag };
}

for (const [method, table] of [
  ["POST", cases],
  ["PATCH", changes],
] as const) {
  test(`every ${method} of a hospital is in this table`, () => {
    const ours = operations.filter(
      ({ method: its, path }) =>
        its === method &&
        !/^\/(auth|tenants)(\/|$)/.test(path) &&
        // Merged into what there is: sent twice, it is as if sent once.
        path !== "/me/preferences" &&
        // Needs a store that has archived the file: attachments_archive.test.ts has one.
        path !== "/attachments/{id}/restore-archive",
    );
    assert.deepEqual(Object.keys(table).sort(), ours.map((one) => one.path).sort());
    for (const operation of ours) {
      const text = JSON.stringify(operation.object);
      assert.ok(text.includes("#/components/parameters/IdempotencyKey"), operation.path);
    }
  });
}

for (const [method, route, prepare] of [
  ...Object.entries(cases).map(([route, prepare]) => ["POST", route, prepare] as const),
  ...Object.entries(changes).map(([route, prepare]) => ["PATCH", route, prepare] as const),
]) {
  test(`${method} ${route}: once for a key`, async () => {
    const { client, path, ifMatch, body, other, refused, done } = await prepare();
    for (const key of ["", "k".repeat(256), "two words"]) {
      const headers = { "idempotency-key": key };
      const answer = await client.any(method, path, { ifMatch, body, headers });
      assert.equal(answer.status, 400, `${key}: ${answer.text}`);
      assert.equal(answer.body.code, "invalid_parameter");
    }
    assert.equal(await done(), 0);

    const headers = { "idempotency-key": unique("retry-") };
    const first = await client.any(method, path, { ifMatch, body, headers });
    assert.ok([200, 201, 202].includes(first.status), first.text);
    for (let again = 0; again < 2; again += 1) {
      const replay = await client.any(method, path, { ifMatch, body, headers });
      assert.deepEqual(lasting(replay), lasting(first), replay.text);
      assert.equal(replay.headers["idempotency-replayed"], "true");
    }
    assert.equal(await done(), 1);

    const reused = "idempotency_key_reused";
    const options = { ifMatch, body: other, headers };
    await client.refused(422, refused ?? reused, method, path, options);
    const elsewhere = path === "/patients" ? "/templates" : "/patients";
    const valid = { name: "x", visit_type: "procedure", content: {} };
    await client.refused(422, reused, "POST", elsewhere, {
      body: elsewhere === "/templates" ? valid : person(unique("Elsewhere")),
      headers,
    });
    assert.equal(await done(), 1);
  });
}

test("a replayed download is signed anew, is logged, and is no second one", async () => {
  const file = await newFile();
  const headers = { "idempotency-key": unique("retry-") };
  const path = `/attachments/${file.id}/download-url`;
  const first = await doctor.any("POST", path, { headers });
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const second = await doctor.any("POST", path, { headers });
  assert.equal(second.status, 200, second.text);
  assert.notEqual(second.body.url, first.body.url);
  assert.ok(second.body.expires_at > first.body.expires_at);
  const bytes = await fetch(second.body.url as string);
  assert.equal(bytes.status, 200);
  await bytes.arrayBuffer();
  assert.equal(await logged("attachment.download_url", file.id), 2);
  const { body: now } = await doctor.expect(200, "get", "/attachments/{id}", {
    path: { id: file.id },
  });
  assert.equal(now.download_count, 1);
  const another = await newFile();
  const there = `/attachments/${another.id}/download-url`;
  await doctor.refused(422, "idempotency_key_reused", "POST", there, { headers });
  await doctor.expect(204, "delete", "/attachments/{id}", { path: { id: file.id } });
  await doctor.refused(409, "attachment_not_available", "POST", path, { headers });
});

test("downloads at once under one key are one", async () => {
  const { id } = await newFile();
  const headers = { "idempotency-key": unique("retry-") };
  const path = `/attachments/${id}/download-url`;
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => doctor.any("POST", path, { headers })),
  );
  for (const answer of answers) assert.equal(answer.status, 200, answer.text);
  const { body } = await doctor.expect(200, "get", "/attachments/{id}", { path: { id } });
  assert.equal(body.download_count, 1);
});

test("what takes no fields takes an empty body of any kind, or an empty object", async () => {
  const { id } = await newFile();
  const path = `/attachments/${id}/download-url`;
  for (const options of [{}, { body: {} }, { body: "", type: "text/plain" }]) {
    const answer = await doctor.any("POST", path, options);
    assert.equal(answer.status, 200, answer.text);
  }
  await doctor.refused(422, "invalid_fields", "POST", path, { body: [] });
  await doctor.refused(400, "invalid_json", "POST", path, { body: "{" });
});

test("wrong passwords under a known key count towards the lock-out", async () => {
  const { client, password: own, user } = await newAccount("doctor");
  const record = await newRecord(doctor, patient);
  const path = `/records/${record.id}/finalize`;
  const options = { ifMatch: 1, headers: { "idempotency-key": unique("retry-") } };
  const signed = await client.any("POST", path, { ...options, body: { password: own } });
  assert.equal(signed.status, 200, signed.text);
  assert.equal(signed.body.finalized_by, user.id);
  const guess = { ...options, body: { password: "guess" } };
  for (let tries = 0; tries < 5; tries += 1) {
    await client.refused(422, "idempotency_key_reused", "POST", path, guess);
  }
  await client.refused(429, "account_locked", "POST", path, guess);
});

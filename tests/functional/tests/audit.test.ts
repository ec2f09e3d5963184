// The log: every change with before and after, every read, every refusal, sealed into a chain.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { allPages, as, HOME, newPatient, newRecord, wardbook } from "../lib/world.ts";

type Entry = Schemas["AuditEntry"];
let doctor: Client;
let auditor: Client;
let admin: Client;

before(async () => {
  doctor = await as("doctor");
  auditor = await as("auditor");
  admin = await as("hospital_admin");
});

type Query = Record<string, string | number>;
async function entriesOf(query: Query, by: Client = auditor): Promise<Entry[]> {
  return allPages<Entry>(by, "/audit", { limit: 200, ...query }, 2_000);
}
async function entryOf(requestId: string, query: Query, by?: Client): Promise<Entry> {
  const found = (await entriesOf(query, by)).filter((entry) => entry.request_id === requestId);
  assert.equal(found.length, 1, `one entry of request ${requestId}`);
  return found[0]!;
}

test("a change carries what was before and after, a draft's the names of its fields", async () => {
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id, { notes: "before" });
  const change = await doctor.expect(200, "patch", "/records/{id}", {
    path: { id: record.id },
    ifMatch: 1,
    body: { notes: "after" },
  });
  const entry = await entryOf(change.requestId, { patient_id: patient.id }, admin);
  assert.equal(entry.action, "record.update");
  assert.equal(entry.outcome, "ok");
  assert.deepEqual(entry.changed_fields, ["notes"]);
  assert.deepEqual(entry.before, { revision: 1, version: 1, status: "draft" });
  assert.deepEqual(entry.after, {
    changed_fields: ["notes"],
    revision: 2,
    version: 1,
    status: "draft",
    content_hash: change.body.content_hash,
  });
  assert.ok(entry.ip);

  const moved = await doctor.expect(200, "patch", "/patients/{id}", {
    path: { id: patient.id },
    ifMatch: 1,
    body: { phone: "555" },
  });
  const other = await entryOf(moved.requestId, { patient_id: patient.id }, admin);
  assert.equal((other.before as Record<string, unknown>)["phone"], null);
  assert.equal((other.after as Record<string, unknown>)["phone"], "555");
});

test("without the permission for charts, the log names what was changed and shows nothing of it", async () => {
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id, { notes: "Secretum" });
  const path = { id: record.id };
  const body = { notes: "Secretius", diagnosis: "Morbus" };
  const change = await doctor.expect(200, "patch", "/records/{id}", { path, ifMatch: 1, body });
  const moved = await doctor.expect(200, "patch", "/patients/{id}", {
    path: { id: patient.id },
    ifMatch: 1,
    body: { phone: "555-0199" },
  });
  const query = { patient_id: patient.id };
  const { text } = await auditor.any("GET", "/audit", { query: { ...query, limit: 200 } });
  for (const word of ["Secret", "Morbus", "555-0199", "Tessa", "Probe", "1980-02-29"]) {
    assert.ok(!text.includes(word), word);
  }
  const shown = await entryOf(change.requestId, query);
  assert.deepEqual([shown.before, shown.after], [null, null]);
  assert.deepEqual(shown.changed_fields, ["diagnosis", "notes"]);
  const of_patient = await entryOf(moved.requestId, query);
  assert.deepEqual([of_patient.before, of_patient.after], [null, null]);
  assert.deepEqual(of_patient.changed_fields, ["content_hash", "phone", "updated_at", "version"]);
  const one = await auditor.expect(200, "get", "/audit/{id}", { path: { id: shown.id } });
  assert.deepEqual([one.body.before, one.body.after], [null, null]);
  assert.deepEqual(one.body.changed_fields, shown.changed_fields);

  const whole = await entryOf(change.requestId, query, admin);
  assert.equal((whole.after as Record<string, unknown>)["revision"], 2);
  assert.deepEqual(whole.changed_fields, shown.changed_fields);
  const read = await doctor.expect(200, "get", "/records/{id}", { path });
  const looked = await entryOf(read.requestId, query);
  assert.equal(looked.changed_fields, null, "nothing was changed");
});

test("what is of no patient is shown whole to whoever reads the log", async () => {
  const { body: made } = await doctor.expect(201, "post", "/templates", {
    body: { name: "Of nobody", visit_type: "telehealth", content: { notes: "Prefilled" } },
  });
  const entries = await entriesOf({ action: "template.create" });
  const entry = entries.find((one) => one.resource_id === made.id);
  assert.equal((entry?.after as Record<string, unknown>)["name"], "Of nobody");
});

test("a look into the log names the patients whom its entries name, and what it was asked for", async () => {
  const patient = await newPatient(doctor);
  const other = await newPatient(doctor);
  await doctor.expect(200, "get", "/patients/{id}", { path: { id: other.id } });
  const query = { action: "patient.create", limit: 2 };
  const look = await auditor.any("GET", "/audit", { query });
  const entry = await entryOf(look.requestId, { action: "audit.list" });
  assert.deepEqual(entry.patient_ids, [patient.id, other.id], "and not the one of the next page");
  assert.deepEqual(entry.filters, { action: "patient.create", limit: "2" });
  assert.ok((await entriesOf({ patient_id: other.id })).some((one) => one.id === entry.id));

  const one = await auditor.any("GET", `/audit/${look.body.items[0].id}`);
  assert.deepEqual((await entryOf(one.requestId, { action: "audit.read" })).patient_ids, [
    other.id,
  ]);
});

test("a look at looks is found for everybody whom they name, and names no more than one page can", async () => {
  const patients = [await newPatient(doctor), await newPatient(doctor)];
  const query = { action: "patient.create", limit: 2 };
  const first = await auditor.any("GET", "/audit", { query });
  const named = await entryOf(first.requestId, { action: "audit.list" });
  const ids = patients.map((patient) => patient.id);
  assert.deepEqual(named.patient_ids, ids);

  // The administrator sees of the look whom it names, in a list and by itself.
  const listed = await admin.any("GET", "/audit", { query: { action: "audit.list", limit: 200 } });
  assert.ok(listed.body.items.some((entry: Entry) => entry.id === named.id));
  const alone = await admin.any("GET", `/audit/${named.id}`);
  for (const look of [listed, alone]) {
    for (const patient of ids) {
      const found = await entriesOf({ patient_id: patient, resource: "audit" });
      assert.ok(found.some((entry) => entry.request_id === look.requestId));
    }
  }
  const of_look = await entryOf(alone.requestId, { action: "audit.read" });
  assert.deepEqual([of_look.patient_ids, of_look.look_ids], [null, [named.id]]);

  // Whoever sees that look sees its number only.
  const third = await auditor.any("GET", `/audit/${of_look.id}`);
  const of_third = await entryOf(third.requestId, { action: "audit.read" });
  assert.deepEqual([of_third.patient_ids, of_third.look_ids], [null, null]);

  // Looks at the newest looks, again and again: none is larger than its page.
  for (let i = 0; i < 5; i += 1) {
    await auditor.any("GET", "/audit", { query: { resource: "audit", limit: 3 } });
  }
  const newest = await auditor.expect(200, "get", "/audit", {
    query: { action: "audit.list", limit: 5 },
  });
  for (const entry of newest.body.items) {
    assert.equal(entry.patient_ids, null);
    assert.ok((entry.look_ids ?? []).length <= 3);
  }
});

test("a change that was refused leaves no entry of a change", async () => {
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id);
  const stale = await doctor.any("PATCH", `/records/${record.id}`, {
    ifMatch: 9,
    body: { notes: "x" },
  });
  assert.equal(stale.status, 412);
  const entries = await entriesOf({ patient_id: patient.id });
  assert.ok(
    !entries.some((entry) => entry.request_id === stale.requestId && entry.outcome === "ok"),
  );
});

test("every read of a chart is there when the answer has come", async () => {
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id);
  const at = `/records/${record.id}`;
  const reads = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      doctor.any(
        "GET",
        [at, `${at}/versions`, `${at}/versions/1`, `/patients/${patient.id}`][i % 4]!,
      ),
    ),
  );
  const entries = await entriesOf({ patient_id: patient.id });
  const seen = new Set(entries.map((entry) => entry.request_id));
  for (const read of reads) {
    assert.equal(read.status, 200);
    assert.ok(seen.has(read.requestId));
  }
});

test("filters and pages", async () => {
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id);
  for (let i = 0; i < 7; i += 1) await doctor.any("GET", `/records/${record.id}`);
  const me = (await doctor.expect(200, "get", "/me")).body.user;
  const all = await entriesOf({ patient_id: patient.id });
  const small = await allPages<Entry>(auditor, "/audit", { patient_id: patient.id, limit: 3 });
  assert.deepEqual(
    small.filter((entry) => entry.action.startsWith("record")).map((entry) => entry.id),
    all.filter((entry) => entry.action.startsWith("record")).map((entry) => entry.id),
  );
  const ids = all.map((entry) => entry.id);
  assert.deepEqual(
    ids,
    [...ids].sort((a, b) => b - a),
    "newest first",
  );
  const reads = await entriesOf({ patient_id: patient.id, action: "record.read", user_id: me.id });
  assert.equal(reads.length, 7);
  assert.ok(reads.every((entry) => entry.actor_id === me.id && entry.actor_name));
  assert.deepEqual(await entriesOf({ patient_id: patient.id, to: "2020-01-01" }), []);
  assert.deepEqual(await entriesOf({ patient_id: patient.id, from: "2999-01-01" }), []);
});

test("one entry by its id", async () => {
  const { body } = await auditor.expect(200, "get", "/audit", { query: { limit: 1 } });
  const first = body.items[0]!;
  const one = await auditor.expect(200, "get", "/audit/{id}", { path: { id: first.id } });
  assert.deepEqual({ ...one.body, sealed: true }, { ...first, sealed: true });
  await auditor.refused(404, "audit_entry_not_found", "GET", "/audit/999999999999");
});

test("who reads the log is in the log", async () => {
  const answer = await auditor.any("GET", "/audit", { query: { limit: 1 } });
  const me = (await auditor.expect(200, "get", "/me")).body.user;
  const entries = await entriesOf({ user_id: me.id, resource: "audit" });
  assert.ok(entries.some((entry) => entry.request_id === answer.requestId));
});

test("entries are sealed soon, and the chain holds", async () => {
  const patient = await newPatient(doctor);
  let sealed = false;
  for (let tries = 0; !sealed && tries < 100; tries += 1) {
    const { body } = await auditor.expect(200, "get", "/audit", {
      query: { patient_id: patient.id, action: "patient.create" },
    });
    sealed = body.items[0]?.sealed ?? false;
    if (!sealed) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(sealed, "sealed within ten seconds");
  const one = await wardbook(["audit", "verify", "--tenant", HOME]);
  assert.equal(one.code, 0, one.stdout + one.stderr);
  for (const column of ["epoch", "seals", "head", "erased"]) {
    assert.match(one.stdout, new RegExp(`\\b${column}\\b`));
  }
  const all = await wardbook(["audit", "verify"]);
  assert.equal(all.code, 0, all.stdout + all.stderr);
});

// The log: every change with before and after, every read, every refusal, sealed into a chain.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { allPages, as, HOME, newPatient, newRecord, wardbook } from "../lib/world.ts";

type Entry = Schemas["AuditEntry"];
let doctor: Client;
let auditor: Client;

before(async () => {
  doctor = await as("doctor");
  auditor = await as("auditor");
});

async function entriesOf(query: Record<string, string | number>): Promise<Entry[]> {
  return allPages<Entry>(auditor, "/audit", { limit: 200, ...query }, 2_000);
}
async function entryOf(requestId: string, query: Record<string, string | number>): Promise<Entry> {
  const found = (await entriesOf(query)).filter((entry) => entry.request_id === requestId);
  assert.equal(found.length, 1, `one entry of request ${requestId}`);
  return found[0]!;
}

test("a change carries what was before and after", async () => {
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id, { notes: "before" });
  const change = await doctor.expect(200, "patch", "/records/{id}", {
    path: { id: record.id },
    ifMatch: 1,
    body: { notes: "after" },
  });
  const entry = await entryOf(change.requestId, { patient_id: patient.id });
  assert.equal(entry.action, "record.update");
  assert.equal(entry.outcome, "ok");
  assert.equal((entry.before as Record<string, unknown>)["notes"], "before");
  assert.equal((entry.after as Record<string, unknown>)["notes"], "after");
  assert.ok(entry.ip);

  const moved = await doctor.expect(200, "patch", "/patients/{id}", {
    path: { id: patient.id },
    body: { phone: "555" },
  });
  const other = await entryOf(moved.requestId, { patient_id: patient.id, resource: "patient" });
  assert.equal((other.before as Record<string, unknown>)["phone"], null);
  assert.equal((other.after as Record<string, unknown>)["phone"], "555");
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
  const all = await wardbook(["audit", "verify"]);
  assert.equal(all.code, 0, all.stdout + all.stderr);
});

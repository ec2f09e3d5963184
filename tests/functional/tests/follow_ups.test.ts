// Follow-ups: asked for by visits or by themselves, closed only by what became of them.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { as, finalize, hired, newPatient, newRecord, password, unique } from "../lib/world.ts";

type FollowUp = Schemas["FollowUp"];

let doctor: Client;
before(async () => {
  doctor = await as("doctor");
});

async function of(id: number, by = doctor): Promise<FollowUp[]> {
  return (await by.expect(200, "get", "/patients/{id}/follow-ups", { path: { id } })).body.items;
}

async function ask(id: number, body: Schemas["FollowUpCreate"], by = doctor): Promise<FollowUp> {
  return (await by.expect(201, "post", "/patients/{id}/follow-ups", { path: { id }, body })).body;
}

async function change(one: FollowUp, body: Schemas["FollowUpPatch"]): Promise<FollowUp> {
  const { id, version } = one;
  return (await doctor.expect(200, "patch", "/follow-ups/{id}", { path: { id }, ifMatch: version, body })).body;
}

const listed = async (patient_id: number): Promise<number[]> => {
  const out: number[] = [];
  for (const follow_up of ["overdue", "due"] as const) {
    const { body } = await doctor.expect(200, "get", "/records", { query: { patient_id, follow_up } });
    out.push(...body.items.map((item) => item.id));
  }
  return out;
};

test("a wart does not close the follow-up of a lung nodule", async () => {
  const patient = (await newPatient(doctor)).id;
  const nodule = await finalize(doctor, await newRecord(doctor, patient, {
    visit_date: "2026-01-10T09:00:00Z", diagnosis: "Lung nodule, 7 mm",
    follow_up_required: true, follow_up_date: "2026-03-10", follow_up_instructions: "CT of the nodule",
  }));
  const [asked] = await of(patient);
  assert.deepEqual(
    [asked?.what_for, asked?.due, asked?.record_id, asked?.state],
    ["CT of the nodule", "2026-03-10", nodule.id, "open"],
  );
  const wart = await finalize(doctor, await newRecord(doctor, patient, {
    visit_date: "2026-03-09T09:00:00Z", visit_type: "follow_up", diagnosis: "Wart",
  }));
  const [proposed] = await of(patient);
  assert.deepEqual([proposed?.state, proposed?.proposed_record_id], ["open", wart.id], "a proposal, no more");
  assert.deepEqual(await listed(patient), [nodule.id]);
  const declined = await change(proposed!, { proposed_record_id: null });
  assert.deepEqual([declined.state, declined.proposed_record_id], ["open", null]);
});

test("a follow-up is done in a visit, moved, cancelled for a reason, or ends with a death", async () => {
  const patient = (await newPatient(doctor)).id;
  const visit = await newRecord(doctor, patient, {});
  const one = (): Promise<FollowUp> => ask(patient, { what_for: "Check", due: "2026-04-01", due_until: "2026-04-10" });
  const wrong = async (body: Schemas["FollowUpPatch"], at: string): Promise<void> => {
    const made = await one();
    const problem = await doctor.refused(422, "invalid_fields", "PATCH", `/follow-ups/${made.id}`, {
      ifMatch: made.version,
      body,
    });
    assert.equal(problem.errors?.[0]?.pointer, at);
  };
  await wrong({ outcome: "done" }, "/outcome_record_id");
  await wrong({ outcome: "cancelled" }, "/reason");
  await wrong({ outcome: "moved" }, "/due");
  await wrong({ due: "2199-01-01" }, "/reason");
  await wrong({ outcome: "done", outcome_record_id: 999_999_999 }, "/outcome_record_id");
  await wrong({ due_until: "2026-01-01", reason: "earlier" }, "/due_until");

  const done = await change(await one(), { outcome: "done", outcome_record_id: visit.id });
  assert.deepEqual([done.state, done.outcome, done.outcome_record_id], ["closed", "done", visit.id]);
  await doctor.refused(409, "conflict", "PATCH", `/follow-ups/${done.id}`, {
    ifMatch: done.version,
    body: { what_for: "Something else" },
  });
  const cancelled = await change(await one(), { outcome: "cancelled", reason: "Moved to another town" });
  assert.equal(cancelled.outcome_reason, "Moved to another town");
  assert.equal((await change(await one(), { outcome: "died" })).outcome, "died");
  const moved = await change(await one(), { outcome: "moved", due: "2026-05-01" });
  const next = (await of(patient)).find((each) => each.id === moved.moved_to);
  assert.deepEqual([next?.state, next?.due, next?.due_until, next?.moved_from], ["open", "2026-05-01", null, moved.id]);
});

test("the proposed visit is the one in which it was done, unless another is named", async () => {
  const patient = (await newPatient(doctor)).id;
  const asked = await ask(patient, { what_for: "Check", due: "2026-03-01" });
  const visit = await finalize(doctor, await newRecord(doctor, patient, { visit_type: "follow_up" }));
  const [proposed] = await of(patient);
  assert.deepEqual([proposed?.id, proposed?.version], [asked.id, 2]);
  assert.equal((await change(proposed!, { outcome: "done" })).outcome_record_id, visit.id);
});

test("a recheck on the same day is a follow-up, and a window is overdue after its last day", async () => {
  const patient = (await newPatient(doctor)).id;
  const draft = await newRecord(doctor, patient, {
    visit_date: "2026-03-04T09:30:00Z", follow_up_required: true, follow_up_date: "2026-03-04",
  });
  await finalize(doctor, draft);
  const open = await ask(patient, { what_for: "Check", due: "2026-03-01", due_until: "2199-03-01" });
  const late = await ask(patient, { what_for: "Check", due: "2026-03-01" });
  const overdue = new Map((await of(patient)).map((each) => [each.id, each.overdue]));
  assert.deepEqual([overdue.get(open.id), overdue.get(late.id)], [false, true]);
  assert.deepEqual(await listed(patient), [draft.id]);
});

test("an amendment that asks for another day, or for none, says so on the list", async () => {
  const patient = (await newPatient(doctor)).id;
  const signed = await finalize(doctor, await newRecord(doctor, patient, {
    follow_up_required: true, follow_up_date: "2026-05-01",
  }));
  const amend = async (revision: number, changes: Schemas["RecordPatch"]): Promise<Schemas["Record"]> =>
    (await doctor.expect(201, "post", "/records/{id}/amendments", {
      path: { id: signed.id }, ifMatch: revision, body: { reason: "The wrong day", changes },
    })).body;
  const amended = await amend(signed.revision, { follow_up_date: "2026-06-01" });
  assert.deepEqual((await of(patient)).map((each) => [each.due, each.state]), [["2026-06-01", "open"]]);
  await amend(amended.revision, { follow_up_required: false, follow_up_date: null });
  const [closed] = await of(patient);
  assert.deepEqual([closed?.state, closed?.outcome], ["closed", "cancelled"]);
  assert.deepEqual(await listed(patient), []);
});

test("another time zone leaves no list stale", async () => {
  const operator = await as("platform_admin");
  const tenant = unique("zones_");
  await operator.expect(201, "post", "/tenants", { body: { id: tenant, name: "Zones", time_zone: "Pacific/Kiritimati" } });
  const { client } = await hired(tenant, "doctor");
  const day = (zone: string): string => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date());
  const due = day("Pacific/Kiritimati");
  const west = ["Etc/GMT+12", "Pacific/Niue"].find((zone) => day(zone) < due);
  assert.ok(west, "it is two days on earth at any time");
  const patient = (await newPatient(client)).id;
  await ask(patient, { what_for: "Check", due: day(west) }, client);
  const counts = async (): Promise<number[]> => {
    const { body } = await client.expect(200, "get", "/worklist", {});
    return [body.follow_up_due, body.follow_up_overdue];
  };
  assert.deepEqual(await counts(), [0, 1]);
  assert.equal((await of(patient, client))[0]?.overdue, true);
  await operator.expect(200, "patch", "/tenants/{id}", { path: { id: tenant }, body: { time_zone: west } });
  assert.deepEqual(await counts(), [1, 0]);
  assert.equal((await of(patient, client))[0]?.overdue, false);
});

test("a visit that is reopened keeps its follow-up on the list", async () => {
  const patient = (await newPatient(doctor)).id;
  const signed = await finalize(doctor, await newRecord(doctor, patient, {
    follow_up_required: true, follow_up_date: "2026-05-01",
  }));
  const admin = await as("hospital_admin");
  const open = await admin.expect(200, "post", "/records/{id}/reopen", {
    path: { id: signed.id }, ifMatch: signed.revision, body: { reason: "The wrong arm" },
  });
  assert.deepEqual(await listed(patient), [signed.id]);
  await doctor.expect(200, "post", "/records/{id}/finalize", {
    path: { id: signed.id }, ifMatch: open.version, body: { password },
  });
  assert.deepEqual([await listed(patient), (await of(patient)).length], [[signed.id], 1]);
});

// 64 clients over all hospitals at once, some of which go away in the middle: every answer belongs
// to its hospital.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client } from "../lib/client.ts";
import {
  as,
  emailOf,
  newPatient,
  newRecord,
  nobody,
  password,
  psql,
  unique,
} from "../lib/world.ts";

const CLIENTS = 64;
const ROUNDS = 25;

interface Place {
  tenant: string;
  doctor: Client;
  marker: string;
  patient: number;
  record: number;
}
let places: Place[];

before(async () => {
  const problem = await nobody.refused(409, "tenant_required", "POST", "/auth/login", {
    body: { email: emailOf("doctor"), password },
  });
  places = [];
  for (const { id: tenant } of (problem.tenants ?? []).slice(0, 6)) {
    const doctor = await as("doctor", tenant);
    const marker = unique(`Marke${tenant.replace(/[^a-z0-9]/g, "")}`);
    const patient = await newPatient(doctor, { last_name: marker });
    const record = await newRecord(doctor, patient.id, { notes: marker });
    places.push({ tenant, doctor, marker, patient: patient.id, record: record.id });
  }
  assert.equal(places.length, 6);
});

async function ask(place: Place, kind: number, signal?: AbortSignal): Promise<string> {
  const { doctor, marker, patient, record } = place;
  const post = {
    patient_id: patient,
    visit_date: "2026-01-01",
    visit_type: "telehealth",
    notes: marker,
  };
  switch (kind) {
    case 0:
      return (await doctor.any("GET", `/records/${record}`, { signal })).text;
    case 1:
      return (await doctor.any("GET", `/patients/${patient}`, { signal })).text;
    case 2:
      return (await doctor.any("GET", "/patients", { query: { q: marker }, signal })).text;
    case 3:
      return (await doctor.any("GET", `/records?patient_id=${patient}&limit=5`, { signal })).text;
    case 4:
      return (await doctor.any("POST", "/records", { body: post, signal })).text;
    default:
      return (await doctor.any("GET", `/records/${record}/versions/1`, { signal })).text;
  }
}

test("every answer belongs to its hospital", async () => {
  let answered = 0;
  let left = 0;
  const client = async (number: number): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const place = places[(number + round) % places.length]!;
      const leaves = (number * 7 + round) % 5 === 0;
      const abort = new AbortController();
      const timer = leaves ? setTimeout(() => abort.abort(), (number + round) % 12) : undefined;
      try {
        const text = await ask(place, (number + round) % 6, leaves ? abort.signal : undefined);
        answered += 1;
        assert.ok(text.includes(place.marker), `${place.tenant}: ${text.slice(0, 200)}`);
        for (const other of places) {
          if (other !== place) assert.ok(!text.includes(other.marker), "another hospital's data");
        }
      } catch (error) {
        if (!abort.signal.aborted) throw error;
        left += 1;
      } finally {
        clearTimeout(timer);
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  assert.equal(answered + left, CLIENTS * ROUNDS);
  assert.ok(answered > left, `${answered} answered, ${left} left`);
  for (const place of places) {
    const me = await place.doctor.expect(200, "get", "/me");
    assert.equal(me.body.tenant?.id, place.tenant);
  }
});

test("database connections that are cut: 503 at most, nothing hangs, ready again", async () => {
  const cut =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity " +
    "WHERE usename = current_user AND pid <> pg_backend_pid()";
  let going = true;
  const seen = new Map<number, number>();
  const reader = async (number: number): Promise<void> => {
    for (let round = 0; going; round += 1) {
      const place = places[(number + round) % places.length]!;
      const body = {
        patient_id: place.patient,
        visit_date: "2026-01-01",
        visit_type: "telehealth",
      };
      const answer =
        round % 3 === 0
          ? await place.doctor.any("POST", "/records", { body })
          : await place.doctor.any("GET", `/records/${place.record}`);
      assert.ok([200, 201, 503].includes(answer.status), answer.text);
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    }
  };
  const readers = Array.from({ length: 12 }, (_, number) => reader(number));
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answer = await psql(cut);
    assert.equal(answer.code, 0, answer.stderr);
    assert.ok(Number(answer.stdout.trim()) > 0, "there were connections to cut");
  }
  going = false;
  await Promise.all(readers);
  assert.ok((seen.get(200) ?? 0) > 0, JSON.stringify([...seen]));
});

test("afterwards the service is as ready as before", async () => {
  let status = 0;
  for (let tries = 0; status !== 200 && tries < 100; tries += 1) {
    status = (await nobody.any("GET", "//readyz")).status;
    if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(status, 200);
});

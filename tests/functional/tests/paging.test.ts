// Lists: pages that stay right while others write, filters that combine, cursors that are ours.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { allPages, as, finalize, newPatient, newRecord, OTHER, unique } from "../lib/world.ts";

type Item = Schemas["RecordListItem"];

let doctor: Client;
let patient: number;
let made: Schemas["Record"][];
let marker: string;

before(async () => {
  doctor = await as("doctor");
  marker = unique("pagetest");
  patient = (await newPatient(doctor)).id;
  made = [];
  for (let i = 0; i < 25; i += 1) {
    // Several on one day: the order of equal dates must be total.
    const day = String(10 + Math.floor(i / 4)).padStart(2, "0");
    made.push(
      await newRecord(doctor, patient, {
        visit_date: `2025-05-${day}T08:00:00Z`,
        visit_type: i % 3 === 0 ? "emergency" : "consultation",
        notes: `${marker} number${i}`,
      }),
    );
  }
});

const mine = { patient_id: 0 };
const ids = (items: { id: number }[]): number[] => items.map((item) => item.id);

test("pages are complete, without repetition, newest visit first", async () => {
  mine.patient_id = patient;
  for (const limit of [1, 7, 24, 25, 26, 200]) {
    const items = await allPages<Item>(doctor, "/records", { ...mine, limit });
    assert.equal(new Set(ids(items)).size, 25, `limit ${limit}`);
    assert.equal(items.length, 25);
    const dates = items.map((item) => Date.parse(item.visit_date));
    assert.deepEqual(
      dates,
      [...dates].sort((a, b) => b - a),
    );
  }
});

test("a list item is the record with its patient's name", async () => {
  const { body } = await doctor.expect(200, "get", "/records", {
    query: { patient_id: patient, limit: 1 },
  });
  const item = body.items[0];
  assert.equal(item?.patient.id, patient);
  assert.equal(item?.patient.last_name, "Probe");
  assert.equal(item?.highlights, undefined, "only with q");
});

test("pages stay right while records are added", async () => {
  const extra = (await newPatient(doctor)).id;
  const first: number[] = [];
  for (let i = 0; i < 9; i += 1) {
    first.push((await newRecord(doctor, extra, { visit_date: `2025-07-0${i + 1}` })).id);
  }
  const seen: number[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 9; page += 1) {
    const query = { patient_id: extra, limit: 2, cursor };
    const { body } = await doctor.expect(200, "get", "/records", { query });
    seen.push(...ids(body.items));
    // One before all that were seen: an offset would now show one of them twice.
    await newRecord(doctor, extra, { visit_date: `2025-08-0${page + 1}` });
    if (body.next_cursor === null) break;
    cursor = body.next_cursor;
  }
  assert.equal(new Set(seen).size, seen.length, "nothing twice");
  assert.deepEqual(
    seen.filter((id) => first.includes(id)).sort((a, b) => a - b),
    first,
    "nothing left out",
  );
});

test("count=exact says how many in all", async () => {
  const plain = await doctor.expect(200, "get", "/records", { query: { patient_id: patient } });
  assert.equal(plain.body.total, undefined);
  const counted = await doctor.expect(200, "get", "/records", {
    query: { patient_id: patient, limit: 3, count: "exact" },
  });
  assert.equal(counted.body.total, 25);
  assert.equal(counted.body.items.length, 3);
  const rest = await doctor.expect(200, "get", "/records", {
    query: { patient_id: patient, limit: 3, count: "exact", cursor: counted.body.next_cursor! },
  });
  assert.equal(rest.body.total, 25, "of the list, not of what is left");
});

test("a cursor that was made up or changed, or is of another list or order, is refused", async () => {
  const { body } = await doctor.expect(200, "get", "/records", { query: { limit: 1 } });
  const cursor = body.next_cursor!;
  const raw = Buffer.from(cursor, "base64url");
  const [tag, content] = [raw.subarray(0, 16), raw.subarray(16)];
  const [date, id] = JSON.parse(content.toString()) as [string, string];
  const sealed = (...parts: unknown[]): string =>
    Buffer.concat([tag, Buffer.from(JSON.stringify(parts))]).toString("base64url");
  const plain = (...parts: unknown[]): string =>
    Buffer.from(JSON.stringify(parts)).toString("base64url");
  assert.equal(sealed(date, id), cursor);
  for (const wrong of [
    ...["x", "bnVsbA", `${cursor}AA`, cursor.slice(0, -4), "' OR 1=1"],
    // Past the end, where only a total would be answered.
    ...[sealed("-infinity", "0"), sealed(date, "1"), sealed(date), sealed(date, id, id)],
    // Of the program before cursors were authenticated.
    ...[plain(date, id), plain("records.-visit_date.e3b0c44298fc", date, id)],
  ]) {
    const query = { cursor: wrong, count: "exact" };
    const problem = await doctor.refused(400, "invalid_parameter", "GET", "/records", { query });
    assert.deepEqual(
      problem.errors?.map((fault) => fault.pointer),
      ["?cursor"],
      wrong,
    );
  }
  await doctor.refused(400, "invalid_parameter", "GET", "/patients", { query: { cursor } });
  await doctor.refused(400, "invalid_parameter", "GET", "/records", {
    query: { cursor, sort: "visit_date" },
  });
  const nurse = await as("nurse");
  await nurse.refused(400, "invalid_parameter", "GET", "/records", { query: { cursor } });
  const there = await as("doctor", OTHER);
  await there.refused(400, "invalid_parameter", "GET", "/records", { query: { cursor } });
});

test("no cursor asks about one patient what the list did not show", async () => {
  const someone = (await newPatient(doctor)).id;
  for (let i = 0; i < 2; i += 1) await newRecord(doctor, someone);
  const query = { limit: 1, count: "exact" } as const;
  const all = await doctor.any("GET", "/records", { query });
  const cursor = all.body.next_cursor as string;
  const filters: Record<string, string | number>[] = [
    { patient_id: someone },
    { patient_id: someone, icd: "B20" },
  ];
  for (const filter of filters) {
    await doctor.refused(400, "invalid_parameter", "GET", "/records", {
      query: { ...query, ...filter, cursor },
    });
  }
});

test("a cursor is of the filters it was made for, in every list that has some", async () => {
  const auditor = await as("auditor");
  const id = (await newPatient(doctor)).id;
  for (let i = 0; i < 3; i += 1) {
    await doctor.expect(200, "get", "/patients/{id}", { path: { id } });
  }
  for (const [client, path, filter, other] of [
    [auditor, "/audit", { patient_id: id }, { patient_id: id + 1 }],
    [doctor, "/templates", {}, { visit_type: "emergency" }],
  ] as const) {
    const query = { ...filter, limit: 1 };
    const page = await client.any("GET", path, { query });
    const cursor = String((page.body as { next_cursor?: unknown }).next_cursor);
    assert.equal((await client.any("GET", path, { query: { ...query, cursor } })).status, 200);
    const problem = await client.refused(400, "invalid_parameter", "GET", path, {
      query: { ...other, cursor },
    });
    assert.equal(problem.errors?.[0]?.pointer, "?cursor");
  }
});

test("sorting both ways", async () => {
  for (const key of ["visit_date", "created_at", "updated_at"] as const) {
    const up = await allPages<Item>(doctor, "/records", { ...mine, sort: key, limit: 4 });
    const down = await allPages<Item>(doctor, "/records", { ...mine, sort: `-${key}`, limit: 4 });
    assert.deepEqual(ids(up), ids(down).reverse(), key);
    const values = up.map((item) => item[key]);
    assert.deepEqual(values, [...values].sort());
  }
});

test("filters, alone and together", async () => {
  const some = await doctor.expect(200, "get", "/records", {
    query: { patient_id: patient, visit_type: "emergency", limit: 200 },
  });
  assert.equal(some.body.items.length, 9);
  assert.ok(some.body.items.every((item) => item.visit_type === "emergency"));

  const days = await doctor.expect(200, "get", "/records", {
    query: { patient_id: patient, from: "2025-05-11", to: "2025-05-12", limit: 200 },
  });
  assert.equal(days.body.items.length, 8, "a date as `to` includes its day");
  const hours = await doctor.expect(200, "get", "/records", {
    query: { patient_id: patient, from: "2025-05-11T08:00:00Z", to: "2025-05-11T08:00:01Z" },
  });
  assert.equal(hours.body.items.length, 4);

  const signed = await finalize(doctor, made[3]!);
  const finals = await doctor.expect(200, "get", "/records", {
    query: { patient_id: patient, status: "finalized" },
  });
  assert.deepEqual(ids(finals.body.items), [signed.id]);

  const all = await doctor.expect(200, "get", "/records", {
    query: {
      patient_id: patient,
      doctor_id: signed.doctor_id,
      status: "draft",
      visit_type: "emergency",
      from: "2025-05-10",
      to: "2025-05-11",
      q: marker,
    },
  });
  assert.ok(all.body.items.length > 0);
  for (const item of all.body.items) {
    assert.equal(item.status, "draft");
    assert.equal(item.visit_type, "emergency");
    assert.ok(item.visit_date < "2025-05-12");
  }
  const nobodys = await doctor.expect(200, "get", "/records", {
    query: { patient_id: 999_999_999_999 },
  });
  assert.deepEqual(nobodys.body, { items: [], next_cursor: null });
});

test("the follow-up worklist: due and overdue", async () => {
  const someone = (await newPatient(doctor)).id;
  const visit = (day: string, date: string): Promise<Schemas["Record"]> =>
    newRecord(doctor, someone, {
      visit_date: `${day}T08:00:00Z`,
      follow_up_required: true,
      follow_up_date: date,
    });
  const worklist = async (follow_up: "due" | "overdue"): Promise<number[]> => {
    const query = { patient_id: someone, follow_up };
    return ids((await doctor.expect(200, "get", "/records", { query })).body.items);
  };
  const late = await visit("2025-05-10", "2025-06-01");
  assert.deepEqual(await worklist("overdue"), [late.id]);
  assert.deepEqual(await worklist("due"), []);
  const planned = await visit("2025-06-02", "2199-06-01");
  assert.deepEqual(await worklist("overdue"), [late.id]);
  assert.deepEqual(await worklist("due"), [planned.id]);
});

test("full text: words, several words, beginnings, highlights, pages", async () => {
  const one = await doctor.expect(200, "get", "/records", { query: { q: `${marker} number7` } });
  assert.deepEqual(ids(one.body.items), [made[7]!.id]);
  const item = one.body.items[0]!;
  assert.ok((item.rank ?? 0) > 0);
  assert.ok(
    item.highlights?.some((snippet) => snippet.includes("<mark>")),
    "matches are marked",
  );
  const many = await allPages<Item>(doctor, "/records", { q: marker, limit: 10 });
  assert.equal(new Set(ids(many)).size, 25);
  assert.equal(many.length, 25);
  const ranks = many.map((found) => found.rank ?? 0);
  assert.deepEqual(
    ranks,
    [...ranks].sort((a, b) => b - a),
    "best first",
  );
  const prefix = await doctor.expect(200, "get", "/records", {
    query: { q: marker.slice(0, -1), patient_id: patient },
  });
  assert.ok(prefix.body.items.length > 0, "the beginning of a word finds it");
});

test("full text: whatever is typed is words, never syntax", async () => {
  for (const q of ["'", "a & | !", "(((", "<->", "%", "\\", ":*", "a:b", "';--", '"open', "🩺"]) {
    const answer = await doctor.any("GET", "/records", { query: { q } });
    assert.equal(answer.status, 200, `${q}: ${answer.text}`);
  }
});

test("snippets are safe to show as HTML", async () => {
  const word = unique("snippet");
  await newRecord(doctor, patient, { notes: `<script>alert(1)</script> ${word} <b>bold</b>` });
  const { body } = await doctor.expect(200, "get", "/records", { query: { q: word } });
  const snippets = body.items.flatMap((item) => item.highlights ?? []);
  assert.ok(snippets.length > 0);
  for (const snippet of snippets) {
    assert.ok(!/<(?!\/?mark>)/.test(snippet), snippet);
  }
});

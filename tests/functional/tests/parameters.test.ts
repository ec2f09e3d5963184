// Parameters of the query where there are few: known ones once, in UTF-8, and nothing beside them.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { allPages, as, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;
let record: Schemas["Record"];
let path: string;

before(async () => {
  doctor = await as("doctor");
  record = await newRecord(doctor, (await newPatient(doctor)).id);
  path = `/records/${record.id}`;
});

test("DELETE of a record: one reason, of text", async () => {
  const table: [string, number, string[] | undefined][] = [
    ["?reason=a&reason=b", 400, ["?reason"]],
    ["?reason=a&why=b", 400, ["?why"]],
    ["?reason=a%07b", 422, ["/reason"]],
    ["?reason=%ff", 400, undefined],
    ["?reason=%c3%28", 400, undefined],
    ["?reason=%ed%a0%80", 400, undefined],
    ["?%ff=1&reason=a", 400, undefined],
    ["", 422, ["/reason"]],
    ["?reason=", 422, ["/reason"]],
    ["?reason=%20%0A", 422, ["/reason"]],
    [`?reason=${"x".repeat(2_001)}`, 422, ["/reason"]],
  ];
  for (const [query, status, at] of table) {
    const answer = await doctor.any("DELETE", path + query, { ifMatch: 1 });
    assert.equal(answer.status, status, `${query}: ${answer.text}`);
    if (at) assert.deepEqual(pointers(answer.body), at, query);
  }
  const draft = await newRecord(doctor, record.patient_id);
  const reason = `${"ü".repeat(1_990)}\nline`;
  const gone = `/records/${draft.id}?reason=${encodeURIComponent(reason)}`;
  const done = await doctor.any("DELETE", gone, { ifMatch: 1 });
  assert.equal(done.status, 204, done.text);
  const list = await doctor.any("GET", `/records/${draft.id}/versions`);
  assert.equal(list.body.items[1].reason, reason);
});

test("what is not UTF-8 is refused wherever it is asked", async () => {
  for (const list of ["/patients?q=%ff", "/records?q=%ff", "/icd10?q=%c0%80", "/templates?x=%ff"]) {
    await doctor.refused(400, "bad_request", "GET", list);
  }
});

test("lengths are counted in characters", async () => {
  const table: [string, number][] = [["/records", 500], ["/patients", 200], ["/icd10", 200]];
  for (const [list, most] of table) {
    for (const letter of ["u", "ü", "龙", "🩺"]) {
      const asked = (n: number): Promise<{ status: number }> =>
        doctor.any("GET", list, { query: { q: letter.repeat(n) } });
      assert.equal((await asked(most)).status, 200, `${list} ${letter}`);
      assert.equal((await asked(most + 1)).status, 400, `${list} ${letter}`);
    }
  }
});

test("a version beyond all numbers is not there", async () => {
  for (const n of ["2147483647", "2147483648", "9223372036854775807"]) {
    await doctor.refused(404, "version_not_found", "GET", `${path}/versions/${n}`);
    await doctor.refused(404, "version_not_found", "GET", `${path}/versions/1?diff=${n}`);
  }
  await doctor.refused(404, "version_not_found", "GET", `${path}/versions/9223372036854775808`);
  const wrong = ["9223372036854775808", "0", "-1", "abc", "", "1&diff=1", "1&x=1"];
  for (const query of wrong.map((diff) => `?diff=${diff}`)) {
    await doctor.refused(400, "invalid_parameter", "GET", `${path}/versions/1${query}`);
  }
});

test("versions of a record are counted", async () => {
  // A change by another account is a version of its own.
  for (const [i, role] of (["nurse", "doctor", "nurse"] as const).entries()) {
    const author = await as(role);
    await author.any("PATCH", path, { ifMatch: i + 1, body: { notes: `n ${i}` } });
  }
  const page = await doctor.any("GET", `${path}/versions?count=exact&limit=2`);
  assert.equal(page.body.total, 4);
  assert.equal(page.body.items.length, 2);
  const plain = await doctor.any("GET", `${path}/versions`);
  assert.ok(!("total" in plain.body));
  await doctor.refused(400, "invalid_parameter", "GET", `${path}/versions?count=some`);
});

test("diagnoses of a record are paged as other lists are", async () => {
  const draft = await newRecord(doctor, record.patient_id);
  const at = `/records/${draft.id}/diagnoses`;
  const made: number[] = [];
  for (const [i, icd_code] of ["E11.9", "I10", "J18.9", "E78.5"].entries()) {
    const body = { icd_code, diagnosis_type: i === 2 ? "primary" : "secondary" };
    const added = await doctor.any("POST", at, { ifMatch: i + 1, body });
    assert.equal(added.status, 201, added.text);
    made.push(added.body.id as number);
  }
  for (const limit of [1, 3, 4, 200]) {
    const items = await allPages<Schemas["Diagnosis"]>(doctor, at, { limit });
    assert.deepEqual(
      items.map((item) => item.id),
      made,
      `limit ${limit}`,
    );
  }
  const page = await doctor.any("GET", `${at}?limit=1&count=exact`);
  assert.equal(page.body.total, 4);
  const wrong = ["limit=0", "limit=201", "count=all", "cursor=x", "sort=id", "limit=1&limit=1"];
  for (const query of wrong) {
    const problem = await doctor.refused(400, "invalid_parameter", "GET", `${at}?${query}`);
    assert.deepEqual(pointers(problem), [`?${query.split("=")[0]}`]);
  }
  const other = await doctor.any("GET", `${path}/diagnoses?cursor=${page.body.next_cursor}`);
  assert.equal(other.status, 400, "a cursor of another record's list");
});

test("one fault for each parameter", async () => {
  const table: [string, string][] = [
    [`/icd10?q=${"x".repeat(201)}`, "?q"],
    ["/icd10?q=a&q=b", "?q"],
    ["/icd10?q=a%07", "?q"],
    [`/records?cursor=${"A".repeat(2_001)}`, "?cursor"],
    ["/records?=1", "?"],
  ];
  for (const [query, at] of table) {
    const problem = await doctor.refused(400, "invalid_parameter", "GET", query);
    assert.deepEqual(pointers(problem), [at], query);
  }
  const auditor = await as("auditor");
  for (const name of ["action", "resource"]) {
    const problem = await auditor.refused(400, "invalid_parameter", "GET", `/audit?${name}=`);
    assert.deepEqual(pointers(problem), [`?${name}`]);
  }
});

test("a tab that was typed is a blank", async () => {
  for (const list of ["/patients", "/records", "/icd10"]) {
    const answer = await doctor.any("GET", `${list}?q=a%09b&limit=1`);
    assert.equal(answer.status, 200, answer.text);
  }
});

test("a template that is not there: nothing else is missing for it", async () => {
  const body = { patient_id: record.patient_id, visit_date: "2026-03-04" };
  for (const template_id of [99_999_999, "x"]) {
    const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", {
      body: { ...body, template_id },
    });
    assert.deepEqual(pointers(problem), ["/template_id"]);
  }
});

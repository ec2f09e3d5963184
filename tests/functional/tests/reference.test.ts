// ICD-10-CM and templates.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client } from "../lib/client.ts";
import { as, newPatient, newRecord, unique } from "../lib/world.ts";

let doctor: Client;

before(async () => {
  doctor = await as("doctor");
});

test("codes by prefix and by words in any order, with typing errors", async () => {
  const find = async (q: string): Promise<string[]> => {
    const { body } = await doctor.expect(200, "get", "/icd10", { query: { q } });
    return body.items.map((item) => item.code);
  };
  for (const q of ["E11.9", "e119", "E119"]) assert.equal((await find(q))[0], "E11.9", q);
  assert.ok((await find("E11")).every((code) => code.startsWith("E11")));
  for (const q of ["type 2 diabetes", "diabetes type 2", "diabtes type 2"]) {
    assert.ok(
      (await find(q)).some((code) => code.startsWith("E11")),
      q,
    );
  }
  assert.deepEqual(await find("qqqqzzzz"), []);
  for (const q of ["%", "'", "\\", "(", "E11%"]) await find(q);
  for (const q of ["hyperthyroidism", "hypervolemia"]) {
    assert.ok((await find(q)).every((code) => !/^E(03|86)/.test(code)), `${q} is not hypo-`);
  }
});

test("one fault for one parameter of a search", async () => {
  for (const [query, message] of [
    [`?q=${"a".repeat(201)}`, /longer than 200/],
    ["?q=a&q=b", /more than once/],
    ["?q=%20", /is required/],
    ["", /is required/],
  ] as const) {
    const problem = await doctor.refused(400, "invalid_parameter", "GET", `/icd10${query}`);
    assert.deepEqual(pointers(problem), ["?q"]);
    assert.match(problem.errors?.[0]?.message ?? "", message);
  }
});

test("a diagnosis takes its code's title; unknown codes are refused with the nearest", async () => {
  const patient = (await newPatient(doctor)).id;
  const { id } = await newRecord(doctor, patient);
  const at = `/records/${id}/diagnoses`;
  const added = await doctor.any("POST", at, {
    ifMatch: 1,
    body: { icd_code: "E11.9", diagnosis_type: "primary" },
  });
  assert.equal(added.status, 201, added.text);
  assert.match(added.body.diagnosis_name, /diabetes/i);
  for (const icd_code of ["J18.9999", "E11.Z"]) {
    const problem = await doctor.refused(422, "invalid_fields", "POST", at, {
      ifMatch: 2,
      body: { icd_code, diagnosis_type: "secondary" },
    });
    assert.equal(problem.errors?.[0]?.pointer, "/icd_code");
    assert.ok(problem.errors?.[0]?.message.includes(icd_code.slice(0, 3)), "the nearest are named");
  }
});

test("a template pre-fills a draft, and what is sent beside it wins", async () => {
  const made = await doctor.expect(201, "post", "/templates", {
    body: {
      name: unique("Template "),
      visit_type: "procedure",
      specialty: "surgery",
      content: { physical_examination: "From the template", treatment_plan: "Plan" },
    },
  });
  assert.equal(made.body.version, 1);
  const patient = (await newPatient(doctor)).id;
  const record = await newRecord(doctor, patient, {
    template_id: made.body.id,
    visit_type: "procedure",
    treatment_plan: "Mine",
  });
  assert.equal(record.physical_examination, "From the template");
  assert.equal(record.treatment_plan, "Mine");
  assert.equal(record.template_id, made.body.id);

  const path = { id: made.body.id };
  const changed = await doctor.expect(200, "put", "/templates/{id}", {
    path,
    ifMatch: 1,
    body: { name: made.body.name, visit_type: "procedure", content: { notes: "Second" } },
  });
  assert.equal(changed.body.version, 2);
  const stale = { name: "x", visit_type: "procedure", content: {} };
  await doctor.refused(412, "version_conflict", "PUT", `/templates/${path.id}`, {
    ifMatch: 1,
    body: stale,
  });
  await doctor.expect(204, "delete", "/templates/{id}", { path, ifMatch: 2 });
  await doctor.refused(404, "template_not_found", "GET", `/templates/${path.id}`);
});

test("there are built-in templates, and they stay as they are", async () => {
  const { body } = await doctor.expect(200, "get", "/templates", { query: { limit: 200 } });
  const types = new Set(body.items.filter((item) => item.built_in).map((item) => item.visit_type));
  for (const type of ["consultation", "follow_up", "procedure", "emergency"] as const) {
    assert.ok(types.has(type), type);
  }
  const one = body.items.find((item) => item.built_in)!;
  const answer = await doctor.any("DELETE", `/templates/${one.id}`, { ifMatch: one.version });
  assert.equal(answer.status, 409, answer.text);
});

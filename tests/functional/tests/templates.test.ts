// Templates: what they may hold, their versions, and the records that start from them.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { allPages, as, newPatient, newRecord, OTHER, ROLES, unique, VISIT } from "../lib/world.ts";

type Template = Schemas["Template"];

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

function written(fields: Partial<Schemas["TemplateWrite"]> = {}): Schemas["TemplateWrite"] {
  return { name: unique("Template "), visit_type: "procedure", content: {}, ...fields };
}
async function newTemplate(fields: Partial<Schemas["TemplateWrite"]> = {}): Promise<Template> {
  return (await doctor.expect(201, "post", "/templates", { body: written(fields) })).body;
}
function visit(fields: Record<string, unknown>): Record<string, unknown> {
  return { patient_id: patient, visit_date: VISIT, ...fields };
}

test("earlier versions stay readable, by every role of the hospital, after the end too", async () => {
  const first = await newTemplate({ specialty: "surgery", content: { notes: "one" } });
  const path = { id: first.id };
  for (const [version, notes] of [[2, "two"], [3, "three"]] as const) {
    const body = { ...written({ content: { notes } }), name: `${first.name} ${version}` };
    const ifMatch = version - 1;
    const changed = await doctor.expect(200, "put", "/templates/{id}", { path, ifMatch, body });
    assert.equal(changed.version, version);
    assert.equal(changed.body.specialty, "general", "PUT replaces the whole");
  }
  const check = async (client: Client): Promise<void> => {
    const query = { count: "exact" } as const;
    const list = await client.expect(200, "get", "/templates/{id}/versions", { path, query });
    assert.equal(list.body.total, 3);
    assert.equal(list.body.next_cursor, null);
    assert.deepEqual(
      list.body.items.map((item) => [item.version, item.specialty, item.content]),
      [
        [1, "surgery", { notes: "one" }],
        [2, "general", { notes: "two" }],
        [3, "general", { notes: "three" }],
      ],
    );
    for (const item of list.body.items) {
      const one = await client.expect(200, "get", "/templates/{id}/versions/{n}", {
        path: { ...path, n: item.version },
      });
      assert.deepEqual(one.body, item);
      assert.equal(item.template_id, first.id);
      assert.equal(item.changed_by, first.created_by);
    }
  };
  for (const role of ROLES.filter((name) => name !== "platform_admin")) await check(await as(role));
  const at = `/templates/${first.id}/versions`;
  for (const limit of [1, 2, 3]) {
    const items = await allPages<Schemas["TemplateVersion"]>(doctor, at, { limit });
    assert.deepEqual(
      items.map((item) => item.version),
      [1, 2, 3],
    );
  }
  await doctor.expect(204, "delete", "/templates/{id}", { path, ifMatch: 3 });
  await doctor.refused(404, "template_not_found", "GET", `/templates/${first.id}`);
  await check(doctor);

  for (const n of ["0", "4", "x", "2147483648", "9223372036854775807", "99999999999999999999"]) {
    await doctor.refused(404, "version_not_found", "GET", `${at}/${n}`);
  }
  await doctor.refused(404, "template_not_found", "GET", "/templates/999999999999/versions");
  await doctor.refused(404, "template_not_found", "GET", "/templates/999999999999/versions/1");
  const wrong = await doctor.refused(400, "invalid_parameter", "GET", `${at}?limit=0&x=1`);
  assert.deepEqual(pointers(wrong), ["?limit", "?x"]);
  const there = await as("doctor", OTHER);
  assert.ok(!(await there.any("GET", at)).text.includes(first.name));
  const operator = await as("platform_admin");
  await operator.refused(403, "forbidden", "GET", at);
});

test("built-in templates have their first version", async () => {
  const { body } = await doctor.expect(200, "get", "/templates", { query: { limit: 200 } });
  for (const item of body.items.filter((one) => one.built_in)) {
    const path = { id: item.id, n: 1 };
    const version = await doctor.expect(200, "get", "/templates/{id}/versions/{n}", { path });
    assert.deepEqual(version.body.content, item.content);
    assert.equal(version.body.changed_by, null);
  }
});

test("a name and a specialty are never blank", async () => {
  const own = await newTemplate();
  for (const blank of ["", "  "]) {
    for (const field of ["name", "specialty"]) {
      const body = { ...written(), [field]: blank };
      for (const [method, path, ifMatch] of [
        ["POST", "/templates", undefined],
        ["PUT", `/templates/${own.id}`, 1],
      ] as const) {
        const problem = await doctor.refused(422, "invalid_fields", method, path, {
          ifMatch,
          body,
        });
        assert.deepEqual(pointers(problem), [`/${field}`], `${field} "${blank}"`);
      }
    }
  }
  assert.equal((await newTemplate({ specialty: null })).specialty, "general");
});

test("a specialty is found however it is written", async () => {
  const specialty = unique("Pädiatrie ");
  const own = await newTemplate({ specialty });
  const wide = specialty.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
  const decomposed = specialty.normalize("NFD");
  for (const asked of [specialty, specialty.toUpperCase(), specialty.toLowerCase(), wide, decomposed]) {
    const query = { specialty: asked, count: "exact" } as const;
    const { body } = await doctor.expect(200, "get", "/templates", { query });
    assert.deepEqual(
      body.items.map((item) => item.id),
      [own.id],
      asked,
    );
    assert.equal(body.total, 1);
    assert.equal(body.items[0]!.specialty, specialty, "kept as it was written");
  }
});

test("a template may ask for a follow-up; the day is the record's", async () => {
  const own = await newTemplate({
    content: { follow_up_required: true, follow_up_instructions: "Fasting" },
  });
  const without = visit({ template_id: own.id });
  const open = await doctor.any("POST", "/records", { body: without });
  assert.equal(open.status, 201, open.text);
  assert.deepEqual(
    open.body.incomplete.map((missing: { pointer: string }) => missing.pointer),
    ["/follow_up_date"],
  );
  const dated = await doctor.any("POST", "/records", {
    body: { ...without, follow_up_date: "2026-04-01" },
  });
  assert.equal(dated.status, 201, dated.text);
  assert.equal(dated.body.follow_up_required, true);
  assert.equal(dated.body.follow_up_instructions, "Fasting");
  for (const not of [false, null]) {
    const answer = await doctor.any("POST", "/records", {
      body: { ...without, follow_up_required: not },
    });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.follow_up_required, false);
  }
});

test("what is the record's own is not for a template to fill", async () => {
  const own = {
    patient_id: patient,
    doctor_id: 1,
    visit_date: VISIT,
    visit_type: "procedure",
    follow_up_date: "2026-04-01",
  };
  for (const [field, value] of Object.entries(own)) {
    const body = { ...written(), content: { notes: "x", [field]: value } };
    const problem = await doctor.refused(422, "invalid_fields", "POST", "/templates", { body });
    assert.deepEqual(problem.errors, [
      { pointer: `/content/${field}`, message: "is not for a template to fill" },
    ]);
  }
  const content = { follow_up_required: "yes", diagnoses: [], surprise: 1, id: 1 };
  const problem = await doctor.refused(422, "invalid_fields", "POST", "/templates", {
    body: { ...written(), content },
  });
  assert.deepEqual(
    pointers(problem),
    Object.keys(content)
      .map((field) => `/content/${field}`)
      .sort(),
  );
});

test("each built-in template pre-fills exactly what it says", async () => {
  const { body } = await doctor.expect(200, "get", "/templates", { query: { limit: 200 } });
  const plain = await newRecord(doctor, patient, { chief_complaint: null });
  const builtIn = body.items.filter((item) => item.built_in);
  assert.ok(builtIn.length >= 4);
  const own = /^(id|record_number|created_at|updated_at|content_hash|template_.*|visit_type)$/;
  for (const item of builtIn) {
    const made = await doctor.any("POST", "/records", { body: visit({ template_id: item.id }) });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.template_id, item.id);
    assert.equal(made.body.template_version, item.version);
    assert.equal(made.body.visit_type, item.visit_type);
    const expected: Record<string, unknown> = { ...plain, ...item.content };
    for (const [field, value] of Object.entries(expected)) {
      if (!own.test(field)) assert.deepEqual(made.body[field], value, `${item.name} ${field}`);
    }
  }
});

test("what is sent wins over the template, null too", async () => {
  const own = await newTemplate({
    content: {
      notes: "From the template",
      treatment_plan: "Plan",
      vital_signs: { pulse_bpm: 70, weight_kg: 80 },
    },
  });
  const made = await doctor.any("POST", "/records", {
    body: visit({
      template_id: own.id,
      visit_type: "telehealth",
      notes: null,
      vital_signs: { pulse_bpm: 99 },
    }),
  });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.visit_type, "telehealth");
  assert.equal(made.body.notes, null);
  assert.equal(made.body.treatment_plan, "Plan");
  assert.deepEqual(made.body.vital_signs, { pulse_bpm: 99 });
});

test("a template that is not there is a fault of the record", async () => {
  const own = await newTemplate();
  await doctor.expect(204, "delete", "/templates/{id}", { path: { id: own.id }, ifMatch: 1 });
  for (const template_id of [own.id, 999_999_999_999, 0, "one"]) {
    const body = visit({ template_id, visit_type: "procedure" });
    const problem = await doctor.refused(422, "invalid_fields", "POST", "/records", { body });
    assert.deepEqual(pointers(problem), ["/template_id"], String(template_id));
  }
});

test("built-in templates stay as they are, and only some roles write their own", async () => {
  const { body } = await doctor.expect(200, "get", "/templates", { query: { limit: 200 } });
  const path = `/templates/${body.items.find((item) => item.built_in)!.id}`;
  await doctor.refused(409, "conflict", "PUT", path, { ifMatch: 1, body: written() });
  await doctor.refused(409, "conflict", "DELETE", path, { ifMatch: 1 });
  for (const role of ROLES.filter((name) => name !== "platform_admin")) {
    const client = await as(role);
    const made = await client.any("POST", "/templates", { body: written() });
    assert.equal(made.status, ["doctor", "hospital_admin"].includes(role) ? 201 : 403, role);
    await client.expect(200, "get", "/templates", {});
  }
});

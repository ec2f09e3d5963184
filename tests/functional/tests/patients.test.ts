// Patients: registered, changed, and found as people type.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { pointers, type Client, type Schemas } from "../lib/client.ts";
import { allPages, as, newPatient, newRecord, OTHER, psql, unique } from "../lib/world.ts";

type Patient = Schemas["Patient"];
let clerk: Client;

before(async () => {
  clerk = await as("receptionist");
});

async function find(q: string): Promise<Patient[]> {
  return (await clerk.expect(200, "get", "/patients", { query: { q } })).body.items;
}

test("registered with a number of its own or the next free one", async () => {
  const given = await newPatient(clerk);
  assert.match(given.patient_number, /^P-\d{6,}$/);
  const chosen = unique("HOSP-");
  const own = await newPatient(clerk, { patient_number: chosen });
  assert.equal(own.patient_number, chosen);
  await clerk.refused(409, "patient_number_taken", "POST", "/patients", {
    body: {
      first_name: "A",
      last_name: "B",
      date_of_birth: "1980-01-01",
      sex: "male",
      patient_number: chosen,
    },
  });
  await clerk.refused(409, "patient_number_taken", "PATCH", `/patients/${given.id}`, {
    ifMatch: 1,
    body: { patient_number: chosen },
  });
});

test("everything is kept as it was given", async () => {
  const made = await newPatient(clerk, {
    first_name: "Zoë",
    last_name: "O'Brien-Łukasiewicz",
    sex: "other",
    phone: "+351 21 000 00 00",
    email: "zoe@example.org",
    address: "1 High Street\n2nd floor",
    emergency_contact: "Sam, sister",
  });
  assert.deepEqual([made.allergies, made.allergy_status], [[], "not_asked"]);
  const read = await clerk.expect(200, "get", "/patients/{id}", { path: { id: made.id } });
  assert.deepEqual(read.body, made);
  assert.equal(read.version, 1);
});

test("changed by merge patch, with If-Match", async () => {
  const made = await newPatient(clerk, { phone: "1", email: "a@b.example" });
  const path = { id: made.id };
  const one = await clerk.expect(200, "patch", "/patients/{id}", {
    path,
    ifMatch: 1,
    body: { phone: "2", email: null },
  });
  await clerk.refused(428, "if_match_required", "PATCH", `/patients/${made.id}`, {
    body: { phone: "3" },
  });
  assert.equal(one.body.phone, "2");
  assert.equal(one.body.email, null);
  assert.equal(one.body.first_name, made.first_name);
  assert.equal(one.version, 2);
  await clerk.refused(412, "version_conflict", "PATCH", `/patients/${made.id}`, {
    ifMatch: 1,
    body: { phone: "3" },
  });
  await clerk.expect(200, "patch", "/patients/{id}", { path, ifMatch: 2, body: { phone: "3" } });
  const problem = await clerk.refused(422, "invalid_fields", "PATCH", `/patients/${made.id}`, {
    ifMatch: 3,
    body: { id: 5, first_name: null, version: 9, nickname: "x" },
  });
  const at = (problem.errors ?? []).map((fault) => fault.pointer).sort();
  assert.deepEqual(at, ["/first_name", "/id", "/nickname", "/version"]);
});

test("found by name with typing errors, transpositions, accents and in any order", async () => {
  // Names that nobody in the demo has, so that the first answer is the one that is meant.
  const tail = unique("")
    .replace(/[^a-z]/g, "x")
    .slice(-5);
  const john = await newPatient(clerk, { first_name: "John", last_name: `Quillfeather${tail}` });
  const jose = await newPatient(clerk, { first_name: "José", last_name: `Müllerström${tail}` });
  const cases: [string, Patient][] = [
    [`John Quillfeather${tail}`, john],
    [`Jhon Quillfeather${tail}`, john],
    [`Quillfeather${tail} John`, john],
    [`john quilfeather${tail}`, john],
    [`Jon Quillfaether${tail}`, john],
    [`quillfeather${tail}`, john],
    [`QUILLFEATHER${tail.toUpperCase()}`, john],
    [`Jose Mullerstrom${tail}`, jose],
    [`josé müllerström${tail}`, jose],
  ];
  for (const [q, wanted] of cases) {
    const [first] = await find(q);
    assert.equal(first?.id, wanted.id, q);
  }
});

test("found by number and by birth date", async () => {
  const number = unique("QX-");
  const made = await newPatient(clerk, { patient_number: number, date_of_birth: "1911-11-11" });
  for (const q of [number, number.toLowerCase(), number.slice(0, -2), "1911-11-11", "11.11.1911"]) {
    assert.ok(
      (await find(q)).some((patient) => patient.id === made.id),
      q,
    );
  }
  assert.ok(!(await find("1911-11-12")).some((patient) => patient.id === made.id));
});

test("whatever is typed is a name, never syntax", async () => {
  for (const q of ["%", "_", "'", "\\", "';--", "a%b", "  ", "🩺", "x".repeat(200)]) {
    const answer = await clerk.any("GET", "/patients", { query: { q } });
    assert.equal(answer.status, 200, `${q}: ${answer.text}`);
  }
  assert.deepEqual(await find("%"), []);
});

test("the list is by name, whole, in pages of any size, also of a search", async () => {
  const family = unique("Zwölfnamig");
  for (let i = 0; i < 12; i += 1) {
    await newPatient(clerk, { first_name: `Kind ${i % 4}`, last_name: family });
  }
  const found = await allPages<Patient>(clerk, "/patients", { q: family, limit: 5 });
  const members = found.filter((patient) => patient.last_name === family);
  assert.equal(new Set(members.map((patient) => patient.id)).size, 12);
  assert.equal(members.length, 12);

  const all = await allPages<Patient>(clerk, "/patients", { limit: 200 });
  const small = await allPages<Patient>(clerk, "/patients", { limit: 37 });
  assert.deepEqual(
    small.map((patient) => patient.id),
    all.map((patient) => patient.id),
  );
  const counted = await clerk.expect(200, "get", "/patients", {
    query: { limit: 1, count: "exact" },
  });
  assert.equal(counted.body.total, all.length);
});

test("patients that are not there", async () => {
  await clerk.refused(404, "patient_not_found", "GET", "/patients/999999999999");
  await clerk.refused(404, "patient_not_found", "PATCH", "/patients/999999999999", {
    body: { phone: "1" },
  });
});

test("a list shows up in the log with everybody it has shown", async () => {
  const family = unique("Nachverfolgt");
  const one = await newPatient(clerk, { last_name: family });
  const answer = await clerk.any("GET", "/patients", { query: { q: family } });
  const auditor = await as("auditor");
  const log = await auditor.expect(200, "get", "/audit", {
    query: { patient_id: one.id, limit: 200 },
  });
  const entry = log.body.items.find((item) => item.request_id === answer.requestId);
  assert.ok(entry, "who has seen this patient: the search too");
  assert.ok(entry.patient_ids?.includes(one.id));
});

test("a birth date after a visit is refused, without the visit's date", async () => {
  const doctor = await as("doctor");
  const patient = await newPatient(doctor);
  await newRecord(doctor, patient.id);
  const at = `/patients/${patient.id}`;
  const problem = await doctor.refused(422, "invalid_fields", "PATCH", at, {
    ifMatch: 1,
    body: { date_of_birth: "2026-06-01" },
  });
  assert.equal(problem.errors?.[0]?.pointer, "/date_of_birth");
  // A receptionist may change patients and read no visits.
  assert.doesNotMatch(JSON.stringify(problem), /2026-0[3-6]/);
  await doctor.expect(200, "patch", "/patients/{id}", {
    path: { id: patient.id },
    ifMatch: 1,
    body: { date_of_birth: "1990-06-01" },
  });
});

test("one number in whatever case, without blanks at its ends", async () => {
  const number = unique("Nq-");
  const made = await newPatient(clerk, { patient_number: number });
  const person = { first_name: "A", last_name: "B", date_of_birth: "1980-01-01", sex: "male" };
  for (const patient_number of [number.toUpperCase(), number.toLowerCase()]) {
    await clerk.refused(409, "patient_number_taken", "POST", "/patients", {
      body: { ...person, patient_number },
    });
  }
  for (const patient_number of [` ${number}`, `${number} `, `${number}\u00a0`, "\u3000x", " ", ""]) {
    const problem = await clerk.refused(422, "invalid_fields", "POST", "/patients", {
      body: { ...person, patient_number },
    });
    assert.deepEqual(pointers(problem), ["/patient_number"]);
  }
  const again = await clerk.expect(200, "patch", "/patients/{id}", {
    path: { id: made.id },
    ifMatch: 1,
    body: { patient_number: number.toUpperCase() },
  });
  assert.equal(again.body.patient_number, number.toUpperCase(), "its own in another case");
});

test("ten at once with one number in two cases: one has it", async () => {
  const number = unique("race-");
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      clerk.any("POST", "/patients", {
        body: {
          first_name: "A",
          last_name: "B",
          date_of_birth: "1980-01-01",
          sex: "male",
          patient_number: i % 2 === 0 ? number : number.toUpperCase(),
        },
      }),
    ),
  );
  const statuses = answers.map((answer) => answer.status).sort();
  assert.deepEqual(statuses, [201, ...Array<number>(9).fill(409)]);
});

test("PostgreSQL itself refuses a number that another patient has, or whose key is missing", async () => {
  const number = unique("Sq-");
  await newPatient(await as("receptionist", OTHER), { patient_number: number });
  const rows: [string, string, boolean][] = [
    [`${number}y`, `'${number.toLowerCase()}y'`, true],
    [number.toUpperCase(), `'${number.toLowerCase()}'`, false],
    [`${number}x`, "NULL", false],
    [`${number}x`, "''", false],
  ];
  for (const [other, key, taken] of rows) {
    const out = await psql(`BEGIN; SET LOCAL ROLE wbt_${OTHER};
      INSERT INTO ${OTHER}.patients
        (patient_number, number_key, first_name, last_name, date_of_birth, sex, created_by)
      VALUES ('${other}', ${key}, 'A', 'B', '1990-01-01', 'other',
        (SELECT min(account_id) FROM ${OTHER}.staff)); ROLLBACK`);
    assert.equal(out.code === 0, taken, `«${other}» ${out.stderr}`);
  }
});

test("numbers that read the same are one number", async () => {
  const tail = unique("");
  await newPatient(clerk, { patient_number: `Straße-${tail}` });
  const person = { first_name: "A", last_name: "B", date_of_birth: "1980-01-01", sex: "male" };
  for (const head of ["STRASSE", "Ｓｔｒａｓｓｅ", "Stra\u00adße", "straße\u200b"]) {
    await clerk.refused(409, "patient_number_taken", "POST", "/patients", {
      body: { ...person, patient_number: `${head}-${tail}` },
    });
  }
});

test("an email address has one @ and no blanks, or is empty as a phone number may be", async () => {
  for (const email of ["a b@c", "a@@b.c", "x@y z.com", "a@\u00a0b", "@b", "a@", "a"]) {
    const problem = await clerk.refused(422, "invalid_fields", "POST", "/patients", {
      body: { first_name: "A", last_name: "B", date_of_birth: "1980-01-01", sex: "male", email },
    });
    assert.deepEqual(pointers(problem), ["/email"], email);
  }
  const made = await newPatient(clerk, { email: "", phone: "" });
  assert.deepEqual([made.email, made.phone], ["", ""]);
});

test("names of characters that show nothing are blank", async () => {
  for (const first_name of ["\u2800", "\u3164", "\u115f", "\u00ad", "\u034f", "\u200e", "\ufe0f"]) {
    const problem = await clerk.refused(422, "invalid_fields", "POST", "/patients", {
      body: { first_name, last_name: "B", date_of_birth: "1980-01-01", sex: "male" },
    });
    assert.deepEqual(pointers(problem), ["/first_name"]);
  }
});

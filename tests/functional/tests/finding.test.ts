// Full text: whatever is typed is answered, every field is searched, every hit says why it is one.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { findsExactly } from "../lib/finding.ts";
import { allPages, as, finalize, newPatient, newRecord, unique } from "../lib/world.ts";

type Item = Schemas["RecordListItem"];
type Query = Record<string, string | number>;

let doctor: Client;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

const ids = (items: { id: number }[]): number[] => items.map((item) => item.id);

async function search(q: string, of = patient): Promise<Item[]> {
  return allPages<Item>(doctor, "/records", { q, patient_id: of });
}

/** Numbers that are the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("a backslash beside other punctuation is no syntax either", async () => {
  for (const q of ["C:\\temp", "\\b:*", "x\\:y", "\\(", "a:\\*", '"a\\b:*"', '"\\"', "\\'"]) {
    const answer = await doctor.any("GET", "/records", { query: { q } });
    assert.equal(answer.status, 200, `${q}: ${answer.text}`);
  }
});

test("random punctuation and letters never break a search", async () => {
  const random = seeded(20_260_304);
  const letters = [..."abcxyzAE019äöüßéñ \\\\::**(())''\"\"&|!<>-./,;%_@#~^[]{}+=?`´€🩺"];
  for (let i = 0; i < 300; i += 1) {
    let q = "";
    for (let n = 1 + random(14); n > 0; n -= 1) q += letters[random(letters.length)];
    const answer = await doctor.any("GET", "/records", { query: { q, limit: 3 } });
    assert.ok(answer.status === 200 || answer.status === 400, `${q}: ${answer.text}`);
    const people = await doctor.any("GET", "/patients", { query: { q, limit: 3 } });
    assert.ok(people.status === 200 || people.status === 400, `${q}: ${people.text}`);
  }
});

test("every field is searched, and each hit has a highlight", async () => {
  const someone = (await newPatient(doctor)).id;
  const record = await newRecord(doctor, someone, {
    chief_complaint: "Übelkeit und Schwindel",
    history_of_present_illness: "Forte fièvre depuis lundi.Cyanose légère",
    physical_examination: "Abdomen soft, no guarding",
    diagnosis: "Gastroenteritis",
    treatment_plan: "Oral rehydration, rest",
    notes: "nausea/vomiting and pain/fever; COVID-19 test; pH 11.5; BP 128/84; <b>bold</b> claim",
    prescriptions: [
      {
        medication: "Ondansetron",
        dosage: "four milligrams",
        frequency: "twice daily",
        route: "sublingual",
        instructions: "dissolve slowly",
      },
    ],
    lab_results: [{ test: "Rotavirus antigen", value: "undetectable" }],
    follow_up_required: true,
    follow_up_date: "2026-04-01",
    follow_up_instructions: "Bring the stool diary",
  });
  await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: record.id },
    ifMatch: record.revision,
    body: {
      icd_code: "A09",
      diagnosis_name: "Infectious colitis",
      diagnosis_type: "primary",
      notes: "probably foodborne",
    },
  });
  const typed = [
    "Übelkeit", "ubelkeit", "Uebelkeit", "fievre", "fièvre", "cyanose", "guarding", "rehydration",
    "gastroenteritis", "nausea", "vomiting", "nausea/vomiting", "pain", "fever", "vomiti",
    "covid-19", "11.5", "128/84", "ondansetron", "milligrams", "twice", "sublingual", "dissolve",
    "rotavirus", "undetectable", "diary", "colitis", "A09", "foodborne", "bold", "rehydrating",
    '"oral rehyd"', '"rotavirus antigen"', record.record_number,
    record.record_number.toLowerCase(), record.record_number.replace(/^.*-/, ""),
  ];
  for (const q of typed) {
    const [hit] = await search(q, someone);
    assert.equal(hit?.id, record.id, q);
    assert.ok(hit.highlights?.some((text) => text.includes("<mark>")), `${q}: no highlight`);
    for (const text of hit.highlights ?? []) assert.doesNotMatch(text, /<(?!\/?mark>)/, q);
  }
  const marked = async (q: string): Promise<string> =>
    ((await search(q, someone))[0]?.highlights ?? []).join(" | ");
  assert.match(await marked("ubelkeit"), /<mark>Übelkeit<\/mark> und Schwindel/);
  assert.match(await marked("fievre"), /Forte <mark>fièvre<\/mark> depuis/);
  assert.match(await marked("bold"), /&lt;b&gt;<mark>bold<\/mark>&lt;\/b&gt;/);
  assert.match(await marked("foodborne"), /<mark>foodborne<\/mark>/);
});

test("a page of long records has its highlights too", async () => {
  const someone = (await newPatient(doctor)).id;
  const made = new Set<number>();
  for (let i = 0; i < 16; i += 1) {
    const notes = `${"régular lines of téxt ".repeat(400)}Ödemgrad ${i}`;
    made.add((await newRecord(doctor, someone, { notes })).id);
  }
  const hits = await search("oedemgrad", someone);
  assert.deepEqual(new Set(ids(hits)), made);
  for (const hit of hits) {
    assert.equal(hit.highlights?.length, 1);
    assert.match(hit.highlights?.[0] ?? "", /téxt <mark>Ödemgrad<\/mark> \d+$/);
    assert.ok((hit.highlights?.[0] ?? "").length < 400);
  }
});

test("a phrase stays within its field and may end in a beginning", async () => {
  const someone = (await newPatient(doctor)).id;
  const one = await newRecord(doctor, someone, {
    chief_complaint: "persistent dry cough",
    diagnosis: "bronchitis",
    treatment_plan: "fluids",
    notes: "tea",
  });
  const found = async (q: string): Promise<number[]> => ids(await search(q, someone));
  for (const q of ['"dry cough"', '"dry coug"', '"persistent dry cough"', '"dry"']) {
    assert.deepEqual(await found(q), [one.id], q);
  }
  for (const q of ['"cough dry"', '"cough bronchitis"', '"fluids tea"', '"dr cough"']) {
    assert.deepEqual(await found(q), [], q);
  }
});

test("more than 16 words are refused, not dropped", async () => {
  const words = (n: number): string => Array.from({ length: n }, (_, i) => `w${i}`).join(" ");
  await doctor.expect(200, "get", "/records", { query: { q: words(16) } });
  for (const q of [words(17), words(17).replaceAll(" ", "/")]) {
    const problem = await doctor.refused(400, "invalid_parameter", "GET", "/records", {
      query: { q },
    });
    assert.equal(problem.errors?.[0]?.pointer, "?q");
    assert.match(problem.errors?.[0]?.message ?? "", /16 words/);
  }
});

test("follow-up dates both ways, those without one last", async () => {
  const someone = (await newPatient(doctor)).id;
  const dates = ["2026-05-01", null, "2026-04-01", "2026-06-01", "2026-05-01", null];
  for (const date of dates) {
    await newRecord(doctor, someone, {
      follow_up_required: date !== null,
      follow_up_date: date,
      notes: "seriestest",
    });
  }
  const ways: Query[] = [{}, { q: "seriestest" }];
  for (const extra of ways) {
    for (const limit of [1, 2, 200]) {
      const query: Query = { patient_id: someone, limit, ...extra };
      const list = async (sort: string): Promise<(string | null)[]> =>
        (await allPages<Item>(doctor, "/records", { ...query, sort })).map(
          (item) => item.follow_up_date,
        );
      const up = ["2026-04-01", "2026-05-01", "2026-05-01", "2026-06-01"];
      assert.deepEqual(await list("follow_up_date"), [...up, null, null]);
      assert.deepEqual(await list("-follow_up_date"), [...[...up].reverse(), null, null]);
    }
  }
  const work = await allPages<Item>(doctor, "/records", {
    follow_up: "overdue",
    sort: "-follow_up_date",
    limit: 7,
  });
  const days = work.map((item) => item.follow_up_date ?? "");
  assert.deepEqual(days, [...days].sort().reverse());
  const other = await allPages<Item>(doctor, "/records", { follow_up: "overdue", limit: 200 });
  assert.deepEqual(new Set(ids(work)), new Set(ids(other)));
});

test("a cursor goes with the filters it was made for", async () => {
  const of = async (query: Query): Promise<string> => {
    const { body } = await doctor.any("GET", "/records", { query: { ...query, limit: 1 } });
    return body.next_cursor as string;
  };
  const someone = (await newPatient(doctor)).id;
  for (let i = 0; i < 3; i += 1) await newRecord(doctor, someone, { notes: "cursortest" });
  const cursor = await of({ patient_id: someone });
  await doctor.expect(200, "get", "/records", {
    query: { patient_id: someone, cursor, limit: 7, count: "exact", sort: "-visit_date" },
  });
  const ranked = await of({ patient_id: someone, q: "cursortest" });
  const others: Query[] = [
    { cursor },
    { cursor, patient_id: patient },
    { cursor, patient_id: someone, status: "draft" },
    { cursor: ranked, patient_id: someone, q: "cursortes" },
    { cursor: ranked, patient_id: someone },
  ];
  for (const query of others) {
    const problem = await doctor.refused(400, "invalid_parameter", "GET", "/records", { query });
    assert.equal(problem.errors?.[0]?.pointer, "?cursor");
  }
});

// ---- the worklist

interface Visit {
  day: string;
  due?: string;
  type?: Schemas["VisitType"];
  by?: number;
}

async function worklist(someone: number): Promise<number[]> {
  const of = async (follow_up: "due" | "overdue"): Promise<number[]> =>
    ids(await allPages<Item>(doctor, "/records", { patient_id: someone, follow_up }));
  return [...(await of("overdue")), ...(await of("due"))];
}

const visit = (someone: number, v: Visit): Promise<Schemas["Record"]> =>
  newRecord(doctor, someone, {
    visit_date: v.day.includes("T") ? v.day : `${v.day}T08:00:00Z`,
    visit_type: v.type ?? "consultation",
    follow_up_required: v.due !== undefined,
    follow_up_date: v.due ?? null,
    ...(v.by ? { doctor_id: v.by } : {}),
  });

test("a follow-up stays on the worklist, whatever visits come, until somebody says what became of it", async () => {
  const later: Visit[] = [
    { day: "2026-03-03", type: "emergency" },
    { day: "2026-05-18" },
    { day: "2026-06-01", type: "follow_up" },
    { day: "2026-09-01", type: "telehealth" },
  ];
  for (const next of later) {
    const someone = (await newPatient(doctor)).id;
    const asked = await visit(someone, { day: "2026-03-01", due: "2026-06-01" });
    assert.deepEqual(await worklist(someone), [asked.id], "a draft's");
    await finalize(doctor, asked);
    assert.deepEqual(await worklist(someone), [asked.id], "once, when it is signed");
    await visit(someone, next);
    assert.deepEqual(await worklist(someone), [asked.id], next.day);
  }
});

test("blanks of every script part words, and what denies is not dropped from a phrase", async () => {
  const word = unique("zq").toLowerCase();
  const patient = (await newPatient(doctor)).id;
  const { id } = await newRecord(doctor, patient, { notes: `Present: ${word}. Nausea absent.` });
  const other = await newRecord(doctor, patient, { notes: `There is no ${word} today.` });
  const find = async (q: string): Promise<number[]> => {
    const { body } = await doctor.expect(200, "get", "/records", { query: { q } });
    return body.items.map((item) => item.id).sort((a, b) => a - b);
  };
  for (const blank of ["\u3000", "\u2009", "\u00a0", "\u2028"]) {
    assert.deepEqual(await find(`${word}${blank}`), [id, other.id], JSON.stringify(blank));
    assert.deepEqual(await find(`nausea${blank}${word}`), [id], JSON.stringify(blank));
    assert.deepEqual(await find(`"nausea${blank}absent${blank}"`.concat(` ${word}`)), [id]);
    assert.deepEqual(await find(blank.concat(word)), [id, other.id]);
  }
  assert.deepEqual(await find(`"no ${word}"`), [other.id]);
  assert.deepEqual(await find(`"there is no ${word.slice(0, -1)}"`), [other.id]);
  for (const q of ["\u3000", '"\u3000"', '"no"', '"of the"']) await find(q);
});

test("medication and results are found in a visit whose story is very long", async () => {
  const word = unique("zqmed");
  const patient = (await newPatient(doctor)).id;
  const story = Array.from({ length: 8_000 }, (_, i) => `w${i.toString(36)}`).join(" ");
  const { id } = await newRecord(doctor, patient, {
    history_of_present_illness: story.slice(0, 49_000),
    physical_examination: story.slice(0, 49_000),
    notes: story.slice(0, 49_000),
    prescriptions: [{ medication: word, dosage: "1", frequency: "daily" }],
    lab_results: [{ test: `${word}lab`, value: "seen" }],
  });
  for (const q of [word, `${word}lab`]) {
    const { body } = await doctor.expect(200, "get", "/records", { query: { q } });
    assert.deepEqual(
      body.items.map((item) => item.id),
      [id],
      q,
    );
  }
});

test("a search for nothing that can be found finds nothing", async () => {
  await newRecord(doctor, patient, { notes: "something" });
  const empty = ['"', '""', "\\", "/", "\u200b", "%", "-", "'", "!!!", "*", '" "', ", ;", "– —", "€", "…", "🩺 🩺", '"-" %', "_"];
  for (const q of empty) {
    for (const extra of [{}, { patient_id: patient }, { sort: "visit_date" }] as Query[]) {
      const query = { q, count: "exact", ...extra } as const;
      const { body } = await doctor.expect(200, "get", "/records", { query });
      assert.deepEqual([body.items, body.total, body.next_cursor], [[], 0, null], q);
    }
  }
  const someone = (await newPatient(doctor)).id;
  const made = await newRecord(doctor, someone, { notes: "something else" });
  for (const q of ['something "', '"" something', "- something %", "something / '"]) {
    assert.deepEqual(ids(await search(q, someone)), [made.id], q);
  }
});

const finds = (texts: string[], typed: [string, number[]][]): Promise<void> =>
  findsExactly(doctor, texts, typed);

test("numbers with a hyphen before them and without", async () => {
  await finds(
    ["swab COVID-19 positive", "CA-125 raised", "IL-6 high", "Omega-3", "Type-2 diabetes", "IL 6 low, 500 mg"],
    [
      ["covid 19", [0]], ['"covid 19"', [0]], ["COVID19", [0]], ["covid-19", [0]], ["19", [0]],
      ["covid‑19", [0]], ["ca 125", [1]], ["CA125", [1]], ["il 6", [2, 5]], ["IL6", [2, 5]],
      ["il-6", [2, 5]], ['"il-6"', [2, 5]], ["omega 3", [3]], ["omega3", [3]],
      ["type 2 diabetes", [4]], ['"type 2 diabetes"', [4]], ["type-2 diabetes", [4]],
      ["500mg", [5]], ["covid 18", []], ["IL7", []],
    ],
  );
});

test("a code without its dot", async () => {
  await finds(
    ["L40.54 psoriatic juvenile", "M05.79", "S72.001A left", "E11"],
    [
      ["L4054", [0]], ["l4054", [0]], ["L405", [0]], ["L40.54", [0]], ["M0579", [1]],
      ["S72001A", [2]], ["s72001", [2]], ["L4055", []], ["E11", [3]],
    ],
  );
});

test("spellings: British and American, plurals in -ões, both sigmas", async () => {
  await finds(
    [
      "chronic anaemia with oesophagitis", "chronic anemia with esophagitis",
      "oedema, diarrhoea, haemorrhage of a tumour", "edema, diarrhea, hemorrhage of a tumor",
      "infecções do pulmão", "infecção dos pulmões", "ΠΟΝΟΚΈΦΑΛΟΣ", "πονοκέφαλος",
      "gynaecology paediatric dyspnoea fibre", "gynecology pediatric dyspnea fiber",
      "lymphoedema, paraesthesia, leukaemia", "lymphedema, paresthesia, leukemia",
      "hospitalised, symptoms localised, analysed", "hospitalized, symptoms localized, analyzed",
    ],
    [
      ...["anemia", "anaemia", "anaemias", "esophagitis", "oesophagitis", '"chronic anemia"',
        '"chronic anaem"'].map((q): [string, number[]] => [q, [0, 1]]),
      ...["edema", "oedema", "diarrhea", "diarrhoea", "hemorrhage", "haemorrhages", "tumor",
        "tumours"].map((q): [string, number[]] => [q, [2, 3]]),
      ...["infecção", "infecções", "infeccao", "pulmão", "pulmões"].map(
        (q): [string, number[]] => [q, [4, 5]],
      ),
      ...["ΠΟΝΟΚΈΦΑΛΟΣ", "πονοκέφαλος", "πονοκεφαλος", "πονοκέφ", '"πονοκέφαλος"'].map(
        (q): [string, number[]] => [q, [6, 7]],
      ),
      ...["gynecology", "gynaecology", "pediatric", "paediatric", "dyspnea", "dyspnoea", "fiber",
        "fibre"].map((q): [string, number[]] => [q, [8, 9]]),
      ...["lymphedema", "lymphoedema", "paresthesia", "paraesthesia", "leukemia",
        "leukaemia"].map((q): [string, number[]] => [q, [10, 11]]),
      ...["hospitalised", "hospitalized", "hospitalisation", "localized", "localising", "analyse",
        "analyze"].map((q): [string, number[]] => [q, [12, 13]]),
    ],
  );
});

test("writing without blanks is found from any of its characters on", async () => {
  await finds(
    [
      "患者头痛三天，伴有恶心。COVID抗原阴性", "头晕，痛风", "昨日からコーヒーで頭痛がする",
      "두통이 심하다", "𠮷田さん、糖尿病",
    ],
    [
      ["头痛", [0]], ["痛", [0, 1, 2]], ["头", [0, 1]], ["恶心", [0]], ["患者头痛", [0]],
      ["三天 头痛", [0]], ["covid抗原", [0]], ["抗原", [0]], ["痛三", [0]],
      ["痛头", []], ["コーヒー", [2]], ["ヒー", [2]], ["頭痛", [2]], ['"で頭痛"', [2]],
      ["두통", [3]], ["糖尿病", [4]], ["𠮷田", [4]], ["尿糖", []],
    ],
  );
  const someone = (await newPatient(doctor)).id;
  await newRecord(doctor, someone, { notes: "<i>患者头痛三天</i>，头晕" });
  assert.deepEqual((await search("头痛", someone))[0]?.highlights, [
    "&lt;i&gt;患者<mark>头痛</mark>三天&lt;/i&gt;，头晕",
  ]);
});

test("a phrase is marked where it stands, and its words nowhere else", async () => {
  const someone = (await newPatient(doctor)).id;
  await newRecord(doctor, someone, {
    chief_complaint: "coughing at night",
    notes: "a dry cough; dry skin",
    history_of_present_illness: "dry mouth",
  });
  const [hit] = await search('"dry cough"', someone);
  assert.deepEqual(hit?.highlights, ["a <mark>dry</mark> <mark>cough</mark>; dry skin"]);
  const [both] = await search('"dry cough" mouth', someone);
  assert.equal(both?.highlights?.length, 2);
});

test("the longest words are asked for too", async () => {
  for (const letter of [..."ﬃ㎯½℻Ǆ㏂𠀀1e🩺ßö-'.\""]) {
    for (const q of [letter.repeat(500), `"${letter.repeat(498)}"`, `${letter.repeat(498)}-1`]) {
      const answer = await doctor.any("GET", "/records", { query: { q } });
      assert.equal(answer.status, 200, `${q.slice(0, 9)}: ${answer.text}`);
    }
  }
});

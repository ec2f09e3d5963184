// Full text in the ways that one thing is written: numbers and units, compounds, scripts, quotes.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { findsExactly } from "../lib/finding.ts";
import { allPages, as, newPatient, newRecord } from "../lib/world.ts";

let doctor: Client;

before(async () => {
  doctor = await as("doctor");
});

const finds = (texts: string[], typed: [string, number[]][]): Promise<void> =>
  findsExactly(doctor, texts, typed);

/** The highlights of the only record of a patient that has these texts. */
async function marks(fields: Partial<Schemas["RecordCreate"]>, q: string): Promise<string[]> {
  const patient = (await newPatient(doctor)).id;
  const { id } = await newRecord(doctor, patient, fields);
  const query = { q, patient_id: patient };
  const [hit] = await allPages<Schemas["RecordListItem"]>(doctor, "/records", query);
  assert.equal(hit?.id, id, q);
  return hit?.highlights ?? [];
}

test("a number and its unit are two words, however they are written", async () => {
  await finds(
    [
      "Amlodipine 5mg daily", "Amlodipine 5 mg daily", "Amlodipine 47.5mg, 12.5 mg", "500mg tablets",
      "10-20mg, 3cm, 70kg", "Take 0.5mg daily", "swab COVID19, IL6 high, 5µg", "0.5 mg/5ml",
    ],
    [
      ["amlodipine 5 mg", [0, 1]], ["amlodipine 5mg", [0, 1]], ['"5 mg"', [0, 1]],
      ['"5mg"', [0, 1]], ["500 mg", [3]], ['"500 mg tablets"', [3]], ['"500mg tab"', [3]],
      ["20mg", [4]], ['"20 mg"', [4]], ['"20mg"', [4]], ["10-20mg", [4]], ["10-20 mg", [4]],
      ["3 cm", [4]], ["70 kg", [4]], ["0.5mg", [5, 7]], ["0.5 mg", [5, 7]],
      ["5 ml", [7]], ["covid 19", [6]], ["covid-19", [6]], ['"covid 19"', [6]], ["il 6", [6]],
      ["il 6 high", [6]], ['"il 6 high"', [6]], ["il 7", []], ["5 µg", [6]], ["5μg", [6]],
      ["12.5mg", [2]], ["2.5mg", []],
    ],
  );
  assert.deepEqual(
    await marks({ prescriptions: [{ medication: "Amlodipine", dosage: "5mg", frequency: "od" }] },
      "amlodipine 5 mg"),
    ["<mark>Amlodipine</mark> <mark>5mg</mark> od"],
  );
});

test("a unit before a hyphen, groups of three with a unit, numbers behind letters", async () => {
  await finds(
    [
      "24h-Holter planned, 3D-CT", "24 h Holter, 3D CT", "1000mg of it", "1,000mg or 1.000 mg",
      "pH 7.35", "pH7.35 at noon", "٣٨٫٥ degrees",
    ],
    [
      ["24h", [0, 1]], ["24 h", [0, 1]], ['"24h"', [0, 1]], ["24h-holter", [0, 1]], ["holter", [0, 1]],
      ["3d", [0, 1]], ['"3d ct"', [0, 1]], ["1000mg", [2, 3]], ["1,000mg", [2, 3]],
      ["1.000mg", [2, 3]], ["1000 mg", [2, 3]], ["ph 7.35", [4, 5]], ["ph7.35", [4, 5]],
      ["38.5", [6]], ["38,5", [6]],
    ],
  );
});

test("a number is marked whole or not at all", async () => {
  const notes = "5 mg; 47.5 mg; 6.5 mg/dL; 12.5mg";
  assert.deepEqual(await marks({ notes }, '"5 mg"'), [
    "<mark>5</mark> <mark>mg</mark>; 47.5 mg; 6.5 mg/dL; 12.5mg",
  ]);
  assert.deepEqual(await marks({ notes }, "5 mg"), [
    "<mark>5</mark> <mark>mg</mark>; 47.5 <mark>mg</mark>; 6.5 <mark>mg</mark>/dL; 12.5<mark>mg</mark>",
  ]);
  assert.deepEqual(await marks({ notes: "Take 0.5mg daily" }, "0.5mg"), [
    "Take <mark>0.5mg</mark> daily",
  ]);
  assert.deepEqual(await marks({ notes: "elbow was purple" }, "«purple» ‹elbow›"), [
    "<mark>elbow</mark> was <mark>purple</mark>",
  ]);
});

test("a comma within a number belongs to it", async () => {
  await finds(
    [
      "38,5 °C", "38.5 °C", "38, then 5 days", "platelets 250,000 now", "platelets 250000 now",
      "1,000,000 units", "grades 1,2,3", "L4,5 and C3",
    ],
    [
      ["38,5", [0, 1]], ["38.5", [0, 1]], ['"38,5 °C"', [0, 1]], ["7,5", []],
      ["38, 5", [2]], ["250,000", [3, 4]], ["250.000", [3, 4]], ["250000", [3, 4]],
      ["1,000,000", [5]], ["1000000", [5]], ["1,2,3", [6]], ["2", [3, 4, 6]], ["L4,5", [7]],
      ["1,5", []],
    ],
  );
});

test("every kind of quotation mark makes a phrase", async () => {
  const quotes = ['""', "“”", "„“", "«»", "»«", "””", "‟”"];
  await finds(
    ["a purple elbow", "an elbow, purple"],
    quotes.flatMap(([open, close]): [string, number[]][] => [
      [`${open}purple elbow${close}`, [0]],
      [`${open}elbow purple${close}`, [1]],
      [`purple ${open}elbow${close}`, [0, 1]],
    ]),
  );
});

test("compounds in parts, whole and as one word", async () => {
  await finds(
    ["Non-small-cell carcinoma", "Follow-up", "followup", "Co-trimoxazole", "small-cell carcinoma"],
    [
      ["small-cell", [0, 4]], ["non-small-cell", [0]], ["nonsmallcell", [0]], ["smallcell", [4]],
      ['"small-cell carcinoma"', [0, 4]], ['"small cell carcinoma"', [0, 4]], ["cell-small", []],
      ["followup", [1, 2]], ["follow-up", [1, 2]], ["Follow-Ups", [1, 2]],
      ["cotrimoxazole", [3]], ["co-trimoxazole", [3]], ["cotrimox", [3]],
    ],
  );
  assert.deepEqual(await marks({ notes: "a Follow-up is due" }, "followup"), [
    "a <mark>Follow-up</mark> is due",
  ]);
});

test("what shows nothing parts no words", async () => {
  for (const joiner of ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"]) {
    await finds(
      [`soft${joiner}hyphen words`, "softhyphen words"],
      [
        ["softhyphen", [0, 1]], [`soft${joiner}hyphen`, [0, 1]], [`"sof${joiner}thyphen words"`, [0, 1]],
        ["hyphen", []], [joiner, []],
      ],
    );
  }
  await finds(["កក\u200bខខ", "កកខខ"], [["ខខ", [0]], ["កក\u200bខខ", [0]], ["កក", [0, 1]]]);
});

test("words within Thai, Lao, Khmer and Burmese", async () => {
  await finds(
    [
      "ผู้ป่วยมีอาการปวดหัวและมีไข้สูงสามวัน", "ຄົນເຈັບມີອາການເຈັບຫົວ, ໄຂ້ສູງ",
      "អ្នកជំងឺមានឈឺក្បាលនិងគ្រុនក្តៅ", "လူနာသည်ခေါင်းကိုက်ပြီးဖျားနေသည်", "ความดันโลหิตสูง 160/95",
    ],
    [
      ["ปวดหัว", [0]], ["มีไข้", [0]], ['"ปวดหัว และ"', [0]], ["หัวปวด", []], ["สูง", [0, 4]],
      ["ความดัน 160", [4]], ["ເຈັບຫົວ", [1]], ["ໄຂ້ສູງ", [1]], ["ឈឺក្បាល", [2]],
      ["គ្រុនក្តៅ", [2]], ["ခေါင်းကိုက်", [3]], ["ဖျား", [3]],
    ],
  );
  assert.deepEqual(await marks({ notes: "ผู้ป่วยมีอาการปวดหัวและมีไข้สูง" }, "ปวดหัว"), [
    "ผู้ป่วยมีอาการ<mark>ปวดหัว</mark>และมีไข้สูง",
  ]);
});

test("Arabic without vowel marks, forms of letters, article and conjunction", async () => {
  await finds(
    ["ارتفاع ضغط الدم؛ السكري", "أَلَم؛ إلتهاب", "صداع شديد وحمى", "سكري", "الجرعة ٥ ملغ"],
    [
      ["ألم", [1]], ["الم", [1]], ["التهاب", [1]], ["إلتهاب", [1]], ["أَلَم", [1]],
      ["سكري", [0, 3]], ["السكري", [0, 3]], ["دم", [0]], ["الدم", [0]], ["حمى", [2]],
      ["حمي", [2]], ["وحمى", [2]], ['"شديد وحمى"', [2]], ['"شديد حمى"', [2]], ['"ضغط الدم"', [0]],
      ["5 ملغ", [4]], ["٥", [4]], ["جرعه", [4]], ['"حمى شديد"', []],
    ],
  );
  assert.deepEqual(await marks({ notes: "ارتفاع السكري؛ أَلَم؛" }, "سكري ألم"), [
    "ارتفاع <mark>السكري</mark>؛ <mark>أَلَم</mark>؛",
  ]);
});

test("Russian and Greek endings", async () => {
  await finds(
    ["пневмонии нет", "головная боль", "οξεία βρογχίτιδα", "ёлка", "без лихорадки", "лихорадка"],
    [
      ["лихорадка", [4, 5]], ['"без лихорадки"', [4]], ['"не лихорадка"', []],
      ["пневмония", [0]], ["ПНЕВМОНИЮ", [0]], ["боли", [1]], ["головной боли", [1]],
      ['"головной боли"', [1]], ["βρογχίτιδας", [2]], ["елка", [3]], ["пневмот", []],
    ],
  );
});

test("a record's number without its zeros and without its letters", async () => {
  const patient = (await newPatient(doctor)).id;
  const record = await newRecord(doctor, patient, { chief_complaint: "cough" });
  const [, year, digits] = /^MR-(\d+)-(\d+)$/.exec(record.record_number) ?? [];
  const short = String(Number(digits));
  for (const q of [
    record.record_number, `mr-${year}-${short}`, `${year}-${digits}`, `${year}-${short}`,
    `${year}-${digits} cough`, `${digits}`, short, `MR-${year}-${digits?.slice(0, 4)}`,
  ]) {
    const query = { q, patient_id: patient };
    const [hit] = await allPages<Schemas["RecordListItem"]>(doctor, "/records", query);
    assert.equal(hit?.id, record.id, q);
    for (const text of hit?.highlights ?? []) {
      assert.match(text, /<mark>[\p{L}\p{N}](.*?[\p{L}\p{N}])?<\/mark>/u, q);
    }
  }
  const query = { q: `${short} cough`, patient_id: patient };
  assert.deepEqual(await allPages(doctor, "/records", query), [], "beside words it is a word");
});

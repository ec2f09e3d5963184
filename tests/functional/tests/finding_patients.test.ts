// Patients as people ask for them at the desk.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { allPages, as, newPatient, unique, OTHER } from "../lib/world.ts";

type Patient = Schemas["Patient"];
let clerk: Client;

before(async () => {
  clerk = await as("receptionist");
});

const find = async (q: string): Promise<Patient[]> =>
  (await clerk.expect(200, "get", "/patients", { query: { q } })).body.items;

/** Letters that no other name has. */
const letters = (): string =>
  unique("").replace(/[0-9]/g, (digit) => "ghijklmnop"[Number(digit)] ?? "x");

test("a number as it is read out or copied", async () => {
  const made = await newPatient(clerk);
  const digits = made.patient_number.slice(2);
  const short = String(Number(digits));
  const typed = [
    digits, short, `P${digits}`, `p-${digits} `, ` P-${digits}`, `p ${digits}`, `P${short}`,
    `P-${short}`, `00${digits}`, made.patient_number,
  ];
  for (const q of typed) assert.equal((await find(q))[0]?.id, made.id, `«${q}»`);
});

test("a name without a letter does not break a search by number", async () => {
  const made = await newPatient(clerk, { first_name: "?", last_name: "…" });
  assert.equal((await find(made.patient_number))[0]?.id, made.id);
});

test("a birth date in the ways that dates are written", async () => {
  const made = await newPatient(clerk, { date_of_birth: "1913-03-04" });
  const typed = [
    "1913-03-04", " 1913-03-04", "4.3.1913", "04.03.1913", "04/03/1913", "4/3/1913", "1913/03/04",
    "19130304", "04-03-1913", "1913.3.4 ",
  ];
  for (const q of typed) {
    assert.ok((await find(q)).some((patient) => patient.id === made.id), `«${q}»`);
  }
  for (const q of ["1913-04-03", "3.4.1913", "19130403", "1913-02-30"]) {
    assert.ok(!(await find(q)).some((patient) => patient.id === made.id), `«${q}»`);
  }
});

test("a name and a birth date: both must match", async () => {
  const family = `Q${letters()}`;
  const one = await newPatient(clerk, { last_name: family, date_of_birth: "1981-03-04" });
  const two = await newPatient(clerk, { last_name: family, date_of_birth: "1982-03-04" });
  for (const q of [`${family} 1981-03-04`, `4.3.1981 ${family}`, `Tessa ${family} 04/03/1981`]) {
    assert.deepEqual((await find(q)).map((patient) => patient.id), [one.id], q);
  }
  const either = (await find(`${family} 1907-07-07`)).map((patient) => patient.id);
  assert.ok(either.includes(one.id) && either.includes(two.id), "nobody: then any of it");
});

test("short names with an error, and two names as one word", async () => {
  const tail = letters();
  const anna = await newPatient(clerk, { first_name: "Anna", last_name: `V${tail}` });
  const john = await newPatient(clerk, { first_name: "John", last_name: `V${tail}` });
  for (const [q, wanted] of [
    [`Ana V${tail}`, anna],
    [`Jon V${tail}`, john],
    [`JohnV${tail}`, john],
    [`v${tail}anna`, anna],
  ] as const) {
    assert.equal((await find(q))[0]?.id, wanted.id, q);
  }
  const shorts = await allPages<Patient>(clerk, "/patients", { q: "Ana", limit: 200 });
  assert.ok(shorts.some((patient) => patient.id === anna.id));
  assert.ok((await find("Jon")).some((patient) => patient.first_name === "John"));
});

test("a cursor goes with what was asked", async () => {
  const family = `W${letters()}`;
  for (let i = 0; i < 3; i += 1) await newPatient(clerk, { last_name: family });
  const first = await clerk.expect(200, "get", "/patients", { query: { q: family, limit: 1 } });
  const cursor = first.body.next_cursor ?? "";
  await clerk.expect(200, "get", "/patients", { query: { q: family, cursor, count: "exact" } });
  const others: Record<string, string>[] = [{ q: `${family}x`, cursor }, { cursor }];
  for (const query of others) {
    await clerk.refused(400, "invalid_parameter", "GET", "/patients", { query });
  }
});

test("more than a thousand who match: all are counted and reached", async () => {
  const family = `U${letters()}`;
  const made = 1_230;
  const there = await as("receptionist", OTHER);
  const numbers = Array.from({ length: made }, (_, i) => `${family}-${i + 1}`);
  const writer = async (): Promise<void> => {
    for (let number = numbers.pop(); number; number = numbers.pop()) {
      await newPatient(there, { first_name: "Clone", last_name: family, patient_number: number });
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  for (const q of [family, `Clone ${family}`, `${family}-`]) {
    const query = { q, limit: 200, count: "exact" } as const;
    const { body } = await there.expect(200, "get", "/patients", { query });
    assert.equal(body.total, made, q);
    const all = await allPages<Patient>(there, "/patients", { q, limit: 200 });
    assert.equal(all.length, made, q);
    assert.equal(new Set(all.map((patient) => patient.id)).size, made, q);
  }
});

test("a number without its letters, in groups", async () => {
  const group = String(1e9 + Math.floor(Math.random() * 9e9));
  const made = await newPatient(clerk, { patient_number: `RV-${group}-001` });
  const typed = [
    `RV-${group}-001`, `rv${group}001`, `${group}-001`, `${group}-1`, `RV-${group}-1`,
    `${group} 1`, `rv ${group} 001`, `00${group}-01`,
  ];
  for (const q of typed) assert.equal((await find(q))[0]?.id, made.id, `«${q}»`);
  assert.deepEqual(await find(`QV-${group}-1`), [], "other letters are another number");
});

test("the beginning of a number finds all that begin so, in the numbers' order", async () => {
  const head = `N${letters()}`;
  const numbers = ["01", "02", "0102", "10", "2", "020"].map((end) => `${head}-${end}`);
  for (const patient_number of numbers) await newPatient(clerk, { patient_number });
  // Not the beginning of a number, though the beginning of a name.
  await newPatient(clerk, { first_name: `${head}0`, patient_number: unique("Z") });
  const expected: Record<string, string[]> = {
    [`${head}-`]: ["01", "0102", "02", "020", "10", "2"],
    [`${head}-0`]: ["01", "0102", "02", "020"],
    // Exactly that number first: zeros in front do not count.
    [`${head}-2`]: ["02", "2"],
    [`${head.toLowerCase()}02`]: ["02", "2", "020"],
  };
  for (const [q, ends] of Object.entries(expected)) {
    const wanted = ends.map((end) => `${head}-${end}`);
    for (const limit of [1, 2, 200]) {
      const all = await allPages<Patient>(clerk, "/patients", { q, limit });
      assert.deepEqual(all.map((patient) => patient.patient_number), wanted, `${q}, ${limit}`);
    }
    const query = { q, count: "exact", limit: 1 } as const;
    assert.equal((await clerk.expect(200, "get", "/patients", { query })).body.total, ends.length);
  }
});

test("a number beside a name or a birth date: both must match, or else any", async () => {
  const family = `N${letters()}`;
  const one = await newPatient(clerk, { last_name: family, date_of_birth: "1981-03-04" });
  const two = await newPatient(clerk, { last_name: family, date_of_birth: "1982-03-04" });
  const number = one.patient_number;
  const typed = [
    `${family} ${number}`, `${number} ${family}`, `Tessa ${family} ${number.slice(2)}`,
    `${number} 1981-03-04`, `4.3.1981 ${number}`, `${family} ${number} 1981-03-04`,
  ];
  for (const q of typed) {
    assert.deepEqual((await find(q)).map((patient) => patient.id), [one.id], q);
    const query = { q, count: "exact" } as const;
    const { body } = await clerk.expect(200, "get", "/patients", { query });
    assert.equal(body.total, 1, q);
  }
  const either = (await find(`${family} P-999999999`)).map((patient) => patient.id);
  assert.ok(either.includes(one.id) && either.includes(two.id), "nobody: then any of it");
  const both = (await find(`${number} 1982-03-04`)).map((patient) => patient.id);
  assert.ok(both.includes(one.id) && both.includes(two.id), "nobody: then any of it");
});

test("names of three and four letters with one letter wrong", async () => {
  const given = `Young${letters()}`;
  for (const [last, typed] of [
    ["Kim", ["Kem", "Kom", "Knm", "cim", "Kimm", "Km i"]],
    ["Liu", ["diu", "Lia", "Lu"]],
    ["Khan", ["Khon", "Chan", "Kahn", "Han"]],
    ["El-Sayed", ["dl-Sayed", "El-Sajed", "EI-Sayed"]],
  ] as const) {
    const made = await newPatient(clerk, { first_name: given, last_name: last });
    for (const q of typed) assert.equal((await find(`${given} ${q}`))[0]?.id, made.id, q);
  }
  for (const q of ["Kem", "Knm", "cim"]) {
    const all = await allPages<Patient>(clerk, "/patients", { q, limit: 200 });
    assert.ok(all.some((patient) => patient.last_name === "Kim"), q);
  }
});

test("several names written as one word", async () => {
  const tail = letters();
  const table: [string, string, string[]][] = [
    ["小龙", "李", ["李小龙", "小龙李", "李 小龙"]],
    ["민수", "김", ["김민수"]],
    [`An${tail}`, "van der Berg", [`an${tail} vanderberg`, `vanderberg an${tail}`, `VanDer Berg an${tail}`]],
    [`Bo${tail}`, "De La Cruz", [`bo${tail} delacruz`]],
    [`Hui Min C${tail}`, "Liu", [`LiuHuiMin c${tail}`, `LiuHuiMinC${tail}`]],
  ];
  for (const [first_name, last_name, typed] of table) {
    const made = await newPatient(clerk, { first_name, last_name });
    for (const q of typed) assert.equal((await find(q))[0]?.id, made.id, q);
  }
});

test("what has neither letter nor digit finds nobody", async () => {
  for (const q of ["%", '"', "-", "\u200b", "!!!"]) {
    const query = { q, count: "exact" } as const;
    const { body } = await clerk.expect(200, "get", "/patients", { query });
    assert.deepEqual([body.items, body.total], [[], 0], JSON.stringify(q));
  }
});

test("letters that are several when they are folded", async () => {
  await newPatient(clerk, { first_name: "ﬃ".repeat(100), last_name: "ﬃ".repeat(99) });
  for (const n of [1, 3, 90, 100, 200]) await find("ﬃ".repeat(n));
});

test("two letters wrong wherever they stand", async () => {
  const table: [string, string[]][] = [
    ["Quennobtt", ["quannobtt", "quannabtt", "xuennobtx", "qunnobt"]],
    ["Vlutchyr", ["vlitchor", "xlutchxr"]],
    ["Zbarakqt", ["zbirikqt"]],
  ];
  for (const [family, wrong] of table) {
    const made = await newPatient(clerk, { last_name: family });
    for (const q of wrong) {
      assert.ok((await find(q)).some((patient) => patient.id === made.id), `${q}: ${family}`);
    }
  }
});

test("umlauts as two letters, and two letters as umlauts", async () => {
  const one = await newPatient(clerk, { first_name: "Özqür", last_name: "Bäuerqvist" });
  const two = await newPatient(clerk, { first_name: "Oezqüen", last_name: "Kruegqer" });
  for (const q of ["oezquer", "özqür", "ozqur", "baeuerqvist", "Oezquer Baeuerq", "bauerqvist"]) {
    assert.ok((await find(q)).some((patient) => patient.id === one.id), q);
  }
  for (const q of ["Krügqer", "kruegqer", "özquen", "ÖZQÜEN KRÜGQER"]) {
    assert.ok((await find(q)).some((patient) => patient.id === two.id), q);
  }
});

test("a birth date with the month's name or with blanks, and between slashes either way", async () => {
  const made = await newPatient(clerk, { date_of_birth: "1912-02-29" });
  const typed = [
    "29 Feb 1912", "29. Feb 1912", "Feb 29, 1912", "February 29th 1912", "29-Feb-1912",
    "29. 2. 1912", "29.2. 1912", "29 02 1912", "29021912", "02/29/1912", "1912 Feb 29",
  ];
  for (const q of typed) {
    assert.deepEqual((await find(q)).map((patient) => patient.id), [made.id], `«${q}»`);
  }
  const family = `Z${letters()}`;
  const march = await newPatient(clerk, { last_name: family, date_of_birth: "1914-03-04" });
  const april = await newPatient(clerk, { last_name: family, date_of_birth: "1914-04-03" });
  const ids = async (q: string): Promise<number[]> =>
    (await find(q)).map((patient) => patient.id).sort((a, b) => a - b);
  for (const q of ["03/04/1914", "4/3/1914", `${family} 03/04/1914`]) {
    assert.deepEqual(await ids(q), [march.id, april.id], q);
    const query = { q, count: "exact" } as const;
    assert.equal((await clerk.expect(200, "get", "/patients", { query })).body.total, 2, q);
  }
  assert.deepEqual(await ids(`${family} 4.3.1914`), [march.id]);
  assert.deepEqual(await ids(`${march.patient_number} 03/04/1914`), [march.id]);
});

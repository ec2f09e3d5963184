// The same reads in a hospital of 10,000 records and in one of 1,000,000: what grows with it?
import path from "node:path";
import { plansOf } from "./plans.mjs";
import { fillScript, RARE_WORD } from "./scale_fill.mjs";
import { run } from "./process.mjs";

const SOURCES = [
  "demo_hospital_001",
  "demo_hospital_002",
  "demo_hospital_003",
  "demo_hospital_004",
  "demo_hospital_005",
  "tenant_1762083064503",
];
const COMMON_WORD = "hypertension";
const SELDOM_WORD = "histology";
const PAGE = 900;
const PAGE_LIMIT = 10;

export const SMALL = { tenant: "scale_small", patients: 1_000, records: 10_000 };
export const LARGE = { tenant: "scale_large", patients: 100_000, records: 1_000_000 };

/** Numbers between 0 and 1 that are the same in every run. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A name as somebody types it in a hurry: two letters of one word change places, one is lost. */
function mistyped(first, last, random) {
  const words = [first.split(" ")[0], last.split(/[ -]/)[0]].map((word) => [...word]);
  const swapped = words[random() < 0.5 ? 0 : 1];
  if (swapped.length > 3) {
    const at = 1 + Math.floor(random() * (swapped.length - 2));
    [swapped[at], swapped[at + 1]] = [swapped[at + 1], swapped[at]];
  }
  const shortened = words.find((word) => word !== swapped);
  if (shortened.length > 5) shortened.splice(2 + Math.floor(random() * 3), 1);
  return words.map((word) => word.join("")).join(" ");
}

export async function fill(demo, hospital, say) {
  const config = ["--config", path.join(demo.data, "wardbook.toml")];
  say(`filling ${hospital.tenant}: ${hospital.records} records`);
  await run(demo.program, ["tenant", "create", hospital.tenant, "--name", "Scale", ...config]);
  const account = ["doctor@demo.test", "--name", "Doctor", "--role", "doctor"];
  await run(demo.program, ["user", "add", ...account, "--tenant", hospital.tenant, ...config]);
  await demo.superuser(fillScript(hospital.tenant, SOURCES, hospital.patients, hospital.records));
}

async function timed(demo, target, token) {
  const begun = process.hrtime.bigint();
  const answer = await fetch(demo.origin + target, { headers: { Authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  if (answer.status !== 200) throw new Error(`GET ${target}: ${answer.status}`);
  return ms;
}

/**
 * Latencies in ms of reads ({ targets, token }), one request after the other and one of each read in
 * turn, so that whatever slows the machine for a while slows them all.
 */
async function inTurns(demo, reads, count) {
  const took = reads.map(() => []);
  for (let i = -Math.min(20, count); i < count; i += 1) {
    for (const [n, { targets, token }] of reads.entries()) {
      const ms = await timed(demo, targets[(i + targets.length * 20) % targets.length], token);
      if (i >= 0) took[n].push(ms);
    }
  }
  return took.map((sample) => {
    sample.sort((a, b) => a - b);
    const at = (share) => sample[Math.min(sample.length - 1, Math.floor(sample.length * share))];
    return { p50_ms: at(0.5), p99_ms: at(0.99) };
  });
}

async function pageTarget(demo, token) {
  let cursor = "";
  for (let page = 1; page < PAGE; page += 1) {
    const from = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await demo.get(`/api/v1/records?limit=${PAGE_LIMIT}${from}`, token);
    cursor = answer.next_cursor;
  }
  return `/api/v1/records?limit=${PAGE_LIMIT}&cursor=${encodeURIComponent(cursor)}`;
}

async function scenarios(demo, token, hospital) {
  const random = randomNumbers(7);
  const some = (count, most, target) =>
    Array.from({ length: count }, () => target(1 + Math.floor(random() * most)));
  const people = [];
  for (const id of some(60, hospital.patients, (n) => n)) {
    people.push(await demo.get(`/api/v1/patients/${id}`, token));
  }
  const names = people.map((p) => mistyped(p.first_name, p.last_name, random));
  const list = (query) => [`/api/v1/records?${query}`];
  return [
    ["one record", some(300, hospital.records, (id) => `/api/v1/records/${id}`)],
    ["first page", list(`limit=${PAGE_LIMIT}`)],
    [`page ${PAGE}`, [await pageTarget(demo, token)]],
    ["patient, mistyped", names.map((n) => `/api/v1/patients?q=${encodeURIComponent(n)}`)],
    ["patient, birth date", people.map((p) => `/api/v1/patients?q=${p.date_of_birth}`)],
    ["patient, number", people.map((p) => `/api/v1/patients?q=${p.patient_number}`)],
    ["patient, P-0", ["/api/v1/patients?q=P-0"]],
    ["timeline", some(100, hospital.patients, (id) => `/api/v1/patients/${id}/timeline`)],
    [`full text, common: ${COMMON_WORD}`, list(`q=${COMMON_WORD}`)],
    [`full text, 1 %: ${SELDOM_WORD}`, list(`q=${SELDOM_WORD}`)],
    [`full text, rare: ${RARE_WORD}`, list(`q=${RARE_WORD}`)],
    ["full text, phrase", list(`q=${encodeURIComponent('"shortness of breath"')}`)],
    ["drafts", list("status=draft&limit=10")],
    ["last changed", list("sort=-updated_at&limit=10")],
    ["code E11", list("icd=E11&limit=10")],
  ];
}

/** How many times as slow the larger hospital may be, and a far page as the first. */
export const MOST_RATIO = 2;
export const MOST_PAGE_RATIO = 1.2;

/** Page 900 beside the first page of the same hospital. */
export function pageRatios(rows) {
  const p50 = (name, side) => rows.find((row) => row.name === name)[side].p50_ms;
  const ratio = (side) => p50(`page ${PAGE}`, side) / p50("first page", side);
  return { small: ratio("small"), large: ratio("large") };
}

/** What PostgreSQL did for a read that grows more than it may. */
const planOf = (demo, { targets, token }) => plansOf(demo, targets[0], token);

/** Reads that are compared with each other, not only with themselves in the other hospital. */
const together = (names) => {
  const pages = new Set(["first page", `page ${PAGE}`]);
  const groups = names.filter((name) => !pages.has(name)).map((name) => [name]);
  return [[...pages], ...groups];
};

/** Rows of the two hospitals side by side; `ratio` of the medians; plans of what is over the limit. */
export async function measureScale(demo, { count, say, hospitals = [SMALL, LARGE] }) {
  const sides = [];
  for (const hospital of hospitals) {
    const token = await demo.signIn(hospital.tenant);
    const found = await scenarios(demo, token, hospital);
    sides.push(new Map(found.map(([name, targets]) => [name, { targets, token }])));
  }
  const [small, large] = sides;
  const rows = [];
  for (const names of together([...small.keys()])) {
    say(names.join(", "));
    const reads = names.flatMap((name) => [small.get(name), large.get(name)]);
    const took = await inTurns(demo, reads, names.length > 1 ? count * 5 : count);
    for (const [i, name] of names.entries()) {
      const [s, l] = [took[2 * i], took[2 * i + 1]];
      rows.push({ name, small: s, large: l, ratio: l.p50_ms / s.p50_ms });
    }
  }
  const pages = pageRatios(rows);
  for (const row of rows) {
    const far = row.name === `page ${PAGE}` && pages.large > MOST_PAGE_RATIO;
    if (row.ratio <= MOST_RATIO && !far) continue;
    row.plans = {
      small: await planOf(demo, small.get(row.name)),
      large: await planOf(demo, large.get(row.name)),
    };
  }
  return rows;
}

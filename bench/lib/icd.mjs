// GET /icd10 over the whole release: what people type, one request after the other.
import path from "node:path";
import { run } from "./process.mjs";

/** Beginnings of codes, words in any order, typing errors, single letters, nonsense, long ones. */
const WRITTEN = [
  "diabtes type 2",
  "type 2 diabetes",
  "2 type diabetes mellitus",
  "diabetes",
  "hypertension",
  "hypertenson",
  "essential primary hypertension",
  "pneumonia",
  "pnuemonia",
  "neumonia",
  "fracture",
  "fracture femur left",
  "left femur fracture initial encounter closed",
  "asthma",
  "asthma exacerbation severe persistent",
  "migrane",
  "migraine with aura",
  "apendicitis",
  "acute appendicitis",
  "myocardial infarction",
  "infarction myocardial old",
  "stroke",
  "cerebral infarction due to thrombosis of left middle cerebral artery",
  "copd",
  "chronic obstructive",
  "depression",
  "depresive disorder recurrent",
  "anxiety",
  "anxeity",
  "burn third degree hand",
  "encounter",
  "unspecified",
  "initial encounter",
  "other specified",
  "left",
  "a",
  "z",
  "e",
  "x",
  "of",
  "the",
  "in",
  "e1",
  "e11",
  "E11.",
  "E11.9",
  "e119",
  "s72",
  "S72.0",
  "S72001A",
  "s72.001a",
  "z00",
  "V",
  "W",
  "xyzzy",
  "qqqqqq",
  "zzz zzz zzz",
  "12345",
  "!!!",
  "%",
  "'; DROP TABLE x; --",
  "ü",
  "ärztlich",
  "🩺",
  "open wound of unspecified part of head initial encounter and more words than a title has ever had",
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "COVID-19",
  "htn",
  "hyp",
  "con heart",
  "fractures femur",
  "headaches",
  "type ii diabetes",
  "diabetes xyzzy",
  "unspecfied fractre of uper end of rigt tibia subsequnt encountr",
  // Lay words, mistyped ones too, what only sounds like a word, codes among words.
  "sore throat",
  "shingels",
  "nuemonia",
  "fracture of the left wrist",
  "family history of breast cancer",
  "diabetes E11",
  "S82 left",
  "E11 9",
  // The word itself among many of its stem; lay words in any order; what a title is not about.
  "prostatitis",
  "esophagitis",
  "cat bite",
  "blood pressure high",
  "type2diabetes",
  "chronic kidney disease stage 4",
  "hernia without obstruction",
  "unspecified fracture without complications",
  // Two errors, one of them a change of order; words that are near others, and none of theirs.
  "appenidciits",
  "conujnctivtis",
  "deep vuein thrombosis",
  "low bck pain",
  "hypervolemia",
  "confusional",
  // Frequent words that no title has together.
  "pain left right knee",
  "open fracture closed left",
  "fracture of left and right femur",
  "left right initial subsequent sequela unspecified",
];

/** Titles as somebody would shorten, shuffle and mistype them. */
function fromTitles(items, random) {
  const out = [];
  for (const { code, long_title: title } of items) {
    const words = title.toLowerCase().match(/[a-z]{3,}/g) ?? ["pain"];
    const picked = words.filter(() => random() < 0.5).slice(0, 4);
    const shuffled = (picked.length ? picked : words.slice(0, 2)).reverse();
    out.push(shuffled.join(" "), code, code.slice(0, 4), code.replace(".", "").slice(0, 5));
    const wrong = shuffled.map((word) =>
      word.length > 5 ? word.slice(0, 3) + word.slice(4) : word,
    );
    out.push(wrong.join(" "));
  }
  return out;
}

export async function measureIcd(demo, release, { say }) {
  say("importing the release");
  const config = ["--config", path.join(demo.data, "wardbook.toml")];
  await run(demo.program, ["icd", "import", release, ...config]);
  return measureSearches(demo, { say });
}

export async function measureSearches(demo, { say }) {
  const token = await demo.signIn("demo_hospital_001");
  const headers = { Authorization: `Bearer ${token}` };
  let state = 11;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const samples = [];
  for (const chapter of "ABCDEFGHIJKLMNOPQRSTVWXYZ") {
    const found = await demo.get(`/api/v1/icd10?q=${chapter}${state % 9}&limit=200`, token);
    for (const item of found.items) if (random() < 0.02) samples.push(item);
    random();
  }
  say("searches, five times each");
  const typed = [...WRITTEN, ...fromTitles(samples, random)];
  return searchTimes(demo, headers, typed);
}

async function searchTimes(demo, headers, queries) {
  const took = [];
  for (let round = -1; round < 5; round += 1) {
    for (const q of queries) {
      const begun = process.hrtime.bigint();
      const answer = await fetch(`${demo.origin}/api/v1/icd10?q=${encodeURIComponent(q)}`, {
        headers,
      });
      await answer.arrayBuffer();
      const ms = Number(process.hrtime.bigint() - begun) / 1e6;
      if (answer.status !== 200) throw new Error(`q=${q}: ${answer.status}`);
      if (round >= 0) took.push({ q, ms });
    }
  }
  took.sort((a, b) => a.ms - b.ms);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))].ms;
  const slowest = [...new Set(took.slice(-60).reverse().map((row) => row.q))].slice(0, 12);
  return { queries: queries.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1), slowest };
}

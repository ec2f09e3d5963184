// bench/run [--seconds N] [--output FILE.json] [--quick] [--only PARTS] [--against PROGRAM]
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Demo } from "./lib/demo.mjs";
import { measureIcd } from "./lib/icd.mjs";
import { measureLarge } from "./lib/large.mjs";
import { measurePresigning } from "./lib/presign.mjs";
import { available } from "./lib/process.mjs";
import { measureRecords } from "./lib/records.mjs";
import {
  icdTable,
  largeTable,
  multipartTable,
  nginxTable,
  presignTable,
  recordsTable,
  scaleNotes,
  scaleTable,
  storeTable,
  writesTable,
} from "./lib/report.mjs";
import { fill, LARGE, measureScale, pageRatios, SMALL } from "./lib/scale.mjs";
import { measureStores } from "./lib/store.mjs";
import { measureWrites } from "./lib/writes.mjs";

const here = path.dirname(new URL(import.meta.url).pathname);
const root = path.dirname(here);
const PARTS = ["records", "writes", "presign", "store", "large", "icd", "scale"];
const ICD_RELEASE = "../shared/data/icd10cm";
const USAGE = `usage: bench/run [--seconds N] [--output FILE.json] [--quick] [--only PARTS]
                 [--against PROGRAM]

  --seconds N     how long each measurement lasts (default 10, with --quick 2)
  --output FILE   where the figures go as JSON (default bench/results/TIME.json)
  --quick         short, and with smaller files: to see that everything works
  --only PARTS    some of ${PARTS.join(",")}
  --against P     another build of the program, measured in turns with this one (part writes)
`;

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        seconds: { type: "string" },
        output: { type: "string" },
        only: { type: "string" },
        against: { type: "string" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    process.stderr.write(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
  const seconds = Number(values.seconds ?? (values.quick ? 2 : 10));
  const parts = values.only?.split(",") ?? PARTS;
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  if (!Number.isInteger(seconds) || seconds < 1 || parts.some((p) => !PARTS.includes(p))) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  const output = values.output ?? path.join(here, "results", `${time}.json`);
  const against = values.against && path.resolve(values.against);
  return { seconds, parts, output: path.resolve(output), quick: values.quick, against };
}

function machine() {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    kernel: os.release(),
    load_before: os.loadavg()[0],
  };
}

function title(text) {
  process.stdout.write(`\n${text}\n\n`);
}

/** Makes a folder that PostgreSQL's user can reach. */
async function chmodded(folder) {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
}

/** The CMS release that is searched: named, or beside the source tree. */
async function icdRelease() {
  if (process.env.WARDBOOK_ICD) return process.env.WARDBOOK_ICD;
  const beside = path.join(root, ICD_RELEASE);
  const files = existsSync(beside) ? await readdir(beside) : [];
  const found = files.find((name) => /order.*\.txt$|\.zip$/i.test(name));
  return found && path.join(beside, found);
}

async function measure(chosen, program, folder, say) {
  const results = { started_at: new Date().toISOString(), program, machine: machine() };
  Object.assign(results, { seconds: chosen.seconds, quick: chosen.quick });
  const wanted = (part) => chosen.parts.includes(part);
  if (wanted("presign")) {
    say("presigned URLs");
    results.presign = await measurePresigning(root, say);
    title(presignTable(results.presign));
  }
  if (chosen.parts.every((part) => part === "presign")) return results;
  say("setting up a demo");
  const demo = new Demo(program, folder);
  const other = chosen.against && wanted("writes") && new Demo(chosen.against, `${folder}/other`);
  const interrupted = async () => {
    await demo.stop();
    await other?.stop();
    await rm(folder, { recursive: true, force: true });
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    await demo.start();
    if (wanted("records")) {
      const connections = chosen.quick ? [1, 16] : [1, 16, 64];
      const settings = { seconds: chosen.seconds, connections, say };
      results.records = await measureRecords(demo, folder, settings);
      title(recordsTable(results.records));
    }
    if (wanted("writes")) {
      const demos = [["this", demo]];
      if (other) {
        await chmodded(path.join(folder, "other"));
        await other.start();
        demos.unshift(["other", other]);
      }
      const connections = chosen.quick ? [16] : [1, 16];
      results.writes = await measureWrites(demos, { seconds: chosen.seconds, connections, say });
      await other?.stop();
      title(writesTable(results.writes));
    }
    if (wanted("large")) {
      results.large = await measureLarge(demo, chosen.quick ? 256 : 2048, say);
      title(largeTable(results.large));
    }
    if (wanted("icd")) {
      const release = await icdRelease();
      if (release) {
        results.icd = await measureIcd(demo, release, { say });
        title(icdTable(results.icd));
      } else {
        say("no ICD-10-CM release to search in: WARDBOOK_ICD names the file");
      }
    }
    if (wanted("scale") && !chosen.quick) {
      for (const hospital of [SMALL, LARGE]) await fill(demo, hospital, say);
      results.scale = await measureScale(demo, { count: 200, say });
      title(scaleTable(results.scale));
      title(scaleNotes(results.scale, pageRatios(results.scale)));
    }
    if (wanted("store")) {
      const { seconds, quick } = chosen;
      const measured = await measureStores(demo, root, folder, { seconds, quick, say });
      results.store = measured.rows;
      results.store_nginx = measured.nginx;
      results.store_multipart = measured.large;
      title(storeTable(results.store));
      if (measured.nginx) title(nginxTable(measured.nginx));
      title(multipartTable(measured.large));
    }
  } finally {
    await demo.stop();
    await other?.stop();
  }
  return results;
}

async function main() {
  const chosen = options();
  const released = path.join(root, "build/release/wardbook");
  const program = path.resolve(process.env.WARDBOOK_BIN ?? released);
  if (!existsSync(program)) throw new Error(`there is no ${program}: ./dev build makes it`);
  if (chosen.parts.includes("records") && !available("wrk")) throw new Error("wrk is missing");
  const build = await readFile(path.join(path.dirname(program), "CMakeCache.txt"), "utf8").catch(
    () => "",
  );
  const type = /^CMAKE_BUILD_TYPE:\w+=(.*)$/m.exec(build)?.[1] ?? "unknown";
  const begun = Date.now();
  const say = (text) => {
    const seconds = ((Date.now() - begun) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${text}\n`);
  };
  say(`${program}, build type ${type}`);
  const folder = await mkdtemp(path.join(os.tmpdir(), "wardbook-bench-"));
  await chmod(folder, 0o711);
  try {
    const results = { build_type: type, ...(await measure(chosen, program, folder, say)) };
    await mkdir(path.dirname(chosen.output), { recursive: true });
    await writeFile(chosen.output, `${JSON.stringify(results, null, 2)}\n`);
    process.stdout.write(`\nthe figures as JSON: ${chosen.output}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  process.stderr.write(`${error.stack ?? error}\n`);
  process.exitCode = 1;
});

// Presigned URLs a second on one thread: ours and the AWS SDK for JavaScript's.
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { run } from "./process.mjs";

/** Where the bench's own build is; an empty answer where Google Benchmark is not installed. */
async function ourProgram(root, say) {
  const given = process.env.WARDBOOK_PRESIGN_BENCH;
  if (given) return given;
  const build = path.join(root, "build/release");
  if (existsSync(path.join(build, "CMakeCache.txt"))) {
    const args = ["--build", build, "-j", "2", "--target", "presign_bench"];
    await run("cmake", args).catch((error) => say(`presign_bench was not built: ${error.message}`));
  }
  const program = path.join(build, "bench/presign_bench");
  return existsSync(program) ? program : "";
}

async function ours(program) {
  const args = ["--benchmark_format=json", "--benchmark_min_time=1"];
  const { out } = await run(program, args);
  const row = (found) => ({
    program: "wardbook",
    what: found.name === "presign_put" ? "PUT, 8 bound headers" : "GET",
    per_second: found.items_per_second ?? 1e9 / found.cpu_time,
    us: found.cpu_time / 1000,
  });
  return JSON.parse(out).benchmarks.map(row);
}

async function installed(folder, say) {
  const modules = path.join(folder, "node_modules/.package-lock.json");
  const lock = await stat(path.join(folder, "package-lock.json"));
  const there = await stat(modules).catch(() => undefined);
  if (there && there.mtimeMs >= lock.mtimeMs) return true;
  say("npm ci in bench/peers");
  try {
    await run("npm", ["ci", "--no-progress"], { cwd: folder });
    return true;
  } catch (error) {
    say(`skipped the AWS SDK: ${error.message}`);
    return false;
  }
}

export async function measurePresigning(root, say) {
  const rows = [];
  const program = await ourProgram(root, say);
  if (program) rows.push(...(await ours(program)));
  else say("skipped presign_bench: it takes Google Benchmark and a release build");
  const peers = path.join(root, "bench/peers");
  if (await installed(peers, say)) {
    const { out } = await run(process.execPath, [path.join(peers, "presign.mjs")]);
    rows.push(...JSON.parse(out));
  }
  return rows;
}

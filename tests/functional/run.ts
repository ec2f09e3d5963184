// npm test: starts one demo, runs every file of tests/ against it, stops it, and then runs the
// files of tests/alone/, which start and kill the program themselves, on what it left behind.
//
// WARDBOOK_BIN names the program (default build/release/wardbook). Arguments are patterns of the
// files to run: `npx tsx run.ts records audit`. In between, the tests of files run once more on a
// service whose store is Ceph's radosgw, where that is installed (`npx tsx run.ts rgw`: only that).
// WARDBOOK_TEST_URL, WARDBOOK_TEST_DATA and
// WARDBOOK_DEMO_PASSWORD together name a running demo to be used instead; it is left running.
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Radosgw, serveOn, whyNot } from "./lib/radosgw.ts";
import { freePort, root, startDemo, type DemoPlace, type Running } from "./lib/program.ts";

const FIRST_START_S = 600;
const here = fileURLToPath(new URL(".", import.meta.url));

function files(folder: string, patterns: string[]): string[] {
  return readdirSync(path.join(here, folder))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => patterns.length === 0 || patterns.some((part) => name.includes(part)))
    .sort()
    .map((name) => path.join(folder, name));
}

function runNode(list: string[], env: Record<string, string>): Promise<boolean> {
  const args = ["--import", "tsx", "--test", "--test-concurrency=1", "--test-reporter=spec"];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, ...list], {
      cwd: here,
      stdio: "inherit",
      env: { ...process.env, ...env },
    });
    const pass = (signal: NodeJS.Signals) => (): void => void child.kill(signal);
    process.once("SIGINT", pass("SIGINT"));
    process.once("SIGTERM", pass("SIGTERM"));
    child.on("exit", (code) => resolve(code === 0));
  });
}

/** What holds for any S3. */
const ANY_STORE = [
  ...["", "_content", "_expiry", "_flow", "_headers", "_parts", "_stream", "_sweep", "_types"].map(
    (part) => `tests/attachments${part}.test.ts`,
  ),
  "tests/storage_bucket.test.ts",
];

async function onRadosgw(place: DemoPlace, env: Record<string, string>): Promise<boolean> {
  const missing = whyNot();
  if (missing) {
    console.log(`the tests of files on radosgw are left out: ${missing}`);
    return true;
  }
  const parent = path.dirname(place.dataDir);
  const gateway = await Radosgw.start(path.join(parent, "radosgw"));
  try {
    const { node, folder } = await serveOn(gateway.bucket, place.dataDir, path.join(parent, "rgw"));
    console.log(`the tests of files on radosgw, log ${node.log}`);
    const there = { WARDBOOK_TEST_URL: node.base, WARDBOOK_TEST_DATA: folder };
    const good = await runNode(ANY_STORE, { ...env, ...there, WARDBOOK_TEST_STORE: "radosgw" });
    return (await node.stop()).code === 0 && good;
  } finally {
    await gateway.stop();
  }
}

async function prepare(): Promise<DemoPlace> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-functional-"));
  chmodSync(folder, 0o755); // As root the cluster runs as another user, who has to get in.
  const logs = path.join(root, "build/logs");
  mkdirSync(logs, { recursive: true });
  return {
    dataDir: path.join(folder, "data"),
    password: "functional tests only",
    port: await freePort(),
    storePort: await freePort(),
    log: path.join(logs, `functional-demo-${process.pid}.log`),
  };
}

async function main(): Promise<number> {
  const patterns = process.argv.slice(2);
  const together = files("tests", patterns);
  const alone = files("tests/alone", patterns);
  const radosgw = patterns.length === 0 || patterns.includes("rgw");
  if (together.length + alone.length === 0 && !radosgw) {
    console.error("no test file matches");
    return 2;
  }
  if (process.env["WARDBOOK_TEST_URL"]) return (await runNode(together, {})) ? 0 : 1;

  const place = await prepare();
  const env = {
    WARDBOOK_TEST_URL: `http://127.0.0.1:${place.port}`,
    WARDBOOK_TEST_DATA: place.dataDir,
    WARDBOOK_TEST_STORE_PORT: String(place.storePort),
    WARDBOOK_TEST_LOG: place.log,
    WARDBOOK_DEMO_PASSWORD: place.password,
  };
  let demo: Running | undefined = startDemo(place);
  let good = true;
  try {
    const began = Date.now();
    await demo.says("Wardbook demo is ready.", FIRST_START_S);
    const seconds = (): string => ((Date.now() - began) / 1000).toFixed(1);
    const ready = seconds();
    await demo.says("The demo is complete.", FIRST_START_S);
    console.log(`demo ready after ${ready} s, complete after ${seconds()} s, log ${place.log}`);
    if (together.length > 0) good = (await runNode(together, env)) && good;
    if (radosgw) good = (await onRadosgw(place, env)) && good;
    const ended = await demo.stop();
    demo = undefined;
    if (ended.code !== 0) {
      console.error(`not ok the demo ended with ${ended.code ?? ended.signal} on SIGTERM`);
      good = false;
    }
    if (alone.length > 0) good = (await runNode(alone, env)) && good;
  } catch (error) {
    console.error(`not ok ${error instanceof Error ? error.message : String(error)}`);
    good = false;
  } finally {
    if (demo) await demo.stop();
    if (good) rmSync(path.dirname(place.dataDir), { recursive: true, force: true });
    else console.error(`the data is left at ${place.dataDir}`);
  }
  return good ? 0 : 1;
}

process.exitCode = await main();

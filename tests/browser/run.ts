// npm test: starts one demo, runs every file of tests/ in Chromium against it, and stops it.
//
// WARDBOOK_BIN names the program (default build/release/wardbook). Arguments are patterns of the files
// to run: `npx tsx run.ts chart visit`. WARDBOOK_TEST_URL and WARDBOOK_DEMO_PASSWORD together name a
// running demo to be used instead; it is left running. Screenshots go to build/screenshots.
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, root, startDemo, type Running } from "../functional/lib/program.ts";

const FIRST_START_S = 600;
const here = fileURLToPath(new URL(".", import.meta.url));

function files(patterns: string[]): string[] {
  return readdirSync(path.join(here, "tests"))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => patterns.length === 0 || patterns.some((part) => name.includes(part)))
    .sort()
    .map((name) => path.join("tests", name));
}

function runNode(list: string[], env: Record<string, string>): Promise<boolean> {
  const args = ["--import", "tsx", "--test", "--test-concurrency=1", "--test-reporter=spec"];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, ...list], {
      cwd: here,
      stdio: "inherit",
      env: { ...process.env, ...env },
    });
    child.on("exit", (code) => resolve(code === 0));
  });
}

async function main(): Promise<number> {
  const list = files(process.argv.slice(2));
  if (list.length === 0) {
    console.error("no test file matches");
    return 2;
  }
  if (process.env["WARDBOOK_TEST_URL"]) return (await runNode(list, {})) ? 0 : 1;

  const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-browser-"));
  chmodSync(folder, 0o755); // As root the cluster runs as another user, who has to get in.
  mkdirSync(path.join(root, "build/logs"), { recursive: true });
  const place = {
    dataDir: path.join(folder, "data"),
    password: "browser tests only",
    port: await freePort(),
    storePort: await freePort(),
    log: path.join(root, "build/logs", `browser-demo-${process.pid}.log`),
  };
  let demo: Running | undefined = startDemo(place);
  let good = false;
  try {
    await demo.says("Wardbook demo is ready.", FIRST_START_S);
    good = await runNode(list, {
      WARDBOOK_TEST_URL: `http://127.0.0.1:${place.port}`,
      WARDBOOK_DEMO_PASSWORD: place.password,
    });
    const ended = await demo.stop();
    demo = undefined;
    if (ended.code !== 0) {
      console.error(`not ok the demo ended with ${ended.code ?? ended.signal} on SIGTERM`);
      good = false;
    }
  } catch (error) {
    console.error(`not ok ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    if (demo) await demo.stop();
    if (good) rmSync(folder, { recursive: true, force: true });
    else console.error(`the data is left at ${folder}`);
  }
  return good ? 0 : 1;
}

process.exitCode = await main();

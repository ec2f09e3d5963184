// The program under test as a process: `demo`, `serve` and single commands.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { send } from "./http.ts";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const binary = path.resolve(
  process.env["WARDBOOK_BIN"] ??
    process.env["WARDBOOK_PROGRAM"] ??
    path.join(root, "build/release/wardbook"),
);

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const port = (server.address() as net.AddressInfo).port;
      server.close(() => resolve(port));
    });
  });
}

/** What our own settings would change in a program that is to be told everything here. */
function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("WARDBOOK_"));
  return { ...Object.fromEntries(kept), ...extra };
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class Running {
  readonly ended: Promise<Ended>;
  result: Ended | undefined;

  constructor(
    readonly child: ChildProcess,
    readonly base: string,
    readonly log: string,
  ) {
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.result = { code, signal };
        resolve(this.result);
      });
    });
  }

  get pid(): number {
    assert.ok(this.child.pid, "the program did not start");
    return this.child.pid;
  }

  tail(lines = 30): string {
    return readFileSync(this.log, "utf8").split("\n").slice(-lines).join("\n");
  }

  /** Waits for /readyz. Throws when the program ends before, or after `seconds`. */
  async ready(seconds: number): Promise<void> {
    const until = Date.now() + seconds * 1_000;
    for (;;) {
      if (this.result) {
        const { code, signal } = this.result;
        throw new Error(`ended with ${code ?? signal} before it was ready:\n${this.tail()}`);
      }
      try {
        const answer = await send({ method: "GET", url: `${this.base}/readyz` });
        if (answer.status === 200) return;
      } catch {
        // Not listening yet.
      }
      if (Date.now() > until) throw new Error(`not ready after ${seconds} s:\n${this.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Waits for a line that has `text` in what the program prints. Throws like `ready`. */
  async says(text: string, seconds: number): Promise<void> {
    const until = Date.now() + seconds * 1_000;
    while (!readFileSync(this.log, "utf8").includes(text)) {
      if (this.result) throw new Error(`ended before it said ${text}:\n${this.tail()}`);
      if (Date.now() > until) throw new Error(`no ${text} after ${seconds} s:\n${this.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    if (!this.result) this.child.kill(signal);
    return this.ended;
  }
}

export function start(
  args: string[],
  base: string,
  log: string,
  env: Record<string, string> = {},
): Running {
  assert.ok(existsSync(binary), `there is no program at ${binary}: run ./dev build`);
  const out = openSync(log, "a");
  const child = spawn(binary, args, { env: environment(env), stdio: ["ignore", out, out] });
  child.on("error", (error) => {
    throw error;
  });
  return new Running(child, base, log);
}

export interface DemoPlace {
  dataDir: string;
  password: string;
  port: number;
  storePort: number;
  log: string;
}

export function startDemo(place: DemoPlace): Running {
  const args = ["demo", "--data-dir", place.dataDir];
  args.push("--listen", `127.0.0.1:${place.port}`);
  args.push("--object-store-listen", `127.0.0.1:${place.storePort}`);
  return start(args, `http://127.0.0.1:${place.port}`, place.log, {
    WARDBOOK_DEMO_PASSWORD: place.password,
  });
}

export interface Output extends Ended {
  stdout: string;
  stderr: string;
}

/** One command to its end; `input` is its stdin. */
export function command(
  args: string[],
  options: { env?: Record<string, string>; seconds?: number; program?: string; input?: string } = {},
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.program ?? binary, args, {
      env: environment(options.env ?? {}),
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => undefined); // It may end without having read.
    child.stdin.end(options.input ?? "");
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    const late = setTimeout(() => child.kill("SIGKILL"), (options.seconds ?? 60) * 1_000);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(late);
      const stdout = Buffer.concat(out).toString("utf8");
      resolve({ code, signal, stdout, stderr: Buffer.concat(err).toString("utf8") });
    });
  });
}

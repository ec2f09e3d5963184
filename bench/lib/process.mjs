// Starting programs, and what /proc says of them.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Runs to its end; rejects with what it said when it fails. Resolves with { out, err }. */
export async function run(command, args, { env = {}, cwd, input } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  if (input !== undefined) child.stdin.end(input);
  const [code, signal] = await once(child, "close");
  if (code !== 0) {
    throw new Error(`${command} ended with ${code ?? signal}:\n${(err + out).slice(-2000)}`);
  }
  return { out, err };
}

export function available(command) {
  try {
    execFileSync("sh", ["-c", `command -v "$1"`, "sh", command], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Ends a child by SIGTERM, after `patience` ms by SIGKILL. */
export async function stop(child, patience = 20_000) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  await closed;
  clearTimeout(timer);
}

// The unit of utime and stime. It has been 100 on every Linux for x86 and ARM.
const tickSeconds = 1 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** The fields behind the name, which may hold spaces; [0] is the state, the third of proc(5). */
function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** CPU seconds of a process, all its threads; with `reaped`, of its children that have ended. */
export function cpuSeconds(pid, { reaped = false } = {}) {
  const fields = statOf(pid);
  let ticks = Number(fields[11]) + Number(fields[12]);
  if (reaped) ticks += Number(fields[13]) + Number(fields[14]);
  return ticks * tickSeconds;
}

export function childrenOf(pid) {
  const found = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Number(statOf(name)[1]) === pid) found.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** CPU seconds of a server with a process for each connection, those that have ended included. */
export function familyCpuSeconds(pid) {
  let total = cpuSeconds(pid, { reaped: true });
  for (const child of childrenOf(pid)) {
    try {
      total += cpuSeconds(child);
    } catch {
      // It has ended meanwhile; the parent has its time.
    }
  }
  return total;
}

function kibibytes(file, field) {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(file, "utf8"));
  return found ? Number(found[1]) * 1024 : 0;
}

export const rssBytes = (pid) => kibibytes(`/proc/${pid}/status`, "VmRSS");
export const peakRssBytes = (pid) => kibibytes(`/proc/${pid}/status`, "VmHWM");

/** Proportional set size of a family: shared pages are counted once. */
export function familyPssBytes(pid) {
  let total = 0;
  for (const member of [pid, ...childrenOf(pid)]) {
    try {
      total += kibibytes(`/proc/${member}/smaps_rollup`, "Pss");
    } catch {
      // Ended meanwhile, or another user's where we are not root.
    }
  }
  return total;
}

// A demo of the bench's own: started in a temporary folder, on free ports, ended afterwards.
import { spawn } from "node:child_process";
import { appendFile, readFile } from "node:fs/promises";
import path from "node:path";
import { freePort, pause, run, stop } from "./process.mjs";

const PASSWORD = "bench-correct-horse-battery";
// pgbench takes up to 64 beside the service's own.
const CONNECTIONS = 120;

async function envFile(file) {
  const out = {};
  for (const line of (await readFile(file, "utf8")).split("\n")) {
    const found = /^([A-Z_]+)='?(.*?)'?$/.exec(line);
    if (found) out[found[1]] = found[2];
  }
  return out;
}

export class Demo {
  /** `folder` must be reachable by other users: PostgreSQL refuses to run as root. */
  constructor(program, folder) {
    this.program = program;
    this.data = path.join(folder, "data");
  }

  async start() {
    await this.#launch(600_000);
    // The cluster is the demo's in everything but the number of connections, and that it can be asked
    // for the plans of what it runs.
    const settings = path.join(this.data, "postgres", "postgresql.auto.conf");
    await this.stop();
    await appendFile(
      settings,
      `max_connections = ${CONNECTIONS}\nsession_preload_libraries = 'auto_explain'\n`,
    );
    await this.#launch(60_000);
    this.postgresEnv = await envFile(path.join(this.data, "postgres.env"));
    this.storeEnv = await envFile(path.join(this.data, "object-store.env"));
    const pidFile = await readFile(path.join(this.data, "postgres", "postmaster.pid"), "utf8");
    this.postmaster = Number(pidFile.split("\n")[0]);
  }

  async #launch(patienceMs) {
    const [port, storePort] = [await freePort(), await freePort()];
    this.origin = `http://127.0.0.1:${port}`;
    const addresses = ["--listen", `127.0.0.1:${port}`];
    addresses.push("--object-store-listen", `127.0.0.1:${storePort}`);
    this.child = spawn(this.program, ["demo", "--data-dir", this.data, ...addresses], {
      env: { ...process.env, WARDBOOK_DEMO_PASSWORD: PASSWORD },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    this.child.stdout.on("data", (text) => (said = (said + text).slice(-4000)));
    this.child.stderr.on("data", (text) => (said = (said + text).slice(-4000)));
    const until = Date.now() + patienceMs;
    for (;;) {
      const ended = this.child.signalCode ?? this.child.exitCode;
      if (ended !== null) throw new Error(`the demo ended with ${ended}:\n${said}`);
      if (Date.now() > until) throw new Error(`the demo is not ready:\n${said}`);
      // Until its own charts and files are there it is still at work.
      const complete = said.includes("The demo is complete.") || !said.includes("on their way");
      if (said.includes("Ctrl-C") && complete && (await this.#ready())) return;
      await pause(100);
    }
  }

  async #ready() {
    try {
      const options = { signal: AbortSignal.timeout(5_000) };
      const answer = await fetch(`${this.origin}/readyz`, options);
      await answer.arrayBuffer();
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  get pid() {
    return this.child.pid;
  }

  async stop() {
    if (this.child) await stop(this.child);
  }

  /** A doctor's token for the hospital. */
  async signIn(tenant) {
    const answer = await fetch(`${this.origin}/api/v1/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email: "doctor@demo.test", password: PASSWORD, tenant }),
    });
    const body = await answer.json();
    if (answer.status !== 200) throw new Error(`signing in: ${answer.status} ${body.code}`);
    return body.access_token;
  }

  async get(target, token) {
    const answer = await fetch(this.origin + target, {
      headers: { Authorization: `Bearer ${token}` },
    });
    if (answer.status !== 200) throw new Error(`GET ${target}: ${answer.status}`);
    return answer.json();
  }

  /** What psql answers to a script of the cluster's superuser. */
  async superuser(script) {
    const secrets = await readFile(path.join(this.data, "secrets"), "utf8");
    const password = /^superuser_password\s*=\s*"?([^"\n]*)"?$/m.exec(secrets)?.[1];
    const env = { ...this.postgresEnv, PGUSER: "wardbook_root", PGPASSWORD: password };
    const args = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
    const { out } = await run("psql", args, { env, input: script });
    return out.trim();
  }

  /** The ids of all records of the token's hospital. */
  async recordIds(token) {
    const ids = [];
    let cursor;
    do {
      const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const page = await this.get(`/api/v1/records?limit=200${from}`, token);
      for (const record of page.items) ids.push(record.id);
      cursor = page.next_cursor;
    } while (cursor);
    return ids;
  }

  /** How many requests of a route were answered, by status. */
  async answered(route) {
    const answer = await fetch(`${this.origin}/metrics`);
    const out = {};
    for (const line of (await answer.text()).split("\n")) {
      const found = /^wardbook_http_requests_total\{(.*)\} (\S+)$/.exec(line);
      if (!found || !found[1].includes('method="GET"')) continue;
      if (!found[1].includes(`route="${route}"`)) continue;
      out[/status="(\d+)"/.exec(found[1])[1]] = Number(found[2]);
    }
    return out;
  }

  /** One value, by the service's own login; under a tenant's role where one is named. */
  async sql(statement, tenant) {
    const lines = tenant ? [`SET ROLE "wbt_${tenant}";`, statement] : [statement];
    const args = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
    const { out } = await run("psql", args, { env: this.postgresEnv, input: lines.join("\n") });
    return out.trim();
  }
}

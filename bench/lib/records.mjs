// Reading records: the service under wrk, and beside it, connection for connection, pgbench with
// the same statements, role change and login on the same database.
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  cpuSeconds,
  familyCpuSeconds,
  familyPssBytes,
  pause,
  rssBytes,
  run,
} from "./process.mjs";
import { forPgbench, queriesOf } from "./sql.mjs";

const TENANTS = [1, 2, 3, 4, 5].map((n) => `demo_hospital_00${n}`).concat("tenant_1762083064503");
const HEADER = new URL("../../src/features/records/records_sql.h", import.meta.url).pathname;
const AUDIT_HEADER = new URL("../../src/features/audit/audit_sql.h", import.meta.url).pathname;
const LUA = new URL("../wrk/get.lua", import.meta.url).pathname;

const SCENARIOS = [
  {
    name: "GET /records/{id}, one hospital",
    route: "/api/v1/records/{id}",
    tenants: 1,
    query: "records.get",
    action: "record.read",
    paths: (ids) => ids.map((id) => `/api/v1/records/${id}`),
    parameters: ["id"],
  },
  {
    name: "GET /records/{id}, six hospitals",
    route: "/api/v1/records/{id}",
    tenants: 6,
    query: "records.get",
    action: "record.read",
    paths: (ids) => ids.map((id) => `/api/v1/records/${id}`),
    parameters: ["id"],
  },
  {
    name: "GET /records, first page of 50",
    route: "/api/v1/records",
    tenants: 1,
    query: "records.recent",
    action: "record.list",
    paths: () => ["/api/v1/records?limit=50"],
    parameters: ["before", "before_id", "rows"],
    // What the service sends for a first page; one row more tells whether there is another page.
    values: { before: "infinity", before_id: "9223372036854775807", rows: "51" },
  },
];

/** CPU of the service, of PostgreSQL and of what we started meanwhile, over `work`. */
async function withCpu(demo, work) {
  const before = [cpuSeconds(demo.pid), familyCpuSeconds(demo.postmaster)];
  const own = cpuSeconds(process.pid, { reaped: true }) - cpuSeconds(process.pid);
  const result = await work();
  result.service_cpu_s = cpuSeconds(demo.pid) - before[0];
  result.postgres_cpu_s = familyCpuSeconds(demo.postmaster) - before[1];
  result.generator_cpu_s =
    cpuSeconds(process.pid, { reaped: true }) - cpuSeconds(process.pid) - own;
  return result;
}

async function auditEntries(demo, scenario) {
  let total = 0;
  for (const tenant of TENANTS.slice(0, scenario.tenants)) {
    const where = `WHERE action = '${scenario.action}' AND outcome = 'ok'`;
    const count = `SELECT count(*) FROM "${tenant}".audit_log ${where};`;
    total += Number(await demo.sql(count, tenant));
  }
  return total;
}

async function runWrk(demo, scenario, hospitals, connections, seconds, folder) {
  const lines = [];
  for (const { token, ids } of hospitals.slice(0, scenario.tenants)) {
    lines.push(`T ${token}`, ...scenario.paths(ids).map((target) => `P ${target}`));
  }
  const env = {
    WRK_TARGETS: path.join(folder, "targets"),
    WRK_RESULT: path.join(folder, "wrk.json"),
  };
  await writeFile(env.WRK_TARGETS, lines.join("\n"));
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", LUA];
  await run("wrk", [...args, demo.origin], { env });
  const result = JSON.parse(await readFile(env.WRK_RESULT, "utf8"));
  for (const [name, count] of Object.entries(result)) {
    const bad = name.endsWith("_errors") || name === "timeouts";
    if (bad && count > 0) throw new Error(`${scenario.name}: ${count} ${name}`);
  }
  if (result.requests === 0) throw new Error(`${scenario.name}: no request was answered`);
  return result;
}

async function measureService(demo, scenario, hospitals, connections, seconds, folder) {
  await runWrk(demo, scenario, hospitals, connections, 1, folder);
  // What wrk leaves behind is still being answered for a moment.
  await pause(300);
  const entries = await auditEntries(demo, scenario);
  const answers = await demo.answered(scenario.route);
  const result = await withCpu(demo, () =>
    runWrk(demo, scenario, hospitals, connections, seconds, folder),
  );
  await pause(300);
  const after = await demo.answered(scenario.route);
  for (const [status, count] of Object.entries(after)) {
    // 499: wrk has gone at its end without waiting for the last answers.
    if (status === "200" || status === "499" || count === (answers[status] ?? 0)) continue;
    throw new Error(`${scenario.name}: ${count - (answers[status] ?? 0)} answers were ${status}`);
  }
  const written = (await auditEntries(demo, scenario)) - entries;
  if (written < result.requests) {
    throw new Error(`${scenario.name}: ${result.requests} reads, ${written} audit entries`);
  }
  return {
    per_second: (result.requests / result.duration_us) * 1e6,
    requests: result.requests,
    p50_ms: result.p50_us / 1e3,
    p99_ms: result.p99_us / 1e3,
    bytes_per_answer: Math.round(result.bytes / result.requests),
    audit_entries: written,
    service_cpu_us: (result.service_cpu_s / result.requests) * 1e6,
    postgres_cpu_us: (result.postgres_cpu_s / result.requests) * 1e6,
    generator_cpu_us: (result.generator_cpu_s / result.requests) * 1e6,
    service_rss_bytes: rssBytes(demo.pid),
    postgres_pss_bytes: familyPssBytes(demo.postmaster),
  };
}

/** The row that the service writes of such a read, as the values of its own INSERT. */
function auditEntry(scenario, sql, tenant) {
  const one = scenario.parameters[0] === "id";
  const shown = Array.from({ length: 50 }, (_, i) => i + 1).join(",");
  const values = ["2", "'doctor'", `'${scenario.action}'`, "'record'", one ? ":id" : "NULL"];
  values.push(one ? "1" : "NULL", one ? "NULL" : `'{${shown}}'`, "'ok'", "NULL");
  values.push("'0a1b2c3d-4e5f'", "'127.0.0.1'", "NULL", "NULL", one ? "NULL" : "E'{\"limit\"\\072 50}'");
  values.push("gen_random_uuid()", "NULL");
  return sql
    .replaceAll("{tenant}", `"${tenant}"`)
    .replace(/\$(\d+)/g, (_, number) => values[number - 1])
    .replace(/\s*\n\s*/g, " ");
}

/**
 * pgbench prepares what stands in a pipeline when the pipeline starts, and the login may not even
 * parse a statement on a tenant's schema: so it has the tenant's role for the whole session the
 * first time, gives it up, and from then on takes it in each transaction, as the service does.
 */
function pgbenchScript(scenario, { sql, insert }, tenant, index, ids) {
  const text = forPgbench(sql, tenant, scenario.parameters);
  const random = scenario.parameters[0] === "id";
  return [
    `\\if :fresh${index}`,
    `SET ROLE "wbt_${tenant}";`,
    "\\endif",
    ...(random ? [`\\set id random(${Math.min(...ids)}, ${Math.max(...ids)})`] : []),
    "\\startpipeline",
    "BEGIN;",
    `SET LOCAL ROLE "wbt_${tenant}";`,
    `${text};`,
    ...(insert ? [`${auditEntry(scenario, insert, tenant)};`] : []),
    "COMMIT;",
    "\\endpipeline",
    `\\if :fresh${index}`,
    "SET ROLE NONE;",
    `\\set fresh${index} 0`,
    "\\endif",
    "",
  ].join("\n");
}

/** [end, microseconds] of every transaction, by end; ends in seconds since 1970. */
async function transactions(folder) {
  const all = [];
  const clients = new Map();
  for (const name of await readdir(folder)) {
    if (!name.startsWith("pgbench-log.")) continue;
    const file = path.join(folder, name);
    for (const line of (await readFile(file, "utf8")).split("\n")) {
      if (!line) continue;
      const [client, , us, , seconds, fraction] = line.split(" ");
      const end = Number(seconds) + Number(fraction) / 1e6;
      // A client's first transaction has taken the role for good and prepared the statement.
      if (!clients.has(client)) clients.set(client, end);
      all.push([end, Number(us)]);
    }
    await rm(file);
  }
  all.sort((a, b) => a[0] - b[0]);
  return { all, ready: Math.max(...clients.values()), clients: clients.size };
}

/** The family's CPU seconds every quarter of a second until `work` is done. */
async function sampled(demo, work) {
  const samples = [];
  const take = () => samples.push([Date.now() / 1000, familyCpuSeconds(demo.postmaster)]);
  take();
  const timer = setInterval(take, 250);
  try {
    const result = await work();
    return { result, samples };
  } finally {
    clearInterval(timer);
  }
}

/** CPU a second between two moments, from the samples that lie there. */
function cpuRate(samples, from, to) {
  const inside = samples.filter(([time]) => time >= from && time <= to);
  if (inside.length < 2) return NaN;
  const [first, last] = [inside[0], inside[inside.length - 1]];
  return (last[1] - first[1]) / (last[0] - first[0]);
}

async function measurePgbench(demo, scenario, hospitals, texts, connections, seconds, folder) {
  // Its clock runs while it connects, one client after the other, each with a SCRAM exchange.
  const clock = seconds + 1 + Math.ceil(connections / 8);
  const args = ["-n", "-M", "prepared", "-j", "1", "-c", `${connections}`, "-T", `${clock}`];
  args.push("--log", `--log-prefix=${path.join(folder, "pgbench-log")}`);
  for (const [name, value] of Object.entries(scenario.values ?? {})) {
    args.push("-D", `${name}=${value}`);
  }
  for (const [index, { tenant, ids }] of hospitals.slice(0, scenario.tenants).entries()) {
    const file = path.join(folder, `script-${index}.sql`);
    await writeFile(file, pgbenchScript(scenario, texts, tenant, index, ids));
    args.push("-D", `fresh${index}=1`, "-f", file);
  }
  const program = "/usr/lib/postgresql/15/bin/pgbench";
  const { result, samples } = await sampled(demo, () =>
    run(program, args, { env: demo.postgresEnv }),
  );
  const failed = /number of failed transactions: (\d+)/.exec(result.out)?.[1];
  const { all, ready, clients } = await transactions(folder);
  if (clients < connections || failed !== "0" || /ERROR|aborted/.test(result.err)) {
    throw new Error(`pgbench, ${scenario.name}:\n${result.err}${result.out}`);
  }
  const until = all[all.length - 1][0];
  if (until - ready < seconds / 2) {
    throw new Error(`pgbench ran for ${(until - ready).toFixed(1)} s after it had connected`);
  }
  const measured = all.filter(([end]) => end > ready);
  const perSecond = measured.length / (until - ready);
  const took = measured.map(([, us]) => us).sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))] / 1e3;
  return {
    per_second: perSecond,
    transactions: measured.length,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    postgres_cpu_us: (cpuRate(samples, ready, until) / perSecond) * 1e6,
  };
}

async function signIn(demo) {
  const hospitals = [];
  for (const tenant of TENANTS) {
    const token = await demo.signIn(tenant);
    const ids = await demo.recordIds(token);
    if (Math.max(...ids) - Math.min(...ids) + 1 !== ids.length) {
      throw new Error(`the record ids of ${tenant} have gaps, and pgbench would ask for them`);
    }
    hospitals.push({ tenant, token, ids });
  }
  return hospitals;
}

export async function measureRecords(demo, folder, { seconds, connections, say }) {
  const names = [...new Set(SCENARIOS.map((scenario) => scenario.query))];
  const queries = await queriesOf(HEADER, names, demo.program);
  const inserts = await queriesOf(AUDIT_HEADER, ["audit.insert_one"], demo.program);
  const insert = inserts["audit.insert_one"];
  const hospitals = await signIn(demo);
  const rows = [];
  for (const scenario of SCENARIOS) {
    for (const hospital of hospitals) hospital.token = await demo.signIn(hospital.tenant);
    for (const count of connections) {
      say(`${scenario.name}, ${count} connections`);
      const sql = queries[scenario.query];
      const service = await measureService(demo, scenario, hospitals, count, seconds, folder);
      const peer = await measurePgbench(demo, scenario, hospitals, { sql }, count, seconds, folder);
      const texts = { sql, insert };
      const audited = await measurePgbench(demo, scenario, hospitals, texts, count, seconds, folder);
      rows.push({
        scenario: scenario.name,
        connections: count,
        service,
        pgbench: peer,
        ratio: service.per_second / peer.per_second,
        pgbench_audited: audited,
        ratio_audited: service.per_second / audited.per_second,
      });
    }
  }
  return rows;
}

// Tables for people.
const MIB = 1024 * 1024;

export const mib = (bytes) => (bytes / MIB).toFixed(0);
export const whole = (value) => Math.round(value).toString();
export const fixed = (value, digits = 2) => value.toFixed(digits);

/** Rows of cells; the first column to the left, the others to the right. */
export function table(header, rows) {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  const line = (row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(all[0]), rule, ...all.slice(1).map(line)].join("\n");
}

export function recordsTable(rows) {
  const header = ["reads", "conn", "service/s", "pgbench/s", "ratio", "p50 ms", "p99 ms"];
  header.push("pgb p50", "pgb p99", "+audit/s", "ratio", "svc us", "pg us", "pgb pg us", "+audit pg us");
  header.push("svc MiB", "pg MiB");
  const cells = ({ scenario, connections, service, pgbench, ratio, ...row }) => [
    scenario,
    connections,
    whole(service.per_second),
    whole(pgbench.per_second),
    fixed(ratio),
    fixed(service.p50_ms),
    fixed(service.p99_ms),
    fixed(pgbench.p50_ms),
    fixed(pgbench.p99_ms),
    whole(row.pgbench_audited.per_second),
    fixed(row.ratio_audited),
    whole(service.service_cpu_us),
    whole(service.postgres_cpu_us),
    whole(pgbench.postgres_cpu_us),
    whole(row.pgbench_audited.postgres_cpu_us),
    mib(service.service_rss_bytes),
    mib(service.postgres_pss_bytes),
  ];
  return table(header, rows.map(cells));
}

export function writesTable(rows) {
  const header = ["writes and reads", "program", "conn", "per second", "p50 ms", "p99 ms", "svc us"];
  header.push("pg us", "bytes");
  const cells = (row) => [
    row.scenario,
    row.program,
    row.connections,
    whole(row.per_second),
    fixed(row.p50_ms),
    fixed(row.p99_ms),
    whole(row.service_cpu_us),
    whole(row.postgres_cpu_us),
    row.bytes_per_answer,
  ];
  return table(header, rows.map(cells));
}

export function presignTable(rows) {
  const cells = (row) => [row.program, row.what, whole(row.per_second), fixed(row.us)];
  return table(["presigned URLs", "what", "per second", "us each"], rows.map(cells));
}

export function storeTable(rows) {
  const header = ["object store", "size", "conn", "PUT/s", "PUT MiB/s", "p99 ms", "GET/s"];
  header.push("GET MiB/s", "p99 ms", "RSS MiB", "peak MiB");
  const cells = (row) => [
    row.store,
    row.size_name,
    row.connections,
    fixed(row.put.per_second, 1),
    fixed(row.put.bytes_per_second / MIB, 1),
    fixed(row.put.p99_ms),
    fixed(row.get.per_second, 1),
    fixed(row.get.bytes_per_second / MIB, 1),
    fixed(row.get.p99_ms),
    mib(row.rss_bytes),
    mib(row.peak_rss_bytes),
  ];
  return table(header, rows.map(cells));
}

export function scaleTable(rows) {
  const header = ["ms, one request after the other", "10,000 p50", "p99", "1,000,000 p50", "p99"];
  const cells = ({ name, small, large, ratio }) => [
    name,
    fixed(small.p50_ms),
    fixed(small.p99_ms),
    fixed(large.p50_ms),
    fixed(large.p99_ms),
    fixed(ratio),
  ];
  return table([...header, "ratio"], rows.map(cells));
}

/** Below the table of scale: how a far page compares with the first, and the plans of what grows. */
export function scaleNotes(rows, pages) {
  const over = rows.filter((row) => row.plans);
  const notes = [
    `page 900 beside page 1: ${fixed(pages.small)} with 10,000 records, ` +
      `${fixed(pages.large)} with 1,000,000`,
    over.length ? `over the limit: ${over.map((row) => row.name).join("; ")}` : "none is over",
  ];
  for (const { name, plans } of over) {
    notes.push(`-- ${name}, 10,000 records\n${plans.small}`);
    notes.push(`-- ${name}, 1,000,000 records\n${plans.large}`);
  }
  return notes.join("\n");
}

export function icdTable(row) {
  const cells = [row.queries, fixed(row.p50_ms), fixed(row.p99_ms), fixed(row.max_ms)];
  return table(["ICD-10 searches", "p50 ms", "p99 ms", "slowest ms"], [cells]);
}

export function largeTable(rows) {
  const header = ["large file through the service", "MiB", "s", "MiB/s"];
  header.push("RSS before", "peak", "after", "added MiB");
  const cells = (row) => [
    row.what,
    mib(row.bytes),
    fixed(row.seconds, 1),
    fixed(row.bytes / row.seconds / MIB, 1),
    mib(row.rss_before_bytes),
    mib(row.peak_rss_bytes),
    mib(row.rss_after_bytes),
    mib(row.peak_rss_bytes - row.rss_before_bytes),
  ];
  return table(header, rows.map(cells));
}

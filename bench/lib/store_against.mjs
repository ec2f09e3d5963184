// The built-in store against nginx with the same file, and uploads in parts against a single PUT.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { Agent } from "node:http";
import path from "node:path";
import { available, cpuSeconds, freePort, pause, peakRssBytes, run, stop } from "./process.mjs";
import { presign } from "./sigv4.mjs";
import { MIB, transfer } from "./transfer.mjs";

const PARTS_AT_A_TIME = 4;
const PART_BYTES = 64 * MIB;

async function startNginx(folder) {
  const home = path.join(folder, "nginx");
  await mkdir(path.join(home, "files"), { recursive: true });
  await chmod(home, 0o755);
  await chmod(path.join(home, "files"), 0o755);
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${home}/${name};`)
    .join(" ");
  const configuration = `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/log;
events { worker_connections 256; }
http { ${temporary} access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  server { listen 127.0.0.1:${port}; root ${home}/files; } }
`;
  await writeFile(path.join(home, "nginx.conf"), configuration);
  const child = spawn("nginx", ["-p", home, "-c", path.join(home, "nginx.conf")], {
    stdio: "ignore",
  });
  const origin = `http://127.0.0.1:${port}`;
  for (let i = 0; ; ++i) {
    await pause(50);
    if (child.exitCode !== null || i === 100) throw new Error(`nginx did not start: ${home}/log`);
    if (await fetch(origin).then(() => true, () => false)) break;
  }
  return { files: path.join(home, "files"), origin, stop: () => stop(child) };
}

/** What wrk makes of one URL: answers a second and the latency in milliseconds. */
async function underWrk(url, connections, seconds) {
  const duration = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "--timeout", "10s"];
  const { out } = await run("wrk", [...duration, url]);
  if (/Non-2xx|Socket errors/.test(out)) throw new Error(`wrk on ${new URL(url).pathname}:\n${out}`);
  const milliseconds = (text) => {
    const [, value, unit] = /([\d.]+)(us|ms|s)/.exec(text);
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  return {
    per_second: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]),
    p99_ms: milliseconds(/99%\s+(\S+)/.exec(out)[1]),
  };
}

/** GET of 1 MiB, by presigned URL, and of the same bytes from nginx; undefined without wrk or nginx. */
export async function measureAgainstNginx(store, folder, { seconds, quick, say }) {
  for (const program of ["wrk", "nginx"]) {
    if (available(program)) continue;
    say(`skipped nginx beside the store: ${program} is not installed`);
    return undefined;
  }
  const bytes = randomBytes(MIB);
  const target = `/${store.bucket}/bench/nginx`;
  await transfer(presign(store, "PUT", target), "PUT", { size: MIB, chunk: bytes });
  const nginx = await startNginx(folder);
  try {
    await writeFile(path.join(nginx.files, "file"), bytes);
    const rows = [];
    for (const connections of quick ? [16] : [1, 16]) {
      say(`GET of 1 MiB, ${connections} connections, built-in store and nginx`);
      const own = await underWrk(presign(store, "GET", target), connections, seconds);
      const peer = await underWrk(`${nginx.origin}/file`, connections, seconds);
      rows.push({ connections, store: own, nginx: peer, ratio: own.per_second / peer.per_second });
    }
    return rows;
  } finally {
    await nginx.stop();
  }
}

const element = (document, name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1];

/** One object in parts, so many of them at a time. */
async function inParts(store, target, size, agent, chunk) {
  const begun = await transfer(presign(store, "POST", target, { uploads: "" }), "POST", { agent });
  const uploadId = element(begun.text, "UploadId");
  const count = Math.ceil(size / PART_BYTES);
  let next = 1;
  const worker = async () => {
    for (let partNumber = next++; partNumber <= count; partNumber = next++) {
      const bytes = Math.min(PART_BYTES, size - (partNumber - 1) * PART_BYTES);
      const url = presign(store, "PUT", target, { partNumber, uploadId });
      await transfer(url, "PUT", { agent, size: bytes, chunk });
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_A_TIME }, worker));
  const { text } = await transfer(presign(store, "GET", target, { uploadId }), "GET", { agent });
  const parts = [...text.matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => {
    const tag = (name) => `<${name}>${element(part, name)}</${name}>`;
    return `<Part>${tag("PartNumber")}${tag("ETag")}</Part>`;
  });
  if (parts.length !== count) throw new Error(`${parts.length} of ${count} parts arrived`);
  const document = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  const url = presign(store, "POST", target, { uploadId });
  const first = Buffer.from(document);
  await transfer(url, "POST", { agent, size: first.length, first, chunk });
}

/** A single PUT and an upload in parts of one size, each timed from its first byte to its answer. */
export async function measureMultipart(store, sizeMib, say) {
  const size = sizeMib * MIB;
  const chunk = randomBytes(MIB);
  const agent = new Agent({ keepAlive: true, maxSockets: PARTS_AT_A_TIME });
  const sum = (what) => store.pids.reduce((total, pid) => total + what(pid), 0);
  const timed = async (work) => {
    for (const pid of store.pids) await writeFile(`/proc/${pid}/clear_refs`, "5");
    const [cpu, begun] = [sum(cpuSeconds), performance.now()];
    await work();
    const seconds = (performance.now() - begun) / 1000;
    return {
      seconds,
      mib_per_second: sizeMib / seconds,
      store_cpu_s: sum(cpuSeconds) - cpu,
      peak_rss_bytes: sum(peakRssBytes),
    };
  };
  const remove = (target) => transfer(presign(store, "DELETE", target), "DELETE", { agent });
  const target = (name) => `/${store.bucket}/bench/large-${name}`;
  say(`${store.name}, ${sizeMib} MiB by one PUT`);
  const single = await timed(() =>
    transfer(presign(store, "PUT", target("single")), "PUT", { agent, size, chunk }),
  );
  await remove(target("single"));
  say(`${store.name}, ${sizeMib} MiB in parts, ${PARTS_AT_A_TIME} at a time`);
  const parts = await timed(() => inParts(store, target("parts"), size, agent, chunk));
  await remove(target("parts"));
  agent.destroy();
  return { store: store.name, size_mib: sizeMib, single, parts };
}

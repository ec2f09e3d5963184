// PUT and GET of objects, on the built-in store and, where it is installed, on Ceph's radosgw: the
// same client, the same presigned URLs.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import path from "node:path";
import { available, cpuSeconds, freePort, peakRssBytes, rssBytes, run } from "./process.mjs";
import { presign } from "./sigv4.mjs";
import { measureAgainstNginx, measureMultipart } from "./store_against.mjs";
import { MIB, transfer } from "./transfer.mjs";

/** Large objects a fixed number of times: radosgw's store here is its memory, of 2 GiB. */
const SIZES = [
  { name: "1 KiB", size: 1024, connections: 16, keys: 64 },
  { name: "1 MiB", size: MIB, connections: 16, keys: 8 },
  { name: "256 MiB", size: 256 * MIB, connections: 1, keys: 2, times: 2 },
];
/** What fits twice beside all that was put before: what radosgw removes goes later. */
const MEMSTORE_MIB = 512;
const QUICK_LARGE = { name: "32 MiB", size: 32 * MIB, connections: 1, keys: 2, times: 2 };

const sum = (pids, what) => pids.reduce((total, pid) => total + what(pid), 0);

async function phase(store, method, plan, seconds) {
  const { size, connections, keys, times } = plan;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const chunk = randomBytes(Math.min(size, MIB));
  const took = [];
  const cpu = sum(store.pids, cpuSeconds);
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const worker = async (number) => {
    const urls = [];
    for (let key = 0; key < keys; ++key) {
      const target = `/${store.bucket}/bench/${size}/${number}-${key}`;
      urls.push(presign(store, method, target));
    }
    for (let i = 0; times ? i < times : performance.now() < until; ++i) {
      const from = performance.now();
      const options = method === "PUT" ? { agent, size, chunk } : { agent };
      const { bytes } = await transfer(urls[i % keys], method, options);
      if (method === "GET" && bytes !== size) throw new Error(`GET gave ${bytes} of ${size} bytes`);
      took.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, number) => worker(number)));
  const elapsed = (performance.now() - begun) / 1000;
  agent.destroy();
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
  return {
    requests: took.length,
    per_second: took.length / elapsed,
    bytes_per_second: (took.length * size) / elapsed,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    store_cpu_us: ((sum(store.pids, cpuSeconds) - cpu) / took.length) * 1e6,
  };
}

/** Every key that GET asks for has been put, however short the measured time was. */
async function fill(store, { size, connections, keys }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const chunk = randomBytes(Math.min(size, MIB));
  for (let number = 0; number < connections; ++number) {
    for (let key = 0; key < keys; ++key) {
      const url = presign(store, "PUT", `/${store.bucket}/bench/${size}/${number}-${key}`);
      await transfer(url, "PUT", { agent, size, chunk });
    }
  }
  agent.destroy();
}

async function measureStore(store, sizes, seconds, say) {
  const rows = [];
  for (const plan of sizes) {
    say(`${store.name}, ${plan.name}`);
    if (!plan.times) await fill(store, plan);
    for (const pid of store.pids) await writeFile(`/proc/${pid}/clear_refs`, "5");
    const put = await phase(store, "PUT", plan, seconds);
    const get = await phase(store, "GET", plan, seconds);
    rows.push({
      store: store.name,
      size_name: plan.name,
      size_bytes: plan.size,
      connections: plan.connections,
      put,
      get,
      rss_bytes: sum(store.pids, rssBytes),
      peak_rss_bytes: sum(store.pids, peakRssBytes),
    });
  }
  return rows;
}

/** Starts Ceph's gateway with a store in memory; undefined where that is not possible here. */
async function startRadosgw(root, folder, say) {
  const up = process.env.WARDBOOK_RADOSGW_UP ?? path.join(root, "../shared/tools/rgw-up.sh");
  if (!existsSync(up) || !available("radosgw")) {
    say("skipped radosgw: it is not installed, or there is no script that starts one");
    return undefined;
  }
  const lab = path.join(folder, "radosgw");
  const [accessKey, secretKey] = ["BENCHACCESSKEY000001", randomBytes(20).toString("hex")];
  const port = await freePort();
  const env = { RGW_LAB: lab, RGW_PORT: `${port}`, RGW_ACCESS: accessKey, RGW_SECRET: secretKey };
  const down = () =>
    run(path.join(path.dirname(up), "rgw-down.sh"), ["wipe"], { env }).catch((error) =>
      say(error.message),
    );
  try {
    // Into a file: the servers that it leaves running would hold a pipe open.
    await run("bash", ["-c", '"$0" >"$1" 2>&1', up, path.join(folder, "radosgw.log")], { env });
  } catch (error) {
    await down();
    say(`skipped radosgw: ${error.message}`);
    return undefined;
  }
  const pid = (name) => Number(readFileSync(path.join(lab, "run", `${name}.pid`), "utf8"));
  const store = {
    name: "radosgw",
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    accessKey,
    secretKey,
    bucket: "bench",
    pids: [pid("rgw"), pid("osd")],
    down,
  };
  await transfer(presign(store, "PUT", "/bench"), "PUT", { chunk: Buffer.alloc(1) });
  return store;
}

export async function measureStores(demo, root, folder, { seconds, quick, say }) {
  const sizes = quick ? [...SIZES.slice(0, 2), QUICK_LARGE] : SIZES;
  const env = demo.storeEnv;
  const builtIn = {
    name: "built-in",
    endpoint: env.AWS_ENDPOINT_URL,
    region: env.AWS_REGION,
    accessKey: env.AWS_ACCESS_KEY_ID,
    secretKey: env.AWS_SECRET_ACCESS_KEY,
    bucket: env.WARDBOOK_BUCKET,
    pids: [demo.pid],
  };
  const rows = await measureStore(builtIn, sizes, seconds, say);
  const nginx = await measureAgainstNginx(builtIn, folder, { seconds, quick, say });
  const large = [];
  const measured = { rows, nginx, large };
  if (!quick) large.push(await measureMultipart(builtIn, 2048, say));
  large.push(await measureMultipart(builtIn, quick ? 128 : MEMSTORE_MIB, say));
  const radosgw = await startRadosgw(root, folder, say);
  if (!radosgw) return measured;
  try {
    rows.push(...(await measureStore(radosgw, sizes, seconds, say)));
    large.push(await measureMultipart(radosgw, quick ? 128 : MEMSTORE_MIB, say));
  } finally {
    await radosgw.down();
  }
  return measured;
}

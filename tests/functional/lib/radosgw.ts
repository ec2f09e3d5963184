// Ceph's radosgw as the service's store, where it is installed: a gateway of the tests' own, and a
// service that is told of it by configuration alone.
//
// A script starts it (WARDBOOK_RADOSGW_UP, default ../shared/tools/rgw-up.sh beside the clone) in
// RGW_LAB on RGW_PORT; `rgw-down.sh` beside it ends it. Debian: radosgw ceph-mon ceph-osd
// ceph-common.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { command, freePort, root, start, type Running } from "./program.ts";
import { s3, type Bucket } from "./s3.ts";

const up = process.env["WARDBOOK_RADOSGW_UP"] ?? path.join(root, "../shared/tools/rgw-up.sh");
const SECONDS = 120;

// The gateway listens on RGW_PORT, the monitor on the next two, the OSD on some of +10 to +30.
const PORTS = [0, 1, 2, ...Array.from({ length: 21 }, (_, i) => 10 + i)];

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** All of its ports are free, and none is one that the system gives to connections meanwhile. */
async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all(PORTS.map((more) => isFree(first + more)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("no ports for radosgw");
}

/** Why there is none; undefined where there is one. */
export function whyNot(): string | undefined {
  if (!existsSync(up)) return `there is no ${up}`;
  for (const program of ["radosgw", "ceph-mon", "ceph-osd", "ceph"]) {
    const found = ["/usr/bin", "/usr/sbin"].some((folder) => existsSync(`${folder}/${program}`));
    if (!found) return `${program} is not installed`;
  }
  return undefined;
}

export class Radosgw {
  private constructor(
    readonly bucket: Bucket,
    private readonly env: Record<string, string>,
  ) {}

  /** In a folder of its own, with an empty bucket. */
  static async start(folder: string): Promise<Radosgw> {
    const port = await freePorts();
    const accessKey = "FUNCTIONALTESTS00001";
    const secretKey = "functional-tests-of-attachments-00000000";
    const lab = { RGW_LAB: folder, RGW_PORT: String(port) };
    const env = { ...lab, RGW_ACCESS: accessKey, RGW_SECRET: secretKey };
    // Into a file: the servers that it leaves running would hold a pipe open.
    const log = `${folder}.log`;
    const out = openSync(log, "w");
    const options = { env: { ...process.env, ...env }, timeout: SECONDS * 1_000 };
    const { status } = spawnSync("bash", [up], { ...options, stdio: ["ignore", out, out] });
    const bucket: Bucket = {
      endpoint: `http://127.0.0.1:${port}`,
      region: "us-east-1",
      bucket: "wardbook-tests",
      accessKey,
      secretKey,
    };
    const gateway = new Radosgw(bucket, env);
    if (status !== 0) {
      await gateway.stop();
      throw new Error(`radosgw did not start:\n${readFileSync(log, "utf8").slice(-2_000)}`);
    }
    const made = await s3(bucket, "PUT", "");
    assert.equal(made.status, 200, made.text);
    return gateway;
  }

  async stop(): Promise<void> {
    const down = path.join(path.dirname(up), "rgw-down.sh");
    const env = { ...this.env, PATH: process.env["PATH"] ?? "" };
    await command([down, "wipe"], { program: "bash", env, seconds: SECONDS });
  }
}

/** What the tests find in a demo's folder, with another store; and a service that uses it. */
export async function serveOn(
  at: Bucket,
  dataDir: string,
  folder: string,
): Promise<{ node: Running; folder: string }> {
  mkdirSync(folder);
  copyFileSync(path.join(dataDir, "postgres.env"), path.join(folder, "postgres.env"));
  const values = {
    AWS_ENDPOINT_URL: at.endpoint,
    AWS_ACCESS_KEY_ID: at.accessKey,
    AWS_SECRET_ACCESS_KEY: at.secretKey,
    AWS_REGION: at.region,
    WARDBOOK_BUCKET: at.bucket,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path.join(folder, "object-store.env"), lines.join(""));
  const config = path.join(folder, "wardbook.toml");
  const text = readFileSync(path.join(dataDir, "wardbook.toml"), "utf8")
    .replace(/^endpoint = .*$/m, `endpoint = "${at.endpoint}"`)
    .replace(/^region = .*$/m, `region = "${at.region}"`)
    .replace(/^bucket = .*$/m, `bucket = "${at.bucket}"`)
    .replace(/^access_key = .*$/m, `access_key = "${at.accessKey}"`)
    .replace(/^secret_key = .*$/m, `secret_key = "${at.secretKey}"`)
    .replace(/^target = .*$/m, 'target = "stdout"');
  writeFileSync(config, text, { mode: 0o600 });
  const port = await freePort();
  const args = ["serve", "--config", config, "--listen", `127.0.0.1:${port}`];
  const node = start(args, `http://127.0.0.1:${port}`, path.join(folder, "serve.log"));
  await node.ready(60);
  return { node, folder };
}

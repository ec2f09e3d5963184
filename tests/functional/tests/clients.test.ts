// What clients may take: without an account, or slowly, or too many from one address.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";
import { Client } from "../lib/client.ts";
import { pdf } from "../lib/files.ts";
import { send, sendRaw } from "../lib/http.ts";
import type { Running } from "../lib/program.ts";
import {
  as,
  base,
  emailOf,
  HOME,
  newAccount,
  newPatient,
  newRecord,
  nobody,
  OTHER,
  password,
  signIn,
  startNode,
  unique,
} from "../lib/world.ts";

const json = { "content-type": "application/json" };

/** A node whose limits are so low that a test reaches them. */
let strict: Running;

before(async () => {
  strict = await startNode([
    "server.open_requests_per_minute=20",
    "server.slow_client_grace_ms=500",
    "server.min_bytes_per_second=1000000",
    "server.max_connections=64",
    "server.max_connections_per_address=48",
    "server.trusted_proxies=127.0.0.2,127.0.0.3",
  ]);
  await strict.ready(60);
});
after(async () => {
  assert.equal((await strict.stop()).code, 0, strict.tail());
});

function members(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`member_${i}`, i]));
}

test("many members are refused, whoever sends them", async () => {
  const long = await nobody.any("POST", "/auth/login", { body: members(65_536) });
  assert.equal(long.status, 413, "a sign-in has at most 16 KiB");
  const doctor = await as("doctor");
  const many = await doctor.any("POST", "/patients", { body: members(1_001) });
  assert.equal(many.status, 400, many.text);
  assert.equal(many.body.code, "invalid_json");
  assert.match(many.body.detail, /more than 1000 members/);
  const hidden = `{${Array.from({ length: 1_001 }, (_, i) => `"\\u0061\\"${i}":{}`).join()}}`;
  const escaped = await send({
    method: "POST",
    url: `${base}/api/v1/patients`,
    headers: { ...json, authorization: `Bearer ${doctor.token}` },
    body: hidden,
  });
  assert.equal(escaped.status, 400, "escapes hide nothing");
});

test("an answer names a hundred faults at most", async () => {
  const doctor = await as("doctor");
  const answer = await doctor.any("POST", "/patients", { body: members(900) });
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.body.errors.length, 100);
  assert.match(answer.body.detail, /first 100/);
});

async function statuses(path: string, count: number, from: string): Promise<number[]> {
  const out: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const answer = await sendRaw(
      strict.base,
      `POST /api/v1${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${from}` +
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    );
    if (answer.status === 429) assert.match(answer.text, /\r\nRetry-After: [1-9]/);
    out.push(answer.status);
  }
  return out;
}

test("an address may use open routes so many times a minute", async () => {
  const login = await statuses("/auth/login", 30, "");
  assert.deepEqual(login.slice(0, 20), Array(20).fill(422));
  assert.ok(login.filter((status) => status === 429).length >= 5, login.join());
  assert.equal((await statuses("/auth/refresh", 1, ""))[0], 422, "each route counts for itself");
  const health = await send({ method: "GET", url: `${strict.base}/healthz` });
  assert.equal(health.status, 200);
  const doctor = await as("doctor");
  await new Client(strict.base, doctor.token).expect(200, "get", "/me");
});

/** From an address of this machine: 127.0.0.2 and .3 are the proxies. */
function askFrom(localAddress: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      port: Number(new URL(strict.base).port),
      host: "127.0.0.1",
      localAddress,
    });
    let text = "";
    socket.setTimeout(20_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => (text += chunk.toString("utf8")));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
    socket.write(request);
  });
}

function login(forwarded: string): string {
  const body = JSON.stringify({ email: emailOf("doctor"), password, tenant: HOME });
  return (
    `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${forwarded}` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

test("behind a trusted proxy the audit log names the client", async () => {
  const field = "X-Forwarded-For: 203.0.113.9, 198.51.100.77, 127.0.0.3\r\n";
  const since = new Date(Date.now() - 1_000).toISOString();
  assert.match(await askFrom("127.0.0.2", login(field)), /^HTTP\/1\.1 200/);
  assert.match(await askFrom("127.0.0.4", login(field)), /^HTTP\/1\.1 200/);
  const auditor = await as("auditor");
  const query = { from: since, limit: 200 } as const;
  const { body } = await auditor.expect(200, "get", "/audit", { query });
  const addresses = body.items.map((entry) => entry.ip);
  assert.ok(addresses.includes("198.51.100.77"), addresses.join());
  assert.ok(addresses.includes("127.0.0.4"), "who is no proxy is not believed");
  assert.ok(!addresses.includes("203.0.113.9") && !addresses.includes("127.0.0.2"));
});

test("clients behind a trusted proxy have limits of their own, and the proxy none", async () => {
  const via = (client: string): string => `X-Forwarded-For: ${client}\r\n`;
  const request = (client: string): string =>
    `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${via(client)}` +
    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  const of = async (client: string): Promise<string> =>
    (await askFrom("127.0.0.2", request(client))).slice(9, 12);
  for (let i = 0; i < 20; i += 1) assert.equal(await of("198.51.100.1"), "422");
  const next = await Promise.all(Array.from({ length: 10 }, () => of("198.51.100.1")));
  assert.ok(next.includes("429"), next.join());
  assert.equal(await of("198.51.100.2"), "422");
});

function open(count: number, bytes: string): Promise<net.Socket[]> {
  return Promise.all(
    Array.from({ length: count }, () => {
      return new Promise<net.Socket>((resolve) => {
        const socket = net.connect(Number(new URL(strict.base).port), "127.0.0.1");
        socket.on("error", () => undefined);
        socket.once("connect", () => {
          if (bytes !== "") socket.write(bytes);
          resolve(socket);
        });
      });
    }),
  );
}

test("idle and half-spoken connections keep nobody out", async () => {
  for (const bytes of ["", "GET /", "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n"]) {
    const held = await open(200, bytes);
    const doctor = await as("doctor");
    for (let i = 0; i < 5; i += 1) {
      const answer = await send({
        method: "GET",
        url: `${strict.base}/api/v1/me`,
        headers: { authorization: `Bearer ${doctor.token}` },
        agent: new http.Agent(), // a kept connection may be among those that made room
      });
      assert.equal(answer.status, 200);
    }
    for (const socket of held) socket.destroy();
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // they are counted once a second
  const metrics = await send({ method: "GET", url: `${strict.base}/metrics` });
  const counted = /^wardbook_http_connections_refused_total{.*"made_room".*} ([0-9.e+]+)$/m;
  assert.ok(Number(counted.exec(metrics.text)?.[1]) >= 300, metrics.text);
});

test("a drip is answered 408, and its upload is gone", async () => {
  const doctor = await as("doctor");
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const head =
    `PUT /api/v1/records/${record.id}/attachments?file_name=slow.pdf HTTP/1.1\r\nHost: x\r\n` +
    `Authorization: Bearer ${doctor.token}\r\nContent-Type: application/pdf\r\n` +
    "Content-Length: 1000000\r\n\r\n%PDF-1.4";
  const [socket] = await open(1, head);
  assert.ok(socket);
  const drip = setInterval(() => socket.write("x"), 20);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString("utf8")));
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(drip);
  assert.match(text, /^HTTP\/1\.1 408/);
  const files = await doctor.expect(200, "get", "/records/{id}/attachments", {
    path: { id: record.id },
  });
  assert.deepEqual(files.body.items, []);
});

test("downloads that nobody reads hold no connection to the store", async () => {
  const doctor = await signIn("doctor");
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const bytes = pdf(12_000_000);
  const put = await send({
    method: "PUT",
    url: `${base}/api/v1/records/${record.id}/attachments?file_name=long.pdf`,
    headers: { authorization: `Bearer ${doctor.token}`, "content-type": "application/pdf" },
    body: bytes,
  });
  assert.equal(put.status, 201, put.text);
  const id = JSON.parse(put.text).id as number;
  const port = Number(new URL(base).port);
  const sockets = await Promise.all(
    Array.from({ length: 40 }, () => {
      return new Promise<net.Socket>((resolve) => {
        const socket = net.connect(port, "127.0.0.1");
        socket.on("error", () => undefined);
        socket.pause();
        socket.write(
          `GET /api/v1/attachments/${id}/content HTTP/1.1\r\nHost: x\r\n` +
            `Authorization: Bearer ${doctor.token}\r\n\r\n`,
        );
        resolve(socket);
      });
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await nobody.expect(200, "get", "/readyz");
  const content = await doctor.any("GET", `/attachments/${id}/content`);
  assert.equal(content.status, 200);
  assert.equal(content.bytes.length, bytes.length);
  // One that reads again after all gets the whole, over a new connection to the store.
  const again = sockets[0]!;
  let length = 0;
  await new Promise<void>((resolve) => {
    again.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length >= bytes.length) resolve();
    });
    again.once("close", () => resolve());
    again.resume();
  });
  assert.ok(length >= bytes.length, `${length} of ${bytes.length}`);
  for (const socket of sockets) socket.destroy();
});

/** Begins a request, and does `each` ten times a second. */
function slowSocket(head: string, each: (socket: net.Socket) => void): net.Socket {
  const socket = net.connect(Number(new URL(base).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(`${head}\r\nHost: x\r\n`);
  const timer = setInterval(() => each(socket), 100);
  socket.once("close", () => clearInterval(timer));
  return socket;
}

/** A file of its own in another hospital than the slow clients'. */
async function otherHospital(): Promise<{ client: Client; put: () => Promise<number>; id: number }> {
  const client = await signIn("doctor", OTHER);
  const record = await newRecord(client, (await newPatient(client)).id);
  const put = async () => {
    const answer = await send({
      method: "PUT",
      url: `${base}/api/v1/records/${record.id}/attachments?file_name=${unique("a")}.pdf`,
      headers: { authorization: `Bearer ${client.token}`, "content-type": "application/pdf" },
      body: pdf(50_000),
    });
    assert.equal(answer.status, 201, answer.text);
    return JSON.parse(answer.text).id as number;
  };
  return { client, put, id: await put() };
}

test("slow downloads of one hospital keep no other one waiting", async () => {
  const { client: nurse } = await newAccount("nurse");
  const record = await newRecord(nurse, (await newPatient(nurse)).id);
  const large = await send({
    method: "PUT",
    url: `${base}/api/v1/records/${record.id}/attachments?file_name=long.pdf`,
    headers: { authorization: `Bearer ${nurse.token}`, "content-type": "application/pdf" },
    body: pdf(12_000_000),
  });
  assert.equal(large.status, 201, large.text);
  const other = await otherHospital();
  const id = JSON.parse(large.text).id as number;
  // Each takes something ten times a second: none of them ever stalls.
  const sockets = Array.from({ length: 48 }, () => {
    const head = `GET /api/v1/attachments/${id}/content HTTP/1.1\r\nAuthorization: Bearer ${nurse.token}`;
    const socket = slowSocket(head, (it) => it.read(24 * 1024));
    socket.on("readable", () => undefined);
    socket.write("\r\n");
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  try {
    const content = await other.client.any("GET", `/attachments/${other.id}/content`);
    assert.equal(content.status, 200, content.text);
    await other.put();
    await nobody.expect(200, "get", "/readyz");
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test("slow uploads of one hospital keep no other one waiting", async () => {
  const nurses = await Promise.all([1, 2, 3, 4].map(() => newAccount("nurse")));
  const record = await newRecord(nurses[0]!.client, (await newPatient(nurses[0]!.client)).id);
  const other = await otherHospital();
  const sockets = nurses.flatMap(({ client }) =>
    Array.from({ length: 8 }, (_, index) => {
      const path = `/api/v1/records/${record.id}/attachments?file_name=slow${index}.png`;
      const head = `PUT ${path} HTTP/1.1\r\nAuthorization: Bearer ${client.token}`;
      const socket = slowSocket(head, (it) => it.write(Buffer.alloc(200)));
      socket.write("Content-Type: image/png\r\nContent-Length: 40000000\r\n\r\n");
      socket.resume();
      return socket;
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  try {
    await other.put();
    const content = await other.client.any("GET", `/attachments/${other.id}/content`);
    assert.equal(content.status, 200, content.text);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test("no core dumps", (t) => {
  const limits = `/proc/${strict.pid}/limits`;
  if (!existsSync(limits)) return t.skip("no /proc");
  assert.match(readFileSync(limits, "utf8"), /^Max core file size +0 +0 /m);
});

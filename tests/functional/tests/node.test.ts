// A second node on the demo's database: drained, and killed again and again.
import assert from "node:assert/strict";
import net from "node:net";
import { before, test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { send } from "../lib/http.ts";
import { command, type Running } from "../lib/program.ts";
import { allPages, as, config, HOME, newPatient, startNode, VISIT, wardbook } from "../lib/world.ts";

const KILLS = 30;
const KILLING_S = 50;

let doctor: Awaited<ReturnType<typeof as>>;
let patient: number;

before(async () => {
  doctor = await as("doctor");
  patient = (await newPatient(doctor)).id;
});

const draft = (notes: string): Record<string, unknown> => ({
  patient_id: patient,
  visit_date: VISIT,
  visit_type: "consultation",
  notes,
});

/** A POST whose handler waits for the body: the server has said 100 Continue. */
class Waiting {
  private received = "";
  private readonly socket: net.Socket;
  private readonly closed: Promise<void>;
  private readonly body: string;

  constructor(base: string, token: string, body: string) {
    const url = new URL(base);
    this.body = body;
    this.socket = net.connect(Number(url.port), url.hostname);
    this.socket.on("data", (chunk) => (this.received += chunk.toString("utf8")));
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => resolve());
      this.socket.on("error", () => resolve());
    });
    this.socket.write(
      `POST /api/v1/records HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        "Expect: 100-continue\r\n\r\n",
    );
  }
  async admitted(): Promise<void> {
    for (let tries = 0; !this.received.includes("100 Continue"); tries += 1) {
      assert.ok(tries < 1_000, `no 100 Continue: ${this.received}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  async finish(): Promise<string> {
    this.socket.write(this.body);
    await this.closed;
    return this.received;
  }
  leave(): void {
    this.socket.destroy();
  }
}

test("two nodes serve the same hospital", async () => {
  const node = await startNode();
  try {
    await node.ready(20);
    const there = new Client(node.base, doctor.session.access_token);
    const made = await there.expect(201, "post", "/records", { body: draft("two nodes") as never });
    const path = { id: made.body.id };
    await doctor.expect(200, "patch", "/records/{id}", { path, ifMatch: 1, body: { notes: "x" } });
    await there.refused(412, "version_conflict", "PATCH", `/records/${path.id}`, {
      ifMatch: 1,
      body: { notes: "y" },
    });
  } finally {
    assert.equal((await node.stop()).code, 0, node.tail());
  }
});

test("SIGTERM: what is in flight is answered, nothing new is taken, exit 0", async () => {
  const node = await startNode();
  await node.ready(20);
  const token = doctor.session.access_token;
  const body = JSON.stringify(draft("in flight"));
  const waiting = Array.from({ length: 8 }, () => new Waiting(node.base, token, body));
  await Promise.all(waiting.map((one) => one.admitted()));
  const ended = node.stop("SIGTERM");
  let refused = false;
  for (let tries = 0; !refused && tries < 500; tries += 1) {
    await send({ method: "GET", url: `${node.base}/healthz` }).catch(() => (refused = true));
  }
  assert.ok(refused, "no new connection is taken");
  const answers = await Promise.all(waiting.map((one) => one.finish()));
  for (const answer of answers) {
    assert.match(answer, /HTTP\/1\.1 201 /, answer.slice(0, 300));
    assert.match(answer, /connection: close/i);
  }
  assert.equal((await ended).code, 0, node.tail());
  for (const answer of answers) {
    const id = Number(/"id":(\d+)/.exec(answer)?.[1]);
    await doctor.expect(200, "get", "/records/{id}", { path: { id } });
  }
});

test("a second SIGTERM ends at once what would still be waited for", async () => {
  const node = await startNode();
  await node.ready(20);
  const one = new Waiting(node.base, doctor.session.access_token, JSON.stringify(draft("stuck")));
  await one.admitted();
  node.child.kill("SIGTERM");
  for (let refused = false; !refused;) {
    await send({ method: "GET", url: `${node.base}/healthz` }).catch(() => (refused = true));
  }
  assert.equal(node.result, undefined, "still waits for the request in flight");
  const ended = await node.stop("SIGTERM");
  assert.equal(ended.signal, null);
  one.leave();
});

interface Acknowledged {
  id: number;
  revision: number;
  notes: string;
  requestId: string;
}

/** Writes until the node is gone; returns what the node has said is done. */
async function writeUntilGone(
  node: Running,
  name: string,
  acknowledged: () => void,
): Promise<Acknowledged[]> {
  const client = new Client(node.base, doctor.session.access_token);
  const done: Acknowledged[] = [];
  for (let n = 0; ; n += 1) {
    const notes = `${name} ${n}`;
    try {
      const made = await client.any("POST", "/records", { body: draft(notes) });
      assert.equal(made.status, 201, made.text);
      const { id } = made.body as Schemas["Record"];
      done.push({ id, revision: 1, notes, requestId: made.requestId });
      acknowledged();
      const changed = await client.any("PATCH", `/records/${id}`, {
        ifMatch: 1,
        body: { notes: `${notes} changed` },
      });
      assert.equal(changed.status, 200, changed.text);
      done.push({ id, revision: 2, notes: `${notes} changed`, requestId: changed.requestId });
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return done;
    }
  }
}

test(`${KILLS} kill -9 under writing: what was acknowledged is there with its entry`, async () => {
  const until = Date.now() + KILLING_S * 1_000;
  const done: Acknowledged[] = [];
  let kills = 0;
  while (kills < KILLS && Date.now() < until) {
    const node = await startNode();
    await node.ready(20);
    // A busy machine takes its time to connect: the kill comes some moment after the first answer.
    let first = (): void => {};
    const writing = new Promise<void>((resolve) => (first = resolve));
    const writers = Array.from({ length: 6 }, (_, i) =>
      writeUntilGone(node, `k${kills} w${i}`, first),
    );
    await Promise.race([writing, Promise.all(writers)]);
    await new Promise((resolve) => setTimeout(resolve, 40 + ((kills * 97) % 300)));
    assert.equal((await node.stop("SIGKILL")).signal, "SIGKILL");
    kills += 1;
    for (const list of await Promise.all(writers)) done.push(...list);
  }
  console.log(`${kills} kills, ${done.length} acknowledged changes`);
  assert.ok(kills >= 10, `${kills} kills`);
  assert.ok(done.length > kills, "there was something to lose");

  const last = new Map<number, Acknowledged>();
  for (const one of done) last.set(one.id, one);
  const chart = new Map<number, Schemas["RecordListItem"]>();
  const query = { patient_id: patient, limit: 200 };
  const items = await allPages<Schemas["RecordListItem"]>(doctor, "/records", query);
  for (const item of items) chart.set(item.id, item);
  for (const one of last.values()) {
    const record = chart.get(one.id);
    assert.ok(record, `record ${one.id} was acknowledged`);
    assert.ok(record.revision >= one.revision);
    if (record.revision === one.revision) assert.equal(record.notes, one.notes);
  }

  const auditor = await as("auditor");
  const missing = new Set(done.map((one) => one.requestId));
  let cursor: string | undefined;
  do {
    const query: object = { patient_id: patient, resource: "record", limit: 200, cursor };
    const { body } = await auditor.expect(200, "get", "/audit", { query });
    for (const entry of body.items) missing.delete(entry.request_id ?? "");
    cursor = body.next_cursor ?? undefined;
  } while (cursor && missing.size > 0);
  assert.deepEqual([...missing], []);
  const verdict = await wardbook(["audit", "verify", "--tenant", HOME]);
  assert.equal(verdict.code, 0, verdict.stdout + verdict.stderr);
});

test("a port in use: one clear line and exit 1", async () => {
  const { port } = new URL(doctor.base);
  const args = ["serve", "--config", config, "--listen", `127.0.0.1:${port}`];
  const answer = await command(args, { seconds: 20 });
  assert.equal(answer.code, 1, answer.stderr);
  assert.equal(answer.stderr.trim().split("\n").length, 1, answer.stderr);
  assert.match(answer.stderr, /in use/);
});

test("an unreadable configuration, a missing PostgreSQL, wrong usage", async () => {
  const absent = await command(["serve", "--config", "/nonexistent/wardbook.toml"]);
  assert.equal(absent.code, 1);
  assert.equal(absent.stderr.trim().split("\n").length, 1, absent.stderr);
  assert.match(absent.stderr, /\/nonexistent\/wardbook\.toml/);

  const url = "host=127.0.0.1 port=1 dbname=none user=none connect_timeout=2";
  const nobody = await command(["serve", "--config", config, "--set", `database.url=${url}`], {
    seconds: 30,
  });
  assert.equal(nobody.code, 1, nobody.stderr);
  assert.equal(nobody.stderr.trim().split("\n").length, 1, nobody.stderr);

  for (const args of [["dance"], [], ["serve", "--dance"], ["tenant", "create"]]) {
    assert.equal((await command(args)).code, 2, args.join(" "));
  }
});

test("config print masks every secret", async () => {
  const { readFileSync } = await import("node:fs");
  const toml = readFileSync(config, "utf8");
  const secrets = [...toml.matchAll(/^(\w*(?:secret|password)\w*)\s*=\s*["'](.{8,})["']/gm)];
  assert.ok(secrets.length > 0, "the demo's configuration has secrets");
  const inUrls = [...toml.matchAll(/password=([^\s"']+)/g)].map((match) => match[1]!);
  for (const output of ["table", "json"]) {
    const printed = await wardbook(["config", "print", "--output", output]);
    assert.equal(printed.code, 0, printed.stderr);
    for (const secret of [...secrets.map((match) => match[2]!), ...inUrls]) {
      assert.ok(!printed.stdout.includes(secret), "a secret is shown");
    }
  }
  assert.equal((await wardbook(["config", "check"])).code, 0);
});

test("commands on the running demo", async () => {
  const checked = await wardbook(["config", "check", "--output", "json"]);
  assert.deepEqual(JSON.parse(checked.stdout), { complete: true });
  const printed = await wardbook(["config", "print", "--output", "json"]);
  const settings = JSON.parse(printed.stdout) as Record<string, unknown>;
  assert.equal(typeof settings["server.port"], "number");
  assert.equal(settings["storage.path_style"], true);
  assert.equal(settings["auth.token_secret"], "********");
  const nowhere = await wardbook(["user", "list", "--tenant", "no_such_hospital"]);
  assert.equal(nowhere.code, 1);
  const status = await wardbook(["migrate", "status", "--output", "json"]);
  assert.equal(status.code, 0, status.stderr);
  JSON.parse(status.stdout);
  const again = await wardbook(["migrate"]);
  assert.equal(again.code, 0, again.stderr);
  const tenants = await wardbook(["tenant", "list", "--output", "json"]);
  assert.equal(tenants.code, 0, tenants.stderr);
  const ids = (JSON.parse(tenants.stdout) as { id: string }[]).map((tenant) => tenant.id);
  assert.ok(ids.includes(HOME));
  const users = await wardbook(["user", "list", "--tenant", HOME, "--output", "json"]);
  assert.equal(users.code, 0, users.stderr);
});

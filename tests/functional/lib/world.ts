// The demo that run.ts has started, and who works in it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Client, type Schemas } from "./client.ts";
import { command, freePort, start, type Output, type Running } from "./program.ts";

function needed(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: start the tests with npm test`);
  return value;
}

export const base = needed("WARDBOOK_TEST_URL");
export const dataDir = needed("WARDBOOK_TEST_DATA");
export const password = needed("WARDBOOK_DEMO_PASSWORD");
export const config = path.join(dataDir, "wardbook.toml");

export const HOME = "demo_hospital_001";
export const OTHER = "tenant_1762083064503";

export type Role = Schemas["Role"];
const MAILBOX: Record<Role, string> = {
  platform_admin: "operator",
  hospital_admin: "admin",
  doctor: "doctor",
  nurse: "nurse",
  receptionist: "reception",
  lab_technician: "lab",
  pharmacist: "pharmacy",
  manager: "manager",
  auditor: "auditor",
};
export const ROLES = Object.keys(MAILBOX) as Role[];
export const emailOf = (role: Role): string => `${MAILBOX[role]}@demo.test`;

export const nobody = new Client(base);

/** A new session, on the shared demo or on another instance of the service. */
export async function signIn(
  role: Role,
  tenant: string = HOME,
  at: string = base,
): Promise<Client & { session: Schemas["Session"] }> {
  const body = {
    email: emailOf(role),
    password,
    tenant: role === "platform_admin" ? null : tenant,
  };
  const { body: session } = await new Client(at).expect(200, "post", "/auth/login", { body });
  return Object.assign(new Client(at, session.access_token), { session });
}

const sessions = new Map<string, ReturnType<typeof signIn>>();

/** A session that the tests of a file share. Never sign it out. */
export function as(role: Role, tenant: string = HOME): ReturnType<typeof signIn> {
  const key = `${role} ${tenant}`;
  let session = sessions.get(key);
  if (!session) {
    session = signIn(role, tenant);
    sessions.set(key, session);
  }
  return session;
}

let serial = 0;
/** Text that nothing else in the database has. */
export function unique(prefix: string): string {
  serial += 1;
  return `${prefix}${process.pid.toString(36)}${Date.now().toString(36)}${serial.toString(36)}`;
}

export async function newPatient(
  client: Client,
  fields: Partial<Schemas["PatientCreate"]> = {},
): Promise<Schemas["Patient"]> {
  const body: Schemas["PatientCreate"] = {
    first_name: "Tessa",
    last_name: "Probe",
    date_of_birth: "1980-02-29",
    sex: "female",
    ...fields,
  };
  return (await client.expect(201, "post", "/patients", { body })).body;
}

export const VISIT = "2026-03-04T09:30:00Z";

export async function newRecord(
  client: Client,
  patientId: number,
  fields: Partial<Schemas["RecordCreate"]> = {},
): Promise<Schemas["Record"]> {
  const body: Schemas["RecordCreate"] = {
    patient_id: patientId,
    doctor_id: await doctorId(client),
    visit_date: VISIT,
    visit_type: "consultation",
    chief_complaint: "Cough for three days",
    ...fields,
  };
  return (await client.expect(201, "post", "/records", { body })).body;
}

const doctors = new WeakMap<Client, number>();
export async function doctorId(client: Client): Promise<number> {
  let id = doctors.get(client);
  if (id === undefined) {
    const { body } = await client.expect(200, "get", "/doctors", {});
    id = body.items.find((doctor) => doctor.email === emailOf("doctor"))?.id ?? body.items[0]?.id;
    assert.ok(id, "the hospital has no doctor");
    doctors.set(client, id);
  }
  return id;
}

export async function finalize(
  client: Client,
  record: Schemas["Record"],
): Promise<Schemas["Record"]> {
  const done = await client.expect(200, "post", "/records/{id}/finalize", {
    path: { id: record.id },
    ifMatch: record.revision,
    body: { password },
  });
  return done.body;
}

/** A new account by an administrator's code, with a password of its own; returns it signed in. */
export async function newAccount(
  role: Schemas["HospitalRole"],
  tenant: string = HOME,
): Promise<{
  user: Schemas["User"];
  password: string;
  client: Client;
  session: Schemas["Session"];
}> {
  const admin = await as("hospital_admin", tenant);
  const own = unique("Correct horse ");
  const email = `${unique("probe")}@demo.test`;
  const body = { email, display_name: "Probe Account", role };
  const { body: invited } = await admin.expect(201, "post", "/users", { body });
  await nobody.expect(200, "post", "/auth/accept", {
    body: { email, code: invited.code, password: own },
  });
  const user = await userOf(admin, invited.id);
  const login = await nobody.expect(200, "post", "/auth/login", {
    body: { email, password: own, tenant },
  });
  const client = new Client(base, login.body.access_token);
  return { user, password: own, client, session: login.body };
}

/** As GET /users lists it. */
export async function userOf(admin: Client, id: number): Promise<Schemas["User"]> {
  const user = (await allPages<Schemas["User"]>(admin, "/users")).find((item) => item.id === id);
  assert.ok(user, `user ${id} is not listed`);
  return user;
}

/** A code that a command of the command line told. */
export function codeIn(output: Output): string {
  assert.equal(output.code, 0, output.stderr);
  const [row] = JSON.parse(output.stdout) as { code: string }[];
  assert.ok(row, "the command tells a code");
  return row.code;
}

/** An account of its own in a hospital, invited on the command line, signed in. */
export async function hired(
  tenant: string,
  role: Schemas["HospitalRole"],
): Promise<{ client: Client; own: string; email: string }> {
  const email = `${unique("boss")}@demo.test`;
  const added = await wardbook([
    ...["user", "add", email, "--name", "Boss", "--role", role],
    ...["--tenant", tenant, "--output", "json"],
  ]);
  const own = unique("Correct horse ");
  await nobody.expect(200, "post", "/auth/accept", {
    body: { email, code: codeIn(added), password: own },
  });
  const body = { email, password: own, tenant };
  const login = await nobody.expect(200, "post", "/auth/login", { body });
  return { client: new Client(base, login.body.access_token), own, email };
}

/** All pages of a list. */
export async function allPages<T>(
  client: Client,
  list: string,
  query: Record<string, string | number> = {},
  most = 10_000,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page = await client.any("GET", list, { query: cursor ? { ...query, cursor } : query });
    assert.equal(page.status, 200, page.text);
    items.push(...(page.body.items as T[]));
    cursor = page.body.next_cursor as string | null;
  } while (cursor !== null && items.length < most);
  return items;
}

/** A wardbook command on the running demo. */
export function wardbook(args: string[], seconds = 120): Promise<Output> {
  return command([...args, "--config", config], { seconds });
}

/** SQL with the service's own login; the answer's lines, or the error in stderr. */
export function psql(sql: string): Promise<Output> {
  const env: Record<string, string> = {};
  for (const line of readFileSync(path.join(dataDir, "postgres.env"), "utf8").split("\n")) {
    const match = /^(?:export )?([A-Z_]+)=(.*)$/.exec(line.trim());
    if (match) env[match[1]!] = match[2]!.replace(/^(['"])(.*)\1$/, "$2");
  }
  const args = ["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql];
  return command(args, { program: "psql", env });
}

/** A second node of the service: `serve` on the demo's database and store, with its own port. */
export async function startNode(settings: string[] = []): Promise<Running> {
  const port = await freePort();
  const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-node-"));
  const args = ["serve", "--config", config, "--listen", `127.0.0.1:${port}`];
  for (const setting of settings) args.push("--set", setting);
  return start(args, `http://127.0.0.1:${port}`, path.join(folder, "serve.log"));
}

// Every route of the document x every role x no token, from the document's x-permission and the
// contract's table as it stands here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type Result } from "../lib/client.ts";
import { operations, type Operation } from "../lib/document.ts";
import {
  as,
  base,
  emailOf,
  HOME,
  newAccount,
  newPatient,
  newRecord,
  nobody,
  password,
  ROLES,
  unique,
  wardbook,
  type Role,
} from "../lib/world.ts";

const TABLE: Record<string, Role[]> = {
  "tenants:admin": ["platform_admin"],
  "users:admin": ["hospital_admin"],
  "records:reopen": ["hospital_admin"],
  "patients:read": [
    "hospital_admin",
    "doctor",
    "nurse",
    "receptionist",
    "lab_technician",
    "pharmacist",
  ],
  "patients:write": ["hospital_admin", "doctor", "nurse", "receptionist"],
  "records:read": ["hospital_admin", "doctor", "nurse", "lab_technician", "pharmacist"],
  "records:write": ["doctor", "nurse"],
  "records:finalize": ["doctor"],
  "allergies:write": ["doctor", "nurse", "pharmacist"],
  "medications:write": ["doctor", "nurse", "pharmacist"],
  "results:write": ["doctor", "nurse", "lab_technician"],
  "attachments:write": ["doctor", "nurse", "lab_technician"],
  "templates:write": ["hospital_admin", "doctor"],
  "storage:read": ["platform_admin", "hospital_admin", "manager"],
  "audit:read": ["hospital_admin", "auditor"],
  signed_in: ROLES,
  any_in_tenant: ROLES.filter((role) => role !== "platform_admin"),
};

const NOBODYS_ID = "999999999999";

/** A request that changes nothing where it is allowed: an id that does not exist, an empty body. */
async function harmless(client: Client, operation: Operation): Promise<Result<any>> {
  const path = operation.template
    .replace("{n}", "1")
    .replace("{id}", operation.path.startsWith("/tenants") ? "no_such_hospital" : NOBODYS_ID);
  const query: Record<string, string> = {};
  if (operation.id === "searchIcd10") query["q"] = "E11";
  if (operation.id === "voidRecord") query["reason"] = "test";
  if (operation.id === "uploadThroughService") query["file_name"] = "a.txt";
  const headers: Record<string, string> = {};
  if (operation.method !== "GET" && operation.method !== "POST") headers["if-match"] = '"1"';
  if (/finalize|amendments|reopen|diagnoses$|acknowledge/.test(path) && operation.method === "POST") {
    headers["if-match"] = '"1"';
  }
  const binary = operation.id === "uploadThroughService";
  const body = operation.takesJson ? {} : binary ? "some text" : undefined;
  const type = binary ? "text/plain" : undefined;
  return client.any(operation.method, `/${path}`, { query, headers, body, type });
}

const guarded = operations.filter((operation) => operation.permission !== "open");
const refusals: string[] = [];

test("every operation names a permission that exists", () => {
  for (const operation of operations) {
    const known = operation.permission === "open" || operation.permission in TABLE;
    assert.ok(known, `${operation.id}: ${operation.permission}`);
  }
});

test("the permissions that a session names are those of the table", async () => {
  for (const role of ROLES) {
    const { session } = await as(role);
    const named = Object.keys(TABLE).filter(
      (permission) => permission.includes(":") && TABLE[permission]!.includes(role),
    );
    assert.deepEqual([...session.permissions].sort(), named.sort(), role);
  }
});

for (const operation of guarded) {
  test(`${operation.method} ${operation.path} (${operation.permission})`, async (t) => {
    await t.test("nobody: 401", async () => {
      const answer = await harmless(nobody, operation);
      assert.equal(answer.status, 401, answer.text);
      assert.equal(answer.body.code, "unauthenticated");
      assert.match(String(answer.headers["www-authenticate"]), /^Bearer/);
    });
    await t.test("a forged token: 401", async () => {
      const { session } = await as("doctor");
      const [head, claims] = session.access_token.split(".");
      const forged = new Client(base, `${head}.${claims}.${"A".repeat(43)}`);
      assert.equal((await harmless(forged, operation)).status, 401);
    });
    for (const role of ROLES) {
      const allowed = TABLE[operation.permission]!.includes(role);
      await t.test(`${role}: ${allowed ? "let in" : "403"}`, async () => {
        const client = await as(role);
        const answer = await harmless(client, operation);
        if (allowed) {
          assert.notEqual(answer.status, 401, answer.text);
          assert.notEqual(answer.status, 403, answer.text);
          assert.ok(answer.status < 500, answer.text);
        } else {
          assert.equal(answer.status, 403, answer.text);
          assert.equal(answer.body.code, "forbidden");
          if (role !== "platform_admin") refusals.push(answer.requestId);
        }
      });
    }
  });
}

test("every refusal of a hospital's account is in its audit log", async () => {
  const auditor = await as("auditor");
  const missing = new Set(refusals);
  assert.ok(missing.size > 0);
  let cursor: string | undefined;
  for (let page = 0; page < 60 && missing.size > 0; page += 1) {
    const { body } = await auditor.expect(200, "get", "/audit", { query: { limit: 200, cursor } });
    for (const entry of body.items) {
      if (entry.request_id && missing.delete(entry.request_id)) {
        assert.equal(entry.outcome, "refused");
        assert.ok(entry.actor_id);
      }
    }
    if (body.next_cursor === null) break;
    cursor = body.next_cursor;
  }
  assert.deepEqual([...missing], []);
});

test("who tried to open a patient's chart is found with the patient", async () => {
  const doctor = await as("doctor");
  const reception = await as("receptionist");
  const auditor = await as("auditor");
  const patient = await newPatient(doctor);
  const record = await newRecord(doctor, patient.id);
  const tried = await reception.any("GET", `/records/${record.id}`);
  assert.equal(tried.status, 403);
  const query = { patient_id: patient.id, action: "access.refused" };
  const { body } = await auditor.expect(200, "get", "/audit", { query });
  assert.equal(body.items.length, 1);
  const [entry] = body.items;
  assert.equal(entry?.resource, "record");
  assert.equal(entry?.resource_id, record.id);
  assert.equal(entry?.outcome, "refused");
  assert.equal(entry?.request_id, tried.requestId);
});

test("an operator is in no hospital, and nobody of a hospital becomes one", async () => {
  const admin = await as("hospital_admin");
  const operator = {
    email: emailOf("platform_admin"),
    display_name: "Op",
    role: "nurse" as const,
  };
  const invited = await admin.expect(201, "post", "/users", { body: operator });
  const taken = { email: operator.email, code: invited.body.code, password };
  await nobody.refused(409, "conflict", "POST", "/auth/accept", {
    body: { ...taken, new_password: unique("a new password ") },
  });
  await admin.expect(200, "patch", "/users/{id}", {
    path: { id: invited.body.id },
    body: { status: "disabled" },
  });
  const body = { email: operator.email, password, tenant: HOME };
  await nobody.refused(401, "invalid_credentials", "POST", "/auth/login", { body });
  const turned = await wardbook(["user", "add", emailOf("nurse"), "--operator", "--name", "N"]);
  assert.equal(turned.code, 1);
  assert.match(turned.stderr, /Operators belong to none/);
});

test("a disabled account and one with another role lose at once what they had", async () => {
  const admin = await as("hospital_admin");
  const nurse = await newAccount("nurse");
  await nurse.client.expect(200, "get", "/patients", {});
  const path = { id: nurse.user.id };
  await admin.expect(200, "patch", "/users/{id}", { path, body: { role: "manager" } });
  const after = await nurse.client.any("GET", "/patients");
  assert.ok([401, 403].includes(after.status), after.text);
  await admin.expect(200, "patch", "/users/{id}", { path, body: { status: "disabled" } });
  await nurse.client.refused(401, "unauthenticated", "GET", "/me");
  const body = { email: nurse.user.email, password: nurse.password, tenant: "demo_hospital_001" };
  await nobody.refused(401, "invalid_credentials", "POST", "/auth/login", { body });
});

test("a doctor who is disabled everywhere is offered nowhere until enabled again", async () => {
  const doctor = await newAccount("doctor");
  const colleague = await as("doctor");
  const offered = async (): Promise<boolean> => {
    const list = await colleague.expect(200, "get", "/doctors", { query: { limit: 200 } });
    return list.body.items.some((item) => item.id === doctor.user.id);
  };
  assert.ok(await offered());
  const disabled = await wardbook(["user", "disable", doctor.user.email]);
  assert.equal(disabled.code, 0, disabled.stderr);
  assert.ok(!(await offered()));
  // The command's process tells the service through the database.
  let status = 200;
  for (let tries = 0; status === 200 && tries < 100; tries += 1) {
    status = (await doctor.client.any("GET", "/me")).status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(status, 401);
  const enabled = await wardbook(["user", "enable", doctor.user.email]);
  assert.equal(enabled.code, 0, enabled.stderr);
  assert.ok(await offered());
  const body = { email: doctor.user.email, password: doctor.password, tenant: HOME };
  await nobody.expect(200, "post", "/auth/login", { body });
});

test("accounts: listed, unique, checked", async () => {
  const admin = await as("hospital_admin");
  const { user } = await newAccount("pharmacist");
  const list = await admin.expect(200, "get", "/users", { query: { limit: 200 } });
  assert.deepEqual(
    list.body.items.find((item) => item.id === user.id),
    user,
  );
  const body = { email: user.email, display_name: "Twice", role: "nurse" };
  await admin.refused(409, "user_exists", "POST", "/users", { body });
  const again = { ...body, password: unique("long enough ") };
  await admin.refused(422, "invalid_fields", "POST", "/users", { body: again });
  await admin.refused(422, "invalid_fields", "PATCH", `/users/${user.id}`, {
    body: { password: unique("long enough ") },
  });
  const problem = await admin.refused(422, "invalid_fields", "POST", "/users", {
    body: { email: "not an address", display_name: "", role: "platform_admin", password: "short" },
  });
  const at = (problem.errors ?? []).map((fault) => fault.pointer).sort();
  assert.deepEqual(at, ["/display_name", "/email", "/password", "/role"]);
  await admin.refused(404, "user_not_found", "PATCH", `/users/${NOBODYS_ID}`, {
    body: { role: "nurse" },
  });
});

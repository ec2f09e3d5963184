// Sessions: tokens that rotate, end at once, and do not let themselves be forged; passwords.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import {
  as,
  base,
  emailOf,
  HOME,
  newAccount,
  nobody,
  OTHER,
  password,
  unique,
} from "../lib/world.ts";

const bearer = (session: Schemas["Session"]): Client => new Client(base, session.access_token);

async function refresh(token: string): Promise<Schemas["Session"]> {
  const answer = await nobody.expect(200, "post", "/auth/refresh", {
    body: { refresh_token: token },
  });
  return answer.body;
}
async function refreshRefused(token: string): Promise<void> {
  const answer = await nobody.any("POST", "/auth/refresh", { body: { refresh_token: token } });
  assert.equal(answer.status, 401, answer.text);
}

test("a refresh gives new tokens, and the old refresh token is spent", async () => {
  const { session } = await newAccount("nurse");
  const second = await refresh(session.refresh_token);
  assert.notEqual(second.refresh_token, session.refresh_token);
  assert.notEqual(second.access_token, session.access_token);
  assert.deepEqual(second.user, session.user);
  await bearer(second).expect(200, "get", "/me");
  const third = await refresh(second.refresh_token);
  await bearer(third).expect(200, "get", "/me");
});

test("who uses a refresh token twice ends the session for both", async () => {
  const { session } = await newAccount("nurse");
  const second = await refresh(session.refresh_token);
  await refreshRefused(session.refresh_token);
  await refreshRefused(second.refresh_token);
  await bearer(second).refused(401, "unauthenticated", "GET", "/me");
});

test("two who refresh at once: at most one goes on", async () => {
  const { session } = await newAccount("nurse");
  const answers = await Promise.all(
    Array.from({ length: 6 }, () =>
      nobody.any("POST", "/auth/refresh", { body: { refresh_token: session.refresh_token } }),
    ),
  );
  const won = answers.filter((answer) => answer.status === 200);
  assert.equal(won.length, 1, answers.map((answer) => answer.status).join());
});

test("logout ends access and refresh at once, and this session only", async () => {
  const account = await newAccount("nurse");
  const other = await nobody.expect(200, "post", "/auth/login", {
    body: { email: account.user.email, password: account.password, tenant: HOME },
  });
  await account.client.expect(204, "post", "/auth/logout");
  await account.client.refused(401, "unauthenticated", "GET", "/me");
  await account.client.refused(401, "unauthenticated", "GET", "/patients");
  await refreshRefused(account.session.refresh_token);
  await bearer(other.body).expect(200, "get", "/me");
});

test("tokens that are none", async () => {
  const { session } = await as("doctor");
  const [head, claims, signature] = session.access_token.split(".") as [string, string, string];
  const encode = (value: unknown): string =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  const decoded = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<
    string,
    unknown
  >;
  const forged: Record<string, string> = {
    "no algorithm": `${encode({ alg: "none", typ: "JWT" })}.${claims}.`,
    "no algorithm, old signature": `${encode({ alg: "none" })}.${claims}.${signature}`,
    "another role": `${head}.${encode({ ...decoded, role: "hospital_admin" })}.${signature}`,
    "another tenant": `${head}.${encode({ ...decoded, tenant: OTHER })}.${signature}`,
    "no signature": `${head}.${claims}.`,
    "two parts": `${head}.${claims}`,
    "another algorithm": `${encode({ alg: "RS256", typ: "JWT" })}.${claims}.${signature}`,
    words: "let me in",
    long: "a".repeat(8_000),
  };
  for (const [name, token] of Object.entries(forged)) {
    const answer = await new Client(base, token).any("GET", "/me");
    assert.equal(answer.status, 401, name);
  }
  for (const authorization of [
    "",
    "Basic ZG9jdG9yOng=",
    "Bearer",
    "Bearer ",
    session.access_token,
  ]) {
    const answer = await nobody.any("GET", "/me", { headers: { authorization } });
    assert.equal(answer.status, 401, authorization);
  }
  const inUrl = await nobody.any("GET", "/me", { query: { access_token: session.access_token } });
  assert.equal(inUrl.status, 401, "never from the address");
});

test("an unknown account and a wrong password look alike", async () => {
  const login = (email: string): Promise<Schemas["Problem"]> =>
    nobody.refused(401, "invalid_credentials", "POST", "/auth/login", {
      body: { email, password: "wrong password here", tenant: HOME },
    });
  const unknown = await login(`${unique("nobody")}@demo.test`);
  const { user } = await newAccount("auditor");
  const known = await login(user.email);
  assert.deepEqual({ ...unknown, request_id: "" }, { ...known, request_id: "" });
});

test("five wrong passwords lock the account, for the right one too", async () => {
  const account = await newAccount("pharmacist");
  const body = { email: account.user.email, password: "wrong password here", tenant: HOME };
  for (let i = 0; i < 5; i += 1) {
    await nobody.refused(401, "invalid_credentials", "POST", "/auth/login", { body });
  }
  const right = { ...body, password: account.password };
  const locked = await nobody.any("POST", "/auth/login", { body: right });
  assert.equal(locked.status, 429, locked.text);
  assert.equal(locked.body.code, "account_locked");
  assert.ok(Number(locked.headers["retry-after"]) > 0);
  await account.client.expect(200, "get", "/me");
});

test("guesses at the same time are no more than one after the other", async () => {
  const account = await newAccount("pharmacist");
  const body = { email: account.user.email, password: "wrong password here", tenant: HOME };
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => nobody.any("POST", "/auth/login", { body })),
  );
  const tried = answers.filter((answer) => answer.status === 401);
  assert.ok(tried.length <= 5, `${tried.length} guesses were judged`);
  assert.ok(answers.every((answer) => answer.status === 401 || answer.status === 429));
});

test("signing a record with wrong passwords locks too", async () => {
  const { client, user, password: own } = await newAccount("doctor");
  const patients = await client.expect(200, "get", "/patients", { query: { limit: 1 } });
  const record = await client.expect(201, "post", "/records", {
    body: {
      patient_id: patients.body.items[0]!.id,
      visit_date: "2026-03-04T09:30:00Z",
      visit_type: "consultation",
    },
  });
  const at = `/records/${record.body.id}/finalize`;
  for (let i = 0; i < 5; i += 1) {
    await client.refused(403, "wrong_password", "POST", at, {
      ifMatch: 1,
      body: { password: "wrong password here" },
    });
  }
  await client.refused(429, "account_locked", "POST", at, { ifMatch: 1, body: { password: own } });
  await nobody.refused(429, "account_locked", "POST", "/auth/login", {
    body: { email: user.email, password: own, tenant: HOME },
  });
});

test("a new password: the old one is needed, other sessions end, this one goes on", async () => {
  const account = await newAccount("manager");
  const other = await nobody.expect(200, "post", "/auth/login", {
    body: { email: account.user.email, password: account.password, tenant: HOME },
  });
  const fresh = unique("a brand new password ");
  await account.client.refused(403, "wrong_password", "POST", "/auth/password", {
    body: { current_password: "wrong password here", new_password: fresh },
  });
  const problem = await account.client.refused(422, "invalid_fields", "POST", "/auth/password", {
    body: { current_password: account.password, new_password: "short" },
  });
  assert.equal(problem.errors?.[0]?.pointer, "/new_password");
  await account.client.expect(204, "post", "/auth/password", {
    body: { current_password: account.password, new_password: fresh },
  });
  await account.client.expect(200, "get", "/me");
  await bearer(other.body).refused(401, "unauthenticated", "GET", "/me");
  await refreshRefused(other.body.refresh_token);
  const login = { email: account.user.email, tenant: HOME };
  await nobody.refused(401, "invalid_credentials", "POST", "/auth/login", {
    body: { ...login, password: account.password },
  });
  await nobody.expect(200, "post", "/auth/login", { body: { ...login, password: fresh } });
});

test("a forgotten password is reset by an admin's code, which ends the sessions", async () => {
  const account = await newAccount("manager");
  const admin = await as("hospital_admin");
  const fresh = unique("chosen anew ");
  const { body: issued } = await admin.expect(200, "post", "/users/{id}/code", {
    path: { id: account.user.id },
  });
  assert.equal(issued.id, account.user.id);
  await account.client.expect(200, "get", "/me");
  const body = { email: account.user.email, code: issued.code, password: fresh };
  await nobody.expect(200, "post", "/auth/accept", { body });
  await account.client.refused(401, "unauthenticated", "GET", "/me");
  await nobody.expect(200, "post", "/auth/login", {
    body: { email: account.user.email, password: fresh, tenant: HOME },
  });
});

test("bad sign-ins are named field by field, e-mail is not case-sensitive", async () => {
  const problem = await nobody.refused(422, "invalid_fields", "POST", "/auth/login", {
    body: { password: 5, remember: true },
  });
  const at = (problem.errors ?? []).map((fault) => fault.pointer).sort();
  assert.deepEqual(at, ["/email", "/password", "/remember"]);
  await nobody.expect(200, "post", "/auth/login", {
    body: { email: emailOf("doctor").toUpperCase(), password, tenant: HOME },
  });
});

test("sign-ins and refusals are in the hospital's log", async () => {
  const account = await newAccount("manager");
  await account.client.expect(204, "post", "/auth/logout");
  const auditor = await as("auditor");
  const log = await auditor.expect(200, "get", "/audit", { query: { user_id: account.user.id } });
  const actions = log.body.items.map((entry) => entry.action);
  assert.ok(actions.includes("auth.login") && actions.includes("auth.logout"), actions.join());
  assert.ok(!log.text.includes(account.password), "no secret");
});

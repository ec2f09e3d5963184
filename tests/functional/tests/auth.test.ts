// Sessions: tokens that rotate, end at once, and do not let themselves be forged; passwords.
import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { send } from "../lib/http.ts";
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

async function refresh(token: string | undefined): Promise<Schemas["Session"]> {
  const answer = await nobody.expect(200, "post", "/auth/refresh", {
    body: { refresh_token: token },
  });
  return answer.body;
}
async function draft(client: Client): Promise<number> {
  const patients = await client.expect(200, "get", "/patients", { query: { limit: 1 } });
  const record = await client.expect(201, "post", "/records", {
    body: {
      patient_id: patients.body.items[0]!.id,
      visit_date: "2026-03-04T09:30:00Z",
      visit_type: "consultation",
    },
  });
  return record.body.id;
}
async function refreshRefused(token: string | undefined): Promise<void> {
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

test("a refresh token that is used again soon gets the same successor", async () => {
  const { session } = await newAccount("nurse");
  const second = await refresh(session.refresh_token);
  const again = await refresh(session.refresh_token);
  assert.equal(again.refresh_token, second.refresh_token);
  assert.notEqual(again.access_token, second.access_token);
  assert.equal(again.expires_in, second.expires_in);
  await bearer(again).expect(200, "get", "/me");
  await bearer(second).expect(200, "get", "/me");
  await refresh(second.refresh_token);
});

test("an earlier refresh token ends the session for everybody who has one of it", async () => {
  for (const stolen of [0, 1]) {
    const { session } = await newAccount("nurse");
    const all = [session];
    for (let i = 0; i < 3; i += 1) all.push(await refresh(all.at(-1)!.refresh_token));
    await refreshRefused(all[stolen]!.refresh_token);
    await refreshRefused(all.at(-1)!.refresh_token);
    await bearer(all.at(-1)!).refused(401, "unauthenticated", "GET", "/me");
  }
});

test("refreshes at once all go on, with one successor", async () => {
  const { session } = await newAccount("nurse");
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => refresh(session.refresh_token)),
  );
  assert.equal(new Set(answers.map((answer) => answer.refresh_token)).size, 1);
  for (const answer of answers) await bearer(answer).expect(200, "get", "/me");
  await refresh(answers[0]!.refresh_token);
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

test("known and unknown addresses lock alike, for the right password too", async () => {
  const account = await newAccount("pharmacist");
  const answers: string[][] = [];
  for (const email of [account.user.email, `${unique("nobody")}@demo.test`]) {
    const list: string[] = [];
    for (const password of [...Array<string>(5).fill("wrong password here"), account.password]) {
      const answer = await nobody.any("POST", "/auth/login", {
        body: { email, password, tenant: HOME },
      });
      list.push(`${answer.status} ${answer.body.code} ${answer.body.detail}`);
      if (answer.status === 429) assert.ok(Number(answer.headers["retry-after"]) > 0);
    }
    answers.push(list);
  }
  assert.deepEqual(answers[0], answers[1]);
  assert.match(answers[0]!.at(-1)!, /^429 account_locked/);
  await account.client.expect(200, "get", "/me");
});

test("wrong sign-ins lock nobody's signature, nor signing in from a known place", async () => {
  const account = await newAccount("doctor");
  const elsewhere = new http.Agent({ localAddress: "127.0.0.2" });
  const login = async (password: string, agent?: http.Agent): Promise<number> => {
    const answer = await send({
      method: "POST",
      url: new URL("/api/v1/auth/login", base),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: account.user.email, password, tenant: HOME }),
      agent,
    });
    return answer.status;
  };
  for (let i = 0; i < 5; i += 1) {
    assert.equal(await login("wrong password here", elsewhere), 401);
  }
  assert.equal(await login(account.password, elsewhere), 429);
  assert.equal(await login(account.password), 200);
  for (let i = 0; i < 5; i += 1) assert.equal(await login("wrong password here"), 401);
  assert.equal(await login(account.password), 429);
  const record = await draft(account.client);
  await account.client.expect(200, "post", "/records/{id}/finalize", {
    path: { id: record },
    ifMatch: 1,
    body: { password: account.password },
  });
  elsewhere.destroy();
});

test("tries on a locked account leave few entries", async () => {
  const account = await newAccount("pharmacist");
  const body = { email: account.user.email, password: "wrong password here", tenant: HOME };
  for (let i = 0; i < 60; i += 1) await nobody.any("POST", "/auth/login", { body });
  const auditor = await as("auditor");
  const log = await auditor.expect(200, "get", "/audit", {
    query: { action: "auth.login", from: "2020-01-01", limit: 200 },
  });
  const own = log.body.items.filter((entry) => entry.resource_id === account.user.id);
  const why = own.filter((entry) => entry.outcome === "refused").map((entry) => entry.reason);
  assert.equal(why.filter((reason) => reason === "wrong_password").length, 5);
  assert.equal(why.filter((reason) => reason === "account_locked").length, 1);
  assert.equal(why.length, 6);
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

test("wrong passwords before a signature lock that session's signing only", async () => {
  const { client, user, password: own } = await newAccount("doctor");
  const record = await draft(client);
  const at = `/records/${record}/finalize`;
  for (let i = 0; i < 5; i += 1) {
    await client.refused(403, "wrong_password", "POST", at, {
      ifMatch: 1,
      body: { password: "wrong password here" },
    });
  }
  await client.refused(429, "account_locked", "POST", at, { ifMatch: 1, body: { password: own } });
  await client.refused(429, "account_locked", "POST", "/auth/password", {
    body: { current_password: own, new_password: unique("a brand new password ") },
  });
  await client.expect(200, "get", "/me");
  const login = await nobody.expect(200, "post", "/auth/login", {
    body: { email: user.email, password: own, tenant: HOME },
  });
  await bearer(login.body).expect(200, "post", "/records/{id}/finalize", {
    path: { id: record },
    ifMatch: 1,
    body: { password: own },
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

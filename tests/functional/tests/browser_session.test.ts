// Sessions in the browser, as a page uses them: a cookie that only our own pages may use, a lock
// that the password opens, one's own sessions, and what the pages keep.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type Result, type Schemas } from "../lib/client.ts";
import {
  as,
  base,
  HOME,
  newAccount,
  newPatient,
  newRecord,
  nobody,
  OTHER,
  signIn,
  VISIT,
} from "../lib/world.ts";

const ORIGIN = new URL(base).origin;

/** Keeps the cookie as a browser does, and says where its requests come from. */
class Page {
  cookie = "";
  constructor(readonly origin: string = ORIGIN) {}

  async post(path: string, body?: unknown, token?: string): Promise<Result<any>> {
    const headers: Record<string, string> = { origin: this.origin };
    if (this.cookie !== "") headers["cookie"] = `theme=dark; ${this.cookie}`;
    const answer = await new Client(base, token).any("POST", path, { body, headers });
    for (const set of answer.headers["set-cookie"] ?? []) {
      assert.match(set, /; Path=\/api\/v1\/auth; Secure; HttpOnly; SameSite=Strict(; Max-Age=0)?$/);
      this.cookie = set.includes("Max-Age=0") ? "" : set.split(";")[0]!;
    }
    return answer;
  }
}

interface Person {
  page: Page;
  email: string;
  password: string;
  session: Schemas["Session"];
}
async function enter(): Promise<Person> {
  const { user, password } = await newAccount("nurse");
  const page = new Page();
  const body = { email: user.email, password, tenant: HOME, session: "cookie" };
  const answer = await page.post("/auth/login", body);
  assert.equal(answer.status, 200, answer.text);
  return { page, email: user.email, password, session: answer.body };
}
const bearer = (session: Schemas["Session"]): Client => new Client(base, session.access_token);

test("the refresh token is in a cookie and in no answer", async () => {
  const { page, session } = await enter();
  assert.equal(session.refresh_token, undefined);
  assert.match(page.cookie, /^wardbook_session=[A-Za-z0-9_-]{80,}$/);
  const first = page.cookie;
  const next = await page.post("/auth/refresh", { session: "cookie" });
  assert.equal(next.status, 200, next.text);
  assert.equal(next.body.refresh_token, undefined);
  assert.notEqual(page.cookie, first);
  await bearer(next.body).expect(200, "get", "/me");
  // Two tabs at once: the same successor.
  const second = page.cookie;
  page.cookie = first;
  assert.equal((await page.post("/auth/refresh", {})).status, 200);
  assert.equal(page.cookie, second);
});

test("another site can neither sign in nor use the cookie", async () => {
  const { page, email, password, session } = await enter();
  const evil = new Page("https://evil.example");
  const login = await evil.post("/auth/login", { email, password, session: "cookie" });
  assert.equal(login.status, 403);
  assert.equal(login.body.code, "origin_not_allowed");
  assert.equal(evil.cookie, "");
  evil.cookie = page.cookie;
  for (const path of ["/auth/refresh", "/auth/logout", "/auth/lock", "/auth/unlock"]) {
    const body = path === "/auth/unlock" ? { password } : path === "/auth/refresh" ? {} : undefined;
    const answer = await evil.post(path, body);
    assert.equal(answer.status, 403, `${path}: ${answer.text}`);
    assert.equal(answer.body.code, "origin_not_allowed");
  }
  await bearer(session).expect(200, "get", "/me");
  assert.equal((await page.post("/auth/refresh", {})).status, 200);
});

test("a locked session does nothing until the password is given", async () => {
  const { page, password, session } = await enter();
  assert.equal((await page.post("/auth/lock", undefined, session.access_token)).status, 204);
  await bearer(session).refused(401, "unauthenticated", "GET", "/me");
  const refused = await page.post("/auth/refresh", { session: "cookie" });
  assert.equal(refused.body.code, "session_locked", refused.text);
  const wrong = await page.post("/auth/unlock", { password: "certainly not it" });
  assert.deepEqual([wrong.status, wrong.body.code], [403, "wrong_password"]);
  const before = page.cookie;
  const unlocked = await page.post("/auth/unlock", { password, session: "cookie" });
  assert.equal(unlocked.status, 200, unlocked.text);
  assert.notEqual(page.cookie, before);
  await bearer(unlocked.body).expect(200, "get", "/me");
  await bearer(session).refused(401, "unauthenticated", "GET", "/me");
  assert.equal((await page.post("/auth/refresh", {})).status, 200);
  const { body } = await bearer(unlocked.body).expect(200, "get", "/auth/sessions");
  const current = body.items.filter((item) => item.current);
  assert.equal(current.length, 1, "it is the session that was locked");
  assert.equal(current[0]?.locked, false);
});

test("a page without an access token signs out by its cookie", async () => {
  const { page, session } = await enter();
  const kept = page.cookie;
  assert.equal((await page.post("/auth/logout")).status, 204);
  assert.equal(page.cookie, "");
  await bearer(session).refused(401, "unauthenticated", "GET", "/me");
  page.cookie = kept;
  assert.equal((await page.post("/auth/refresh", {})).status, 401);
  assert.equal((await page.post("/auth/logout")).status, 204, "an old cookie is removed");
  assert.equal(page.cookie, "");
  await nobody.refused(401, "unauthenticated", "POST", "/auth/logout");
  await nobody.refused(401, "unauthenticated", "POST", "/auth/lock");
});

test("one's own sessions are seen and ended", async () => {
  const { page, email, password, session } = await enter();
  const body = { email, password, tenant: HOME };
  const other = await nobody
    .with({ "user-agent": "Elsewhere/1.0" })
    .expect(200, "post", "/auth/login", { body });
  const list = await bearer(session).expect(200, "get", "/auth/sessions", {
    query: { count: "exact" },
  });
  const found = list.body.items.find((item) => item.user_agent === "Elsewhere/1.0");
  assert.ok(found);
  assert.deepEqual([found.current, found.locked, found.tenant], [false, false, HOME]);
  assert.equal(found.address, "127.0.0.1");
  assert.equal(list.body.total, list.body.items.length);
  const path = { id: found.id };
  const stranger = await signIn("doctor");
  await stranger.refused(404, "session_not_found", "DELETE", `/auth/sessions/${found.id}`);
  await bearer(session).expect(204, "delete", "/auth/sessions/{id}", { path });
  await bearer(other.body).refused(401, "unauthenticated", "GET", "/me");
  await bearer(session).refused(404, "session_not_found", "DELETE", `/auth/sessions/${found.id}`);
  assert.equal((await page.post("/auth/refresh", {})).status, 200);
});

test("a draft key is of an account in a hospital", async () => {
  const key = async (client: Client): Promise<string> =>
    (await client.expect(200, "get", "/me/draft-key")).body.key;
  const doctor = await key(await as("doctor"));
  assert.equal(Buffer.from(doctor, "base64").length, 32);
  assert.equal(await key(await signIn("doctor")), doctor);
  assert.notEqual(await key(await as("doctor", OTHER)), doctor);
  assert.notEqual(await key(await as("nurse")), doctor);
});

test("preferences are merged, and of the account alone", async () => {
  const { client } = await newAccount("nurse");
  const none = { language: null, theme: null, density: null, single_key_shortcuts: null };
  const get = async (): Promise<unknown> =>
    (await client.expect(200, "get", "/me/preferences")).body;
  assert.deepEqual(await get(), none);
  const change = { theme: "dark" as const, single_key_shortcuts: false };
  await client.expect(200, "patch", "/me/preferences", { body: change });
  await client.expect(200, "patch", "/me/preferences", { body: { theme: null, language: "es" } });
  assert.deepEqual(await get(), { ...none, language: "es", single_key_shortcuts: false });
  await client.refused(422, "invalid_fields", "PATCH", "/me/preferences", {
    body: { theme: "pink", secret: "x" },
  });
});

test("the pages learn what they need before anybody is signed in", async () => {
  const { body } = await nobody.expect(200, "get", "/ui-config");
  assert.equal(body.idle_lock_s, 300);
  assert.equal(body.demo, true);
  assert.equal(body.password.min_length, 12);
  assert.equal(body.store_origin, `http://127.0.0.1:${process.env["WARDBOOK_TEST_STORE_PORT"]}`);
});

test("the worklist counts what waits for its reader, and is no look at a chart", async () => {
  const { client, user } = await newAccount("doctor");
  const empty = (await client.expect(200, "get", "/worklist")).body;
  assert.deepEqual([empty.my_drafts, empty.unsigned_over_24h], [0, 0]);
  assert.deepEqual([empty.follow_up_due, empty.follow_up_overdue, empty.critical_results], [0, 0, 0]);
  const patient = await newPatient(client);
  const own = { doctor_id: user.id };
  await newRecord(client, patient.id, { ...own, visit_date: VISIT });
  await newRecord(client, patient.id, {
    ...own,
    visit_date: new Date().toISOString(),
    follow_up_required: true,
    follow_up_date: "2100-01-01",
  });
  const { body, requestId } = await client.expect(200, "get", "/worklist");
  assert.deepEqual([body.my_drafts, body.unsigned_over_24h], [2, 1]);
  assert.deepEqual([body.follow_up_due, body.follow_up_overdue], [1, 0]);
  const lists = async (query: object): Promise<number | undefined> =>
    (await client.expect(200, "get", "/records", { query: { ...query, count: "exact" } })).body
      .total;
  assert.equal(await lists({ ...own, follow_up: "due" }), body.follow_up_due);
  assert.equal(await lists({ ...own, status: "draft" }), body.my_drafts);
  const nurse = (await (await as("nurse")).expect(200, "get", "/worklist")).body;
  assert.ok(nurse.follow_up_due >= 1, "the hospital's");
  const auditor = await as("auditor");
  const log = await auditor.expect(200, "get", "/audit", { query: { patient_id: patient.id } });
  assert.ok(!log.body.items.some((entry) => entry.request_id === requestId));
});

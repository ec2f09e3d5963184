import { beforeEach, expect, test, vi } from "vitest";

type Sent = [path: string, body: unknown, authorization: string | null];

/** Answers of the service, in turn; what was sent is kept. */
let answers: [status: number, body?: object][];
let sent: Sent[];

const doctor = (token: string, id = 7) => ({
  access_token: token,
  token_type: "Bearer",
  expires_in: 600,
  user: { id, email: "doctor@demo.test", display_name: "Dr. Doctor", role: "doctor" },
  tenant: { id: "demo_hospital_001", name: "Demo" },
  permissions: ["records:read"],
});

class Addressed extends Request {
  constructor(input: string | Request, init?: RequestInit) {
    super(typeof input === "string" ? new URL(input, "http://127.0.0.1") : input, init);
  }
}

async function answer(request: Request): Promise<Response> {
  const text = await request.text();
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  sent.push([path, text === "" ? undefined : JSON.parse(text), request.headers.get("Authorization")]);
  const [status, body] = answers.shift() ?? [500];
  return body ? Response.json(body, { status }) : new Response(null, { status });
}

/** A page that was just loaded. */
async function load() {
  vi.resetModules();
  const { api } = await import("../api/index.ts");
  const session = await import("./session.ts");
  return { api, ...session };
}

beforeEach(() => {
  answers = [];
  sent = [];
  vi.stubGlobal("Request", Addressed);
  vi.stubGlobal("fetch", answer);
  vi.stubGlobal("navigator", {});
});

test("a page that is loaded goes on with the session of the cookie", async () => {
  const page = await load();
  answers = [[200, doctor("a")]];
  await page.resume();
  expect(page.currentSession()?.user.id).toBe(7);
  expect(sent).toEqual([["/auth/refresh", { session: "cookie" }, null]]);
});

test("without a session somebody has to sign in, and asks for the cookie", async () => {
  const page = await load();
  answers = [[401, { code: "invalid_credentials" }], [200, doctor("a")]];
  await page.resume();
  expect(page.currentState()).toEqual({ phase: "out" });
  await page.signIn({ email: "e", password: "p" });
  expect(sent[1]).toEqual(["/auth/login", { email: "e", password: "p", session: "cookie" }, null]);
});

test("a locked session waits for the password", async () => {
  const page = await load();
  answers = [[401, { code: "session_locked" }], [403, { code: "wrong_password" }], [200, doctor("a")]];
  await page.resume();
  expect(page.currentState()).toEqual({ phase: "locked", session: undefined });
  await expect(page.unlock("wrong")).rejects.toThrow("wrong_password");
  expect(page.currentState().phase).toBe("locked");
  await page.unlock("right");
  expect(sent[2]).toEqual(["/auth/unlock", { password: "right", session: "cookie" }, null]);
  expect(page.currentSession()?.user.id).toBe(7);
});

test("a refused token is renewed once for all who wait, and their requests are sent again", async () => {
  const page = await load();
  answers = [[200, doctor("a")], [401], [401], [200, doctor("b")], [200, {}], [200, {}]];
  await page.resume();
  await Promise.all([page.api.GET("/me"), page.api.GET("/me")]);
  expect(sent.map(([path, , bearer]) => [path, bearer])).toEqual([
    ["/auth/refresh", null],
    ["/me", "Bearer a"],
    ["/me", "Bearer a"],
    ["/auth/refresh", "Bearer a"],
    ["/me", "Bearer b"],
    ["/me", "Bearer b"],
  ]);
});

test("nothing is sent again in the name of whoever signed in in another tab", async () => {
  const page = await load();
  answers = [[200, doctor("a")], [401], [200, doctor("b", 8)]];
  await page.resume();
  const forget = vi.fn();
  page.onSessionEnd(forget);
  await page.api.GET("/me");
  expect(page.currentState()).toEqual({ phase: "out", reason: "ended" });
  expect(forget).toHaveBeenCalledOnce();
  expect(sent).toHaveLength(3);
});

test("signing out ends the session of the cookie, whatever the access token is worth", async () => {
  const page = await load();
  answers = [[200, doctor("a")], [204]];
  await page.resume();
  await page.signOut();
  expect(sent[1]).toEqual(["/auth/logout", undefined, null]);
  expect(page.currentState()).toEqual({ phase: "out", reason: "signed_out" });
});

test("locking sends what is written first, and what could not be sent after unlocking", async () => {
  const page = await load();
  const order: string[] = [];
  page.onLock(
    () => Promise.resolve(order.push(page.currentState().phase)),
    () => order.push("on"),
  );
  const forget = vi.fn();
  page.onSessionEnd(forget);
  answers = [[200, doctor("a")], [204], [200, doctor("b")]];
  await page.resume();
  await page.lock();
  expect(page.currentState()).toMatchObject({ phase: "locked", session: { user: { id: 7 } } });
  await page.unlock("right");
  expect(order).toEqual(["in", "on"]);
  expect(sent.map(([path]) => path)).toEqual(["/auth/refresh", "/auth/lock", "/auth/unlock"]);
  expect(forget).not.toHaveBeenCalled();
});

test("what was written before the lock is not for whoever else unlocks", async () => {
  const page = await load();
  const forget = vi.fn();
  page.onSessionEnd(forget);
  answers = [[200, doctor("a")], [204], [200, doctor("b", 8)]];
  await page.resume();
  await page.lock();
  await page.unlock("right");
  expect(forget).toHaveBeenCalledOnce();
  expect(page.currentSession()?.user.id).toBe(8);
});

test("one tab at a time exchanges what is in the cookie", async () => {
  const request = vi.fn((_name: string, work: () => Promise<unknown>) => work());
  vi.stubGlobal("navigator", { locks: { request } });
  const page = await load();
  answers = [[200, doctor("a")]];
  await page.resume();
  expect(request).toHaveBeenCalledOnce();
});

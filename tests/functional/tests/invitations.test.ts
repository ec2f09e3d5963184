// How people come into a hospital: by a code that its administrator hands over, never by a password
// that somebody else chose. And the same from the command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schemas } from "../lib/client.ts";
import { command } from "../lib/program.ts";
import {
  as,
  codeIn,
  config,
  emailOf,
  HOME,
  newAccount,
  nobody,
  OTHER,
  unique,
  userOf,
  wardbook,
} from "../lib/world.ts";

const address = (): string => `${unique("invited")}@demo.test`;
const person = (email: string): Schemas["UserCreate"] => ({
  email,
  display_name: "Dana Invited",
  role: "doctor",
});
async function invite(email: string, tenant: string = HOME): Promise<Schemas["Invitation"]> {
  const admin = await as("hospital_admin", tenant);
  return (await admin.expect(201, "post", "/users", { body: person(email) })).body;
}
const accept = (
  email: string,
  code: string,
  password: string,
  new_password?: string,
): ReturnType<typeof nobody.any> =>
  nobody.any("POST", "/auth/accept", {
    body: { email, code, password, ...(new_password ? { new_password } : {}) },
  });
const signIn = (
  email: string,
  password: string,
  tenant: string = HOME,
): ReturnType<typeof nobody.any> =>
  nobody.any("POST", "/auth/login", { body: { email, password, tenant } });

test("an invitation: listed without an account, accepted once, signed in", async () => {
  const admin = await as("hospital_admin");
  const email = address();
  const invited = await invite(email);
  const pending = await userOf(admin, invited.id);
  assert.equal(pending.status, "invited");
  assert.equal(pending.code_expires_at, invited.expires_at);
  const days = (Date.parse(invited.expires_at) - Date.now()) / 86_400_000;
  assert.ok(days > 6.9 && days <= 7, invited.expires_at);
  const own = unique("my own long one ");
  const joined = await accept(email, invited.code.toLowerCase().replaceAll("-", " "), own);
  assert.equal(joined.status, 200, joined.text);
  assert.equal(joined.body.user.id, invited.id);
  assert.equal((await userOf(admin, invited.id)).status, "active");
  assert.equal((await accept(email, invited.code, own)).status, 401, "once");
  assert.equal((await signIn(email, own)).status, 200);
});

test("an administrator of one hospital who opened an address first does not get into another", async () => {
  const email = address();
  const squatted = await invite(email, OTHER);
  const known = unique("known to the other ");
  assert.equal((await accept(email, squatted.code, known)).status, 200);
  const session = (await signIn(email, known, OTHER)).body;
  const invited = await invite(email);
  const fresh = unique("chosen by the doctor ");
  for (const [code, password, next] of [
    [invited.code, fresh, undefined],
    [invited.code, fresh, unique("yet another one ")],
    [squatted.code, known, fresh],
    ["0000-0000-0000-0000-0000", known, fresh],
  ] as const) {
    const refused = await accept(email, code, password, next);
    assert.equal(refused.status, 401, refused.text);
    assert.equal(refused.body.code, "invalid_credentials");
  }
  assert.equal((await signIn(email, known)).status, 401);
  // Whoever has both joins, and what the other hospital knew is worth nothing from then on.
  const joined = await accept(email, invited.code, known, fresh);
  assert.equal(joined.status, 200, joined.text);
  assert.equal((await signIn(email, known, OTHER)).status, 401);
  assert.equal((await signIn(email, fresh)).status, 200);
  const { refresh_token } = session as { refresh_token: string };
  const ended = await nobody.any("POST", "/auth/refresh", { body: { refresh_token } });
  assert.equal(ended.status, 401, "its sessions have ended");
  const admin = await as("hospital_admin", OTHER);
  await admin.refused(409, "conflict", "POST", `/users/${squatted.id}/code`);
});

test("the operator frees an address that somebody squats on", async () => {
  const email = address();
  const squatted = await invite(email, OTHER);
  const known = unique("known to the other ");
  assert.equal((await accept(email, squatted.code, known)).status, 200);
  const invited = await invite(email);
  const released = await wardbook(["user", "release", email, "--output", "json"]);
  assert.equal(released.code, 0, released.stderr);
  assert.equal((await signIn(email, known, OTHER)).status, 401);
  const own = unique("chosen by the doctor ");
  assert.equal((await accept(email, invited.code, own)).status, 200);
  assert.equal((await signIn(email, own)).status, 200);
  const admin = await as("hospital_admin", OTHER);
  const { body } = await admin.expect(200, "get", "/audit", { query: { action: "account.release" } });
  assert.ok(body.items.some((entry) => entry.resource_id === squatted.id));
  assert.equal((await wardbook(["user", "release", email + "x"])).code, 1);
  assert.equal((await wardbook(["user", "release", emailOf("platform_admin")])).code, 1);
});

test("known and unknown addresses get the same answer, by HTTP and on the command line", async () => {
  const { user } = await newAccount("nurse", OTHER);
  const shapes = new Set<string>();
  for (const email of [user.email, address()]) {
    shapes.add(Object.keys(await invite(email)).join());
    const third = "demo_hospital_002";
    const args = ["user", "add", email, "--name", "X", "--role", "nurse", "--tenant", third];
    const added = await wardbook([...args, "--output", "json"]);
    assert.equal(added.code, 0, added.stderr);
    assert.equal(added.stderr, "");
    shapes.add(Object.keys((JSON.parse(added.stdout) as object[])[0]!).join());
    const again = await wardbook([...args, "--output", "json"]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /already been invited/);
  }
  assert.deepEqual([...shapes], ["id,code,expires_at"]);
});

test("the command line: codes, no passwords, the rules of HTTP", async () => {
  const email = address();
  const add = ["user", "add", email, "--role", "nurse", "--tenant", HOME];
  const wrong: [string[], RegExp][] = [
    [[...add], /--name is required/],
    [[...add, "--name", "\u200b\u00a0\u00ad"], /--name must not be blank/],
    [[...add, "--name", "\u0301"], /--name must not be blank/],
    [[...add, "--name", "x".repeat(300)], /--name is longer than 200 characters/],
    [[...add, "--name", "Dr. \u202enaD"], /change the direction/],
    [[...add, "--name", "X", "--password-stdin"], /--operator/],
    [["user", "add", "a\u200bb@demo.test", ...add.slice(3), "--name", "X"], /not an email address/],
    [["tenant", "create", "never_made", "--name", "\u00a0"], /--name must not be blank/],
    [["tenant", "create", "never_made", "--name", "x".repeat(300)], /longer than 200/],
    [["user", "reset-password", email, "--password-stdin"], /./],
  ];
  for (const [args, message] of wrong) {
    const refused = await wardbook(args);
    assert.equal(refused.code, 2, `${args.join(" ")}: ${refused.stderr}`);
    assert.match(refused.stderr + refused.stdout, message);
    assert.ok(!refused.stderr.includes("SQLSTATE"), refused.stderr);
  }
  const code = codeIn(await wardbook([...add, "--name", "Nia", "--output", "json"]));
  const renewed = ["user", "renew-code", email, "--tenant", HOME, "--output", "json"];
  const second = codeIn(await wardbook(renewed));
  const own = unique("chosen at home ");
  assert.equal((await accept(email, code, own)).status, 401, "the earlier code");
  assert.equal((await accept(email, second, own)).status, 200);

  const reset = codeIn(await wardbook(["user", "reset-password", email, "--output", "json"]));
  assert.equal((await signIn(email, own)).status, 401, "the password is void");
  const fresh = unique("chosen anew ");
  assert.equal((await accept(email, reset, fresh)).status, 200);
  assert.equal((await signIn(email, fresh)).status, 200);
  const auditor = await as("auditor");
  const { body } = await auditor.expect(200, "get", "/audit", {
    query: { action: "account.reset_code" },
  });
  const [entry] = body.items;
  assert.equal(entry?.resource, "account", "the hospital's own log says so");
});

test("an operator's password: one rule for stdin and HTTP", async () => {
  const add = async (input: string): Promise<{ code: number | null; email: string }> => {
    const email = address();
    const args = ["user", "add", email, "--operator", "--name", "Op", "--password-stdin"];
    const output = await command([...args, "--config", config], { input });
    return { code: output.code, email };
  };
  for (const input of [
    "short\n",
    "a good\tlong one\n",
    "                \n",
    "xxxxxxxxxxxxxxxx\n",
    "Password1234\n",
    "a good long \ufeff one\n",
  ]) {
    assert.equal((await add(input)).code, 2, JSON.stringify(input));
  }
  for (const input of ["a go\u00f6d long one\r\n", "\ufeffa go\u00f6d long one\n", "a goo\u0308d long one"]) {
    const { code, email } = await add(input);
    assert.equal(code, 0, JSON.stringify(input));
    for (const password of ["a go\u00f6d long one", "a goo\u0308d long one"]) {
      const { status } = await nobody.any("POST", "/auth/login", { body: { email, password } });
      assert.equal(status, 200, JSON.stringify(input));
    }
  }
});

test("names that show nothing sign no record", async () => {
  const admin = await as("hospital_admin");
  const { user } = await newAccount("doctor");
  const operator = await as("platform_admin");
  for (const name of [
    "\u200b",
    "\u00a0",
    "\u00ad",
    "\u0301\u0301",
    "\ue000\ufffc",
    "\u202eabc",
    "x".repeat(201),
  ]) {
    const tries: [Promise<Schemas["Problem"]>, string][] = [
      [
        admin.refused(422, "invalid_fields", "PATCH", `/users/${user.id}`, {
          body: { display_name: name },
        }),
        "/display_name",
      ],
      [
        admin.refused(422, "invalid_fields", "POST", "/users", {
          body: { ...person(address()), display_name: name },
        }),
        "/display_name",
      ],
      [
        operator.refused(422, "invalid_fields", "PATCH", `/tenants/${HOME}`, { body: { name } }),
        "/name",
      ],
    ];
    for (const [refused, pointer] of tries) {
      assert.deepEqual(
        (await refused).errors?.map((fault) => fault.pointer),
        [pointer],
      );
    }
  }
});

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { accessible, closeBrowser, password, shot, signIn, withTab } from "../lib/browser.ts";
import { Person } from "../lib/service.ts";

after(closeBrowser);

test("an account with several hospitals chooses one, and comes out where it wanted to go", () =>
  withTab({}, async (tab) => {
    tab.expect.push(/status of 409/);
    const { page } = tab;
    await page.goto("/patients?q=silva");
    await page.getByLabel("Email").waitFor();
    await accessible(page, "sign-in");
    await page.getByLabel("Email").fill("doctor@demo.test");
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Which hospital?" }).waitFor();
    await accessible(page, "choice of hospital");
    await shot(page, "choose-hospital-desk");
    await page.keyboard.press("Enter"); // The first one has the focus.
    await page.getByRole("heading", { name: "Patients" }).waitFor();
    assert.match(page.url(), /\/patients\?q=silva$/);
  }));

test("a wrong password is said in words, and the address need not be typed again", () =>
  withTab({}, async (tab) => {
    tab.expect.push(/status of 401/);
    const { page } = tab;
    await page.goto("/");
    await page.getByLabel("Email").fill("nobody@demo.test");
    await page.getByLabel("Password").fill("not the password");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The email or the password is not right.").waitFor();
    assert.equal(await page.getByLabel("Email").inputValue(), "nobody@demo.test");
    await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "password");
    await accessible(page, "sign-in refused");
  }));

test("each role begins at its own page", async () => {
  for (const [email, heading] of [
    ["nurse@demo.test", "Worklist"],
    ["reception@demo.test", "Patients"],
  ] as const) {
    await withTab({}, async (tab) => {
      await signIn(tab, email);
      await tab.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    });
  }
});

test("signing out leaves nothing behind", () =>
  withTab({}, async (tab) => {
    const { page } = tab;
    await signIn(tab, "doctor@demo.test", "/patients");
    await page.getByRole("link", { name: "Worklist" }).click();
    await page.getByRole("heading", { name: "Worklist" }).waitFor();
    await page.getByRole("button", { name: /Account menu/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Password").waitFor();
    assert.equal(new URL(page.url()).pathname, "/sign-in");
    await page.goBack();
    await page.getByLabel("Password").waitFor();
    assert.equal(await page.getByRole("table").count(), 0);
    const kept = await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage })]);
    assert.deepEqual(kept, ["", "{}"]);
  }));

test("a reload keeps one signed in, and after signing out it does not", () =>
  withTab({}, async (tab) => {
    const { page, context } = tab;
    await signIn(tab, "doctor@demo.test", "/patients?q=silva");
    await page.reload();
    await page.getByRole("heading", { name: "Patients" }).waitFor();
    assert.match(page.url(), /\/patients\?q=silva$/);
    const second = await context.newPage();
    await second.goto("/account");
    await second.getByRole("heading", { name: "Your account", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Patients" }).waitFor();
    const kept = await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage })]);
    assert.deepEqual(kept, ["", "{}"]);

    await page.getByRole("button", { name: /Account menu/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Password").waitFor();
    assert.deepEqual(await context.cookies(), []);
    for (const left of [page, second]) {
      await left.reload();
      await left.getByLabel("Password").waitFor();
    }
  }));

test("a locked session is opened by the password, at the same page", () =>
  withTab({}, async (tab) => {
    tab.expect.push(/status of 403/);
    const { page } = tab;
    await signIn(tab, "doctor@demo.test", "/patients?q=silva");
    const locked = await page.evaluate(async () => (await fetch("/api/v1/auth/lock", { method: "POST" })).status);
    assert.equal(locked, 204);
    await page.reload();
    await page.getByRole("heading", { name: "Locked" }).waitFor();
    await accessible(page, "locked");
    await page.getByLabel("Password").fill("not the password");
    await page.keyboard.press("Enter");
    await page.getByText("The password is not right.").waitFor();
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Patients" }).waitFor();
    assert.match(page.url(), /\/patients\?q=silva$/);
  }));

// The warning stands for the last fifth, and the page looks at the clock once a second: with much less
// a slow machine answers the warning too late.
const IDLE_S = 15;

test("an idle page is covered in all tabs, and the password brings back what was being written", () =>
  withTab({}, async (tab) => {
    const { page, context } = tab;
    await context.route("**/api/v1/ui-config", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), idle_lock_s: IDLE_S } });
    });
    await signIn(tab, "doctor@demo.test", "/patients/new");
    await page.getByLabel("Last name").fill("Halfwritten");
    await page.getByText("The page locks soon.").waitFor();
    await page.keyboard.press("Shift");
    assert.equal(await page.getByText("The page locks soon.").count(), 0, "a key keeps it open");
    assert.equal(await page.getByLabel("Last name").inputValue(), "Halfwritten");
    const second = await context.newPage();
    await second.goto("/patients?q=silva");
    await second.getByRole("heading", { name: "Patients" }).waitFor();
    for (const either of [page, second]) {
      await either.getByRole("heading", { name: "Locked" }).waitFor();
      assert.equal(await either.getByText(/silva|halfwritten/i).count(), 0);
    }
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "New patient" }).waitFor();
    assert.equal(await page.getByLabel("Last name").inputValue(), "Halfwritten");
    await second.getByRole("heading", { name: "Patients" }).waitFor();
  }));

test("the sign-in of a demo says how to get in", () =>
  withTab({}, async ({ page }) => {
    await page.goto("/");
    await page.getByText(/sign in as doctor@demo\.test .* sign-in\.txt/).waitFor();
    await accessible(page, "sign-in of a demo");
  }));

test("an invitation is accepted with its code", () =>
  withTab({}, async (tab) => {
    const admin = await Person.signIn("admin@demo.test");
    const email = `invited${Date.now()}@hospital.example`;
    const invitation = await admin.create("/users", { email, display_name: "Dr. Invited Guest", role: "doctor" });
    tab.expect.push(/status of 401/);
    const { page } = tab;
    await page.goto("/accept");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Code").fill("0000-0000-0000-0000-0000");
    await page.getByLabel("New password", { exact: true }).fill("correct horse battery");
    await page.getByLabel("New password again").fill("correct horse");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("The two passwords differ.").waitFor();
    await accessible(page, "accepting, passwords differ");
    await page.getByLabel("New password again").fill("correct horse battery");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByRole("alert").getByText(/is not right, or the code has expired/).waitFor();
    await page.getByLabel("Code").fill((invitation.code as string).toLowerCase());
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText(/is ready/).waitFor();
    await accessible(page, "accepted");
    await page.getByRole("link", { name: "To sign-in" }).first().click();
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Worklist" }).waitFor();

    // The new account changes its password.
    await page.getByRole("button", { name: /Account menu/ }).click();
    await page.getByRole("button", { name: "Your account" }).click();
    tab.expect.push(/status of 403/);
    await page.getByLabel("Your current password").fill("wrong horse battery");
    await page.getByLabel("New password", { exact: true }).fill("another horse entirely");
    await page.getByLabel("New password again").fill("another horse entirely");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("The password is not right.").waitFor();
    await page.getByLabel("Your current password").fill("correct horse battery");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText(/The password is changed/).waitFor();
    await accessible(page, "account, password changed");
  }));

test("the pages speak Spanish to those who read it, and can be told to", () =>
  withTab({ locale: "es-ES" }, async ({ page }) => {
    await page.goto("/");
    await page.getByRole("button", { name: "Iniciar sesión" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "es");
    await accessible(page, "sign-in in Spanish");
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
  }));

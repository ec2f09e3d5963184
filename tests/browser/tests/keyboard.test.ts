import assert from "node:assert/strict";
import { after, test } from "node:test";
import { accessible, closeBrowser, settle, shot, signIn, withTab } from "../lib/browser.ts";
import { Person, newPatient } from "../lib/service.ts";

after(closeBrowser);

test("the palette finds patients and commands without the mouse", async () => {
  const patient = await newPatient(await Person.signIn("doctor@demo.test"));
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test");
    const { page } = tab;
    await settle(page);
    await page.keyboard.press("Control+k");
    const field = page.getByRole("dialog", { name: "Find" }).getByRole("combobox");
    await field.waitFor();
    await accessible(page, "palette");
    await field.fill(patient.last_name as string);
    await page.getByRole("option", { name: new RegExp(patient.last_name as string) }).waitFor();
    await shot(page, "palette-desk");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/patients\/\d+\/overview/);
    await page.keyboard.press("Control+k");
    await field.fill("your acc");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Your account" }).waitFor();
    await page.keyboard.press("Control+k");
    await field.waitFor();
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
  });
});

test("single letters go to places, and can be turned off", () =>
  withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test");
    const { page } = tab;
    await settle(page);
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await page.getByRole("heading", { name: "Patients" }).waitFor();
    // In a field they are letters.
    await page.getByLabel("Find a patient", { exact: true }).pressSequentially("g w ?");
    assert.equal(await page.getByLabel("Find a patient", { exact: true }).inputValue(), "g w ?");
    await page.getByLabel("Find a patient", { exact: true }).fill("");
    await page.locator("main").focus();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await help.waitFor();
    await accessible(page, "keyboard help");
    await help.getByLabel("Shortcuts of a single letter").uncheck();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    await page.locator("main").focus();
    await page.keyboard.press("?");
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await page.keyboard.press("Control+k"); // Those with Ctrl still work.
    await page.getByRole("combobox").waitFor();
    assert.equal(await help.count(), 0);
    assert.match(page.url(), /\/patients/);
  }));

test("j and k go through a list, Enter opens, and the skip link leads past the navigation", () =>
  withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", "/patients");
    const { page } = tab;
    await page.getByRole("row").nth(3).waitFor();
    await page.locator("main").focus();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    const second = page.getByRole("row").nth(2).getByRole("link");
    assert.ok(await second.evaluate((it) => it === document.activeElement));
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/patients\/\d+\/overview/);
    await page.locator("body").press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "A");
  }));

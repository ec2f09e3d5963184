// What administrators, auditors and managers do in the pages, and the search over all visits.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, closeBrowser, settle, shot, signIn, withTab } from "../lib/browser.ts";
import { Person, newDraft, newPatient, until } from "../lib/service.ts";

after(closeBrowser);

let doctor: Person;
before(async () => {
  doctor = await Person.signIn("doctor@demo.test");
});

test("an auditor finds who has seen a patient, without the content", async () => {
  const patient = await newPatient(doctor);
  const draft = await newDraft(doctor, patient.id, { notes: "Confidential finding" });
  await doctor.get(`/records/${draft.id}`);
  await withTab({}, async (tab) => {
    await signIn(tab, "auditor@demo.test");
    const { page } = tab;
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await page.getByLabel("Patient's id").fill(String(patient.id));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Who has seen patient ${patient.id}` }).waitFor();
    await page.getByRole("listitem").filter({ hasText: "read a visit" }).first().waitFor();
    assert.match(page.url(), new RegExp(`patient_id=${patient.id}`));
    await page.getByRole("button", { name: /^Details: .* began a visit/ }).click();
    await page.getByText("Your role sees which fields changed").waitFor();
    assert.equal(await page.getByText("Confidential finding").count(), 0);
    await shot(page, "audit-who-saw-desk");
    await accessible(page, "who has seen a patient");
    await page.getByRole("button", { name: "Dr. Dana Reyes" }).first().click();
    await page.waitForURL(/user_id=\d+/);
    await page.getByRole("button", { name: "Clear" }).click();
    await page.waitForURL(/\/audit$/);
  });
});

test("an administrator sees what a change said before and after", async () => {
  const admin = await Person.signIn("admin@demo.test");
  const patient = await newPatient(doctor);
  const { etag } = await admin.send("GET", `/patients/${patient.id}`);
  const change = await admin.send("PATCH", `/patients/${patient.id}`, { first_name: "Renata" }, { "If-Match": etag });
  assert.equal(change.status, 200);
  await withTab({}, async (tab) => {
    await signIn(tab, "admin@demo.test", `/audit?patient_id=${patient.id}&action=patient.update`);
    const { page } = tab;
    await page.getByRole("button", { name: /^Details: .* changed a patient/ }).click();
    await page.locator("ins", { hasText: "Renata" }).waitFor();
    await page.locator("del", { hasText: "Ana María" }).waitFor();
    await accessible(page, "differences in the log");
    await shot(page, "audit-differences-desk");
    await page.goto(`/patients/${patient.id}/overview`);
    await page.getByRole("link", { name: "Who has looked" }).click();
    await page.getByRole("heading", { name: `Who has seen patient ${patient.id}` }).waitFor();
  });
});

test("an administrator invites somebody, who then exists; changes a role and disables, with a way back", () =>
  withTab({}, async (tab) => {
    const admin = await Person.signIn("admin@demo.test");
    const email = `new${Date.now()}@hospital.example`;
    const name = `Nurse Invited ${Date.now()}`;
    await signIn(tab, "admin@demo.test");
    const { page } = tab;
    await page.getByRole("button", { name: "Invite somebody" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Email").fill(email);
    await dialog.getByLabel("Role").selectOption({ label: "Nurse" });
    await accessible(page, "inviting");
    await dialog.getByRole("button", { name: "Make a code" }).click();
    await dialog.getByText(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){4}$/).waitFor();
    await shot(page, "users-code-desk");
    await accessible(page, "a code");
    const code = await dialog.getByText(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){4}$/).textContent();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("row", { name: new RegExp(name) }).getByText("invited", { exact: true }).waitFor();
    const fresh = "a password for tests only";
    const accepted = await admin.send("POST", "/auth/accept", { email, code, password: fresh });
    assert.equal(accepted.status, 200, JSON.stringify(accepted.body));
    await page.reload();
    const row = page.getByRole("row", { name: new RegExp(name) });
    await row.getByText("active", { exact: true }).waitFor();
    await row.getByRole("button", { name: `More for ${name}` }).click();
    await row.getByRole("button", { name: "Change name or role" }).click();
    await dialog.getByLabel("Role").selectOption({ label: "Pharmacy" });
    await dialog.getByRole("button", { name: "Save" }).click();
    await row.getByText("Pharmacy", { exact: true }).waitFor();
    await row.getByRole("button", { name: `More for ${name}` }).click();
    await row.getByRole("button", { name: "Disable" }).click();
    await row.getByText("disabled", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await row.getByText("active", { exact: true }).waitFor();
  }));

test("a manager sees what files take and cost, and what one would", () =>
  withTab({}, async (tab) => {
    const manager = await Person.signIn("manager@demo.test");
    const count = async () => (await manager.get("/storage/usage")).files as number;
    const before = await count();
    await signIn(tab, "manager@demo.test");
    const { page } = tab;
    await page.getByRole("heading", { name: "Storage" }).waitFor();
    const text = await page.locator("dl div").filter({ hasText: "Files" }).locator("strong").first().textContent();
    const shown = Number(text!.replace(/\D/g, ""));
    // The demo's files arrive in the background.
    assert.ok(before <= shown && shown <= (await count()), `${shown} files are shown`);
    await page.getByLabel("Size in MB").fill("0");
    await page.getByRole("button", { name: "Estimate" }).click();
    await page.getByText("Enter a number above 0.").waitFor();
    await page.getByLabel("Size in MB").fill("2000");
    await page.getByRole("button", { name: "Estimate" }).click();
    await page.getByText(/instead of .* without tiers/).waitFor();
    await settle(page);
    await shot(page, "storage-estimate-desk");
    await accessible(page, "an estimate");
  }));

test("a template is made as a copy, changed, used and taken out of use", () =>
  withTab({}, async (tab) => {
    const name = `Ward check ${Date.now()}`;
    await signIn(tab, "doctor@demo.test", "/templates");
    const { page } = tab;
    await page.getByRole("button", { name: /^Copy / }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(name);
    await accessible(page, "a template");
    await shot(page, "template-desk");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText(`${name} is saved.`).waitFor();
    await page.getByRole("button", { name: `Change ${name}` }).click();
    await dialog.getByLabel("Complaint").fill("Daily check");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    const mine = await until(
      async () => (await doctor.get("/templates?limit=200")).items.find((it: any) => it.name === name),
      (it) => it?.version === 2,
      "the second version",
    );
    assert.equal(mine.content.chief_complaint, "Daily check");
    await page.getByRole("button", { name: `Remove ${name}` }).click();
    await dialog.getByRole("button", { name: "Take out of use" }).click();
    await page.getByText(`${name} is out of use.`, { exact: false }).waitFor();
    assert.equal(await page.getByRole("rowheader", { name }).count(), 0);
  }));

test("a search over all visits marks the words that it found", async () => {
  const patient = await newPatient(doctor);
  const word = `xanthogranuloma${Date.now().toString(36)}`.replace(/\d/g, "z");
  await newDraft(doctor, patient.id, { notes: `Seen again: ${word} of the left hand.` });
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", "/search");
    const { page } = tab;
    const asked: string[] = [];
    page.on("request", (request) => {
      if (/\/records\?/.test(request.url())) asked.push(request.url());
    });
    await page.getByRole("searchbox").pressSequentially(word);
    assert.equal(asked.length, 0, "nothing is asked while somebody types");
    await page.keyboard.press("Enter");
    await page.locator("mark", { hasText: word }).waitFor();
    await page.getByText(`${patient.last_name}, ${patient.first_name}`).waitFor();
    await shot(page, "search-marked-desk");
    await accessible(page, "found visits");
    await page.getByRole("link", { name: "Consultation" }).first().click();
    await page.waitForURL(/\/visits\/\d+$/);
    await page.goBack();
    await page.locator("mark", { hasText: word }).waitFor();
  });
});

test("pages of other roles say so", () =>
  withTab({}, async (tab) => {
    await signIn(tab, "reception@demo.test", "/audit");
    await tab.page.getByText("Not for your role").waitFor();
  }));

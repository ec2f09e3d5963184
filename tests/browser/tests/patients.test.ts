import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, closeBrowser, password, signIn, withTab } from "../lib/browser.ts";
import { Person, newDraft, newPatient } from "../lib/service.ts";

after(closeBrowser);

let doctor: Person;
before(async () => {
  doctor = await Person.signIn("doctor@demo.test");
});

test("a patient is found by a few letters, by number and by birth date", async () => {
  const patient = await newPatient(doctor, { date_of_birth: "1931-11-23" });
  await withTab({}, async (tab) => {
    await signIn(tab, "nurse@demo.test", "/patients");
    const { page } = tab;
    const field = page.getByLabel("Find a patient", { exact: true });
    const row = page.getByRole("row", { name: new RegExp(patient.last_name as string) });
    for (const query of [patient.last_name.slice(0, -2), patient.patient_number, "23.11.1931"]) {
      await field.fill(query as string);
      await row.waitFor();
    }
    await field.fill("zzzzqqqq xxxx");
    await page.getByText("Nobody was found").waitFor();
    await field.fill(patient.patient_number as string);
    await row.waitFor();
    // By keyboard alone: down to the first, Enter opens.
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Patient" }).getByText(patient.last_name.toUpperCase() as string).waitFor();
  });
});

test("a patient is registered, and missing fields are named", () =>
  withTab({}, async (tab) => {
    await signIn(tab, "reception@demo.test");
    const { page } = tab;
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "New patient" }).click();
    const last = `Recién${Date.now()}`;
    await page.getByLabel("Last name").fill(last);
    await page.getByRole("button", { name: "Register the patient" }).click();
    assert.equal(await page.getByText("This is needed.").count(), 3);
    await accessible(page, "registering, fields missing");
    await page.getByLabel("First name").fill("Óscar");
    await page.getByLabel("Birth date").fill("1990-02-28");
    await page.getByLabel("Sex").selectOption("male");
    await page.getByRole("button", { name: "Register the patient" }).click();
    await page.getByRole("region", { name: "Patient" }).getByText(last.toUpperCase()).waitFor();
    // Reception may not read charts: it sees master data and no other tab.
    await page.getByRole("heading", { name: "Contact and master data" }).waitFor();
    assert.equal(await page.getByRole("navigation", { name: "Chart" }).getByRole("link").count(), 1);
  }));

test("two who change different fields of a patient keep both changes", async () => {
  const patient = await newPatient(doctor, { phone: "111" });
  await withTab({}, async (tab) => {
    tab.expect.push(/status of 412/);
    await signIn(tab, "doctor@demo.test", `/patients/${patient.id}/details`);
    const { page } = tab;
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Address").fill("Calle Mayor 1");
    const path = `/patients/${patient.id}`;
    const { etag } = await doctor.send("GET", path);
    const other = await doctor.send("PATCH", path, { phone: "222" }, { "If-Match": etag });
    assert.equal(other.status, 200);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText(/Somebody has changed this patient/).waitFor();
    assert.equal(await page.getByLabel("Phone").inputValue(), "222");
    assert.equal(await page.getByLabel("Address").inputValue(), "Calle Mayor 1");
    await accessible(page, "patient with a conflict");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The patient is saved.").waitFor();
    const now = await doctor.get(path);
    assert.deepEqual([now.phone, now.address], ["222", "Calle Mayor 1"]);
  });
});

test("life-threatening allergies are in sight on every page of a patient", async () => {
  const allergies = [{ substance: "Peanut", reaction: "Anaphylaxis", severity: "life_threatening" }];
  const patient = await newPatient(doctor, { allergies });
  await withTab({ size: "phone" }, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/patients/${patient.id}/overview`);
    const { page } = tab;
    for (const name of ["Visits", "Results", "Vital signs", "Medication", "Files", "Contact"]) {
      await page.getByRole("navigation", { name: "Chart" }).getByRole("link", { name }).click();
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
      const warning = page.getByText("Life-threatening allergy: Peanut (Anaphylaxis)");
      const box = await warning.boundingBox();
      assert.ok(box && box.y >= 0 && box.y < 200, `out of sight on ${name}`);
    }
  });
});

test("a problem says when it was noted last, not when first", async () => {
  const patient = await newPatient(doctor);
  const asthma = { icd_code: "J45.909", diagnosis_name: "Asthma", diagnosis_type: "primary", status: "chronic" };
  for (const visit_date of ["2025-02-03T09:00:00Z", "2026-03-04T09:00:00Z"]) {
    const visit = { visit_date, chief_complaint: "Wheeze", diagnosis: "Asthma", diagnoses: [asthma] };
    const { id, revision } = await newDraft(doctor, patient.id, visit);
    await doctor.create(`/records/${id}/finalize`, { password }, { "If-Match": `"${revision}"` });
  }
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/patients/${patient.id}/overview`);
    await tab.page.getByText(/J45\.909 · chronic · last noted 4 Mar 2026/).waitFor();
  });
});

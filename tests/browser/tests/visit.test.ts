import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, closeBrowser, password, settle, shot, signIn, withTab } from "../lib/browser.ts";
import { Person, newDraft, newPatient, until } from "../lib/service.ts";

after(closeBrowser);

let doctor: Person;
before(async () => {
  doctor = await Person.signIn("doctor@demo.test");
});

test("a ward round: a visit is begun, written, signed, amended and compared, by keyboard", async () => {
  const patient = await newPatient(doctor, { allergies: [{ substance: "Penicillin", severity: "severe" }] });
  await withTab({}, async (tab) => {
    tab.expect.push(/status of 403/);
    await signIn(tab, "doctor@demo.test", `/patients/${patient.id}/overview`);
    const { page } = tab;
    await page.getByText("There is no visit yet").waitFor();
    await page.keyboard.press("n");
    const begin = page.getByRole("dialog", { name: "New visit" });
    await begin.waitFor();
    await accessible(page, "new visit");
    await begin.getByRole("button", { name: "Begin" }).press("Enter");
    await page.waitForURL(/\/visits\/\d+\/edit/);
    const id = Number(/visits\/(\d+)/.exec(page.url())![1]);
    const record = () => doctor.get(`/records/${id}`);

    await page.getByRole("textbox", { name: "Complaint" }).waitFor();
    await page.keyboard.press("Alt+2");
    await page.keyboard.type("Fever and cough");
    await page.keyboard.press("Alt+4");
    await page.keyboard.type("3.4");
    await page.getByText("Between 20 and 370").waitFor();
    await page.getByLabel("Systolic").fill("124");
    await page.getByLabel("Diastolic").fill("81");
    await page.getByLabel("Temperature").fill("38,4");
    await page.keyboard.press("Alt+6");
    await page.keyboard.type("J18.9");
    await page.getByRole("option", { name: /J18\.9/ }).waitFor();
    await shot(page, "icd10-desk");
    await accessible(page, "diagnosis suggestions");
    await page.keyboard.press("Enter");
    await page.getByRole("group", { name: /Pneumonia/ }).waitFor();
    await page.getByLabel("Assessment").fill("Pneumonia");
    await page.keyboard.press("Alt+7");
    await page.keyboard.press("Enter");
    await page.getByLabel("Medication").waitFor();
    await page.keyboard.type("Amoxicillin");
    await page.keyboard.press("Tab");
    await page.keyboard.type("500 mg");
    await page.keyboard.press("Tab");
    await page.keyboard.type("three times a day");
    await page.keyboard.press("Control+s");
    await page.getByText(/Amoxicillin is of the same group as Penicillin/).first().waitFor();
    await page.keyboard.press("Alt+8");
    await page.keyboard.press("Enter");
    await page.keyboard.type("CRP");
    await page.keyboard.press("Tab");
    await page.keyboard.type("112");
    await page.getByRole("textbox", { name: "Plan" }).fill("Admit");
    await page.getByLabel("Follow-up needed").check();
    await page.getByRole("button", { name: "1 week" }).click();
    await page.keyboard.press("Control+s");
    // "Saved" may still be said of an earlier state.
    const written = await until(
      record,
      (now) => now.lab_results[0]?.value === 112 && now.follow_up_required,
      "the draft has all that was typed",
    );
    await page.getByRole("status").getByText(/^Saved/).waitFor();
    await settle(page);
    await shot(page, "editor-written-desk");
    await accessible(page, "editor, written");

    assert.equal(written.chief_complaint, "Fever and cough");
    assert.deepEqual(
      { ...written.vital_signs },
      { systolic_mmhg: 124, diastolic_mmhg: 81, temperature_c: 38.4 },
    );
    assert.equal(written.prescriptions[0].medication, "Amoxicillin");
    assert.equal(written.lab_results[0].value, 112);
    assert.equal(written.diagnoses[0].icd_code, "J18.9");
    assert.equal(written.follow_up_required, true);

    await page.keyboard.press("Control+Enter");
    const sign = page.getByRole("dialog", { name: "Finalize the visit" });
    await sign.getByLabel("Your password").fill("not the password");
    await accessible(page, "finalizing");
    await shot(page, "finalize-desk");
    await page.keyboard.press("Enter");
    await sign.getByText("The password is not right.").waitFor();
    await sign.getByLabel("Your password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByText("The visit is signed.").waitFor();
    await page.waitForURL(new RegExp(`/visits/${id}$`));
    assert.equal((await record()).status, "finalized");
    assert.equal(await page.getByRole("textbox").count(), 0, "a signed visit is read-only");

    await page.keyboard.press("e");
    await page.waitForURL(/amend$/);
    await page.getByLabel("Assessment").fill("Pneumonia due to Streptococcus pneumoniae");
    await page.getByText("1 field changed").waitFor();
    await page.getByRole("button", { name: "Sign the amendment" }).click();
    const amend = page.getByRole("dialog", { name: "Amending the visit" });
    await amend.getByLabel("Reason for the amendment").fill("Culture came back");
    await accessible(page, "amending");
    await page.keyboard.press("Enter");
    await page.getByText("The amendment is signed.").waitFor();
    const amended = await record();
    assert.equal(amended.status, "amended");
    assert.equal(amended.diagnosis, "Pneumonia due to Streptococcus pneumoniae");

    await page.getByRole("link", { name: "Versions" }).click();
    await page.getByRole("row", { name: /Assessment/ }).getByText("due to Streptococcus").waitFor();
    await page.getByText("Culture came back").waitFor();
    await accessible(page, "versions");
    await shot(page, "versions-compared-desk");
  });
});

test("rows are removed with a way back, and moved", async () => {
  const patient = await newPatient(doctor);
  const rows = ["Aspirin", "Metformin"].map((medication) => ({ medication, dosage: "1", frequency: "daily" }));
  const draft = await newDraft(doctor, patient.id, { prescriptions: rows });
  const names = async () =>
    (await doctor.get(`/records/${draft.id}`)).prescriptions.map((it: { medication: string }) => it.medication).join();
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/visits/${draft.id}/edit`);
    const { page } = tab;
    await page.getByLabel("Medication").nth(1).focus();
    await page.keyboard.press("Alt+ArrowUp");
    await until(names, (it) => it === "Metformin,Aspirin", "moved");
    await page.getByLabel("Medication").first().focus();
    await page.keyboard.press("Control+Backspace");
    await page.getByText("Metformin was removed.").waitFor();
    await until(names, (it) => it === "Aspirin", "removed");
    await page.getByRole("button", { name: "Undo" }).click();
    await until(names, (it) => it === "Metformin,Aspirin", "back again");
  });
});

test("one text is copied forward with its source, until it is edited", async () => {
  const patient = await newPatient(doctor);
  const last = { chief_complaint: "Cough", physical_examination: "Chest clear.", visit_date: "2026-02-01T10:00:00Z" };
  await newDraft(doctor, patient.id, last);
  const draft = await newDraft(doctor, patient.id);
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/visits/${draft.id}/edit`);
    const { page } = tab;
    await page.getByRole("button", { name: "Copy Examination into this visit" }).click();
    const field = page.getByRole("textbox", { name: "Examination" });
    assert.equal(await field.inputValue(), "Chest clear.");
    await page.getByText(/Copied from the visit of 1 Feb 2026/).waitFor();
    await field.fill("Chest clear. No wheeze.");
    await page.getByText(/Copied from the visit/).waitFor({ state: "detached" });
    const saved = await until(
      () => doctor.get(`/records/${draft.id}`),
      (it) => it.physical_examination === "Chest clear. No wheeze.",
      "saved",
    );
    assert.equal(saved.chief_complaint, null, "nothing else is copied");
  });
});

test("a draft is discarded with a reason", async () => {
  const patient = await newPatient(doctor);
  const draft = await newDraft(doctor, patient.id);
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/visits/${draft.id}/edit`);
    const { page } = tab;
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Discard the draft" }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("Wrong patient");
    await accessible(page, "discarding");
    await page.getByRole("button", { name: "Discard", exact: true }).click();
    await page.getByText("The draft is discarded.").waitFor();
    assert.equal((await doctor.send("GET", `/records/${draft.id}`)).status, 404);
  });
});

test("the focus is where a key led before the next key arrives", async () => {
  const patient = await newPatient(doctor);
  const draft = await newDraft(doctor, patient.id);
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/visits/${draft.id}/edit`);
    const add = tab.page.getByRole("button", { name: "Add a result" });
    await add.waitFor();
    // Within one task: a frame, or another key, cannot come in between.
    const focused = await add.evaluate((button: HTMLElement) => {
      button.click();
      return document.activeElement?.tagName;
    });
    assert.equal(focused, "INPUT");
  });
});

// Nothing that somebody wrote is lost: the network cut, answers lost, two people at one draft.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { accessible, closeBrowser, password, shot, signIn, withTab } from "../lib/browser.ts";
import { Person, newDraft, newPatient, until } from "../lib/service.ts";

after(closeBrowser);

let doctor: Person;
let nurse: Person;
before(async () => {
  doctor = await Person.signIn("doctor@demo.test");
  nurse = await Person.signIn("nurse@demo.test");
});

async function draft(more: object = {}): Promise<number> {
  const patient = await newPatient(doctor);
  return (await newDraft(doctor, patient.id, more)).id as number;
}
const saved = (id: number, field: string, value: unknown) =>
  until(() => doctor.get(`/records/${id}`), (it) => it[field] === value, `${field} is ${String(value)}`);

test("what is written is saved without a click", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    await tab.page.getByRole("textbox", { name: "History" }).pressSequentially("Three days of fever.");
    await saved(id, "history_of_present_illness", "Three days of fever.");
    await tab.page.getByRole("status").getByText(/^Saved \d/).waitFor();
  });
});

test("leaving the page at once loses nothing", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    await tab.page.getByRole("textbox", { name: "History" }).fill("Written and left.");
    await tab.page.getByRole("link", { name: "Worklist" }).click();
    await saved(id, "history_of_present_illness", "Written and left.");
  });
});

test("with the network cut, writing goes on and is sent when it is back", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    tab.expect.push(/ERR_INTERNET_DISCONNECTED/);
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    const { page, context } = tab;
    await page.getByRole("textbox", { name: "History" }).waitFor();
    await page.waitForLoadState("networkidle");
    await context.setOffline(true);
    await page.getByRole("textbox", { name: "History" }).fill("Before the lift.");
    await page.getByRole("textbox", { name: "Complaint" }).focus();
    await page.getByRole("status").getByText("Offline, kept on this device").waitFor();
    await accessible(page, "editor, offline");
    await shot(page, "editor-offline-desk");
    await page.getByRole("textbox", { name: "Complaint" }).fill("In the lift.");
    await context.setOffline(false);
    await saved(id, "history_of_present_illness", "Before the lift.");
    await saved(id, "chief_complaint", "In the lift.");
    await page.getByRole("status").getByText(/^Saved \d/).waitFor();
  });
});

test("a lock while the service cannot be reached loses nothing", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    tab.expect.push(/ERR_/, /status of 401/);
    const { page } = tab;
    await page.route("**/api/v1/ui-config", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), idle_lock_s: 8 } });
    });
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    const history = page.getByRole("textbox", { name: "History" });
    await history.waitFor();
    await page.route(`**/api/v1/records/${id}`, (route) => (route.request().method() === "PATCH" ? route.abort() : route.continue()));
    await history.pressSequentially("Fever and");
    await page.getByRole("heading", { name: "Locked" }).waitFor();
    assert.equal(await page.getByText("Fever and").count(), 0);
    await page.unroute(`**/api/v1/records/${id}`);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await history.waitFor();
    assert.match(page.url(), new RegExp(`/visits/${id}/edit$`));
    assert.equal(await history.inputValue(), "Fever and");
    await history.press("End");
    await history.pressSequentially(" a cough.");
    await saved(id, "history_of_present_illness", "Fever and a cough.");
  });
});

test("an answer that is lost is found out, and nothing is written twice", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    tab.expect.push(/ERR_FAILED/, /status of 412/);
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    const { page } = tab;
    let lost = 0;
    await page.route(`**/api/v1/records/${id}`, async (route) => {
      if (route.request().method() !== "PATCH" || lost > 0) return route.continue();
      lost++;
      await route.fetch(); // It arrives, and the service saves it.
      return route.abort();
    });
    await page.getByRole("textbox", { name: "History" }).fill("Said once.");
    await page.getByRole("status").getByText(/^Saved \d/).waitFor();
    assert.equal(lost, 1);
    assert.equal(await page.getByText(/was changed by somebody else/).count(), 0);
    await saved(id, "history_of_present_illness", "Said once.");
  });
});

async function change(who: Person, id: number, body: object): Promise<void> {
  const path = `/records/${id}`;
  const { etag } = await who.send("GET", path);
  const answer = await who.send("PATCH", path, body, { "If-Match": etag });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

test("two people at one draft: different fields are put together", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    tab.expect.push(/status of 412/);
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    const { page } = tab;
    await page.getByRole("textbox", { name: "History" }).waitFor();
    await change(nurse, id, { vital_signs: { pulse_bpm: 91 } });
    await page.getByRole("textbox", { name: "History" }).fill("By the doctor.");
    await saved(id, "history_of_present_illness", "By the doctor.");
    assert.equal((await doctor.get(`/records/${id}`)).vital_signs.pulse_bpm, 91);
    assert.equal(await page.getByLabel("Pulse").inputValue(), "91");
  });
});

test("two people at one field: both texts are shown, and one chooses", async () => {
  const id = await draft({ history_of_present_illness: "Cough." });
  await withTab({}, async (tab) => {
    tab.expect.push(/status of 412/);
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    const { page } = tab;
    await page.getByRole("textbox", { name: "History" }).waitFor();
    await change(nurse, id, { history_of_present_illness: "Dry cough." });
    await page.getByRole("textbox", { name: "History" }).fill("Cough with fever.");
    const conflict = page.getByRole("alert").filter({ hasText: "History was changed by somebody else as well" });
    await conflict.waitFor();
    await accessible(page, "editor, conflict");
    await shot(page, "editor-conflict-desk");
    assert.equal((await doctor.get(`/records/${id}`)).history_of_present_illness, "Dry cough.");
    // The rest goes on being saved.
    await page.getByRole("textbox", { name: "Complaint" }).fill("Fever");
    await saved(id, "chief_complaint", "Fever");
    await conflict.getByRole("button", { name: "Keep yours" }).click();
    await saved(id, "history_of_present_illness", "Cough with fever.");
    await conflict.waitFor({ state: "detached" });
  });
});

test("a refused field is marked, and the others are saved", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    tab.expect.push(/status of 422/);
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    const { page } = tab;
    await page.getByLabel("Systolic").fill("80");
    await page.getByLabel("Diastolic").fill("120");
    await page.getByRole("textbox", { name: "Complaint" }).fill("Dizzy");
    await saved(id, "chief_complaint", "Dizzy");
    await page.getByRole("status").getByText(/to correct; the rest is saved/).waitFor();
    assert.equal(await page.getByLabel("Diastolic").getAttribute("aria-invalid"), "true");
    await accessible(page, "editor, a field refused");
    await page.getByLabel("Diastolic").fill("50");
    await until(
      () => doctor.get(`/records/${id}`),
      (it) => it.vital_signs.systolic_mmhg === 80 && it.vital_signs.diastolic_mmhg === 50,
      "corrected",
    );
  });
});

/** Everything that the browser keeps for these pages, as text. */
function keptIn(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((resolve) => {
      const open = indexedDB.open("wardbook");
      open.onsuccess = () => resolve(open.result);
    });
    const all = await new Promise<any[]>((resolve) => {
      const ask = db.transaction("kept").objectStore("kept").getAll();
      ask.onsuccess = () => resolve(ask.result);
    });
    db.close();
    return all.map((it) => `${it.key} ${new TextDecoder().decode(it.data)}`).join("\n");
  });
}

const SECRET = "Suspected appendicitis, seen at four";

test("a tab that dies loses nothing: the next one has what was not sent, until it is", async () => {
  const id = await draft({ notes: "Old notes" });
  await withTab({}, async (tab) => {
    tab.expect.push(/ERR_FAILED/, /status of 412/);
    const { page, context } = tab;
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    await page.getByRole("textbox", { name: "History" }).waitFor();
    await page.waitForLoadState("networkidle");
    let cut = true;
    await context.route(`**/api/v1/records/${id}`, (route) =>
      cut && route.request().method() === "PATCH" ? route.abort() : route.continue(),
    );
    await page.getByRole("textbox", { name: "History" }).fill(SECRET);
    await until(() => keptIn(page), (text) => text.includes(`draft/${id}`), "the draft is kept");
    assert.doesNotMatch(await keptIn(page), /appendicitis|Suspected/, "nothing is kept in clear");
    // Without a farewell: a page that is closed in order sends what is left, past the cut network.
    await page.goto("chrome://crash").catch(() => undefined);

    // Somebody else goes on with another field meanwhile.
    const { etag } = await nurse.send("GET", `/records/${id}`);
    await nurse.send("PATCH", `/records/${id}`, { notes: "New notes" }, { "If-Match": etag });

    const next = await context.newPage();
    await next.goto(`/visits/${id}/edit`);
    await next.getByText(/What you wrote at .* is back/).waitFor();
    assert.equal(await next.getByRole("textbox", { name: "History" }).inputValue(), SECRET);
    assert.equal(await next.getByRole("textbox", { name: "Notes" }).inputValue(), "New notes");
    await shot(next, "draft-put-back-desk");
    cut = false;
    await next.getByRole("textbox", { name: "History" }).press("Control+s");
    await saved(id, "history_of_present_illness", SECRET);
    await until(() => keptIn(next), (text) => text === "", "nothing is kept any more");
  });
});

test("on a shared computer another account sees nothing of it, and sends nothing of it", async () => {
  const id = await draft();
  await withTab({}, async (tab) => {
    tab.expect.push(/ERR_FAILED/, /status of 401/);
    const { page, context } = tab;
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    await page.getByRole("textbox", { name: "History" }).waitFor();
    await page.waitForLoadState("networkidle");
    let cut = true;
    await context.route(`**/api/v1/records/${id}`, (route) =>
      cut && route.request().method() === "PATCH" ? route.abort() : route.continue(),
    );
    await page.getByRole("textbox", { name: "History" }).fill(SECRET);
    await until(() => keptIn(page), (text) => text.includes(`draft/${id}`), "the draft is kept");
    const out = async () => {
      await page.getByRole("button", { name: /^Account menu/ }).click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByLabel("Email").waitFor();
    };
    await out();
    cut = false;
    await signIn(tab, "nurse@demo.test", `/visits/${id}/edit`);
    await page.getByRole("textbox", { name: "History" }).waitFor();
    await page.waitForTimeout(1_500);
    assert.equal(await page.getByRole("textbox", { name: "History" }).inputValue(), "");
    assert.equal((await doctor.get(`/records/${id}`)).history_of_present_illness, null);
    await out();
    await signIn(tab, "doctor@demo.test", `/visits/${id}/edit`);
    await page.getByText(/What you wrote at .* is back/).waitFor();
    await saved(id, "history_of_present_illness", SECRET);
  });
});

// Every page at the three widths: axe finds nothing, nothing is wider than the screen, the console is
// silent. Their screenshots are for people to look at.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { axe, closeBrowser, settle, shot, signIn, sizes, withTab, type Size } from "../lib/browser.ts";
import { Person, newDraft, newPatient } from "../lib/service.ts";

after(closeBrowser);

let pages: [name: string, path: string][] = [];
/** Of those who lead a hospital; the auditor sees less of the log. */
const officers: [name: string, path: string][] = [
  ["users", "/admin/users"],
  ["storage", "/admin/storage"],
  ["audit", "/audit"],
  ["audit-nothing", "/audit?action=record.read&from=2001-01-01&to=2001-01-02"],
  ["templates", "/templates"],
];

before(async () => {
  const doctor = await Person.signIn("doctor@demo.test");
  const allergies = [
    { substance: "Penicillin", reaction: "Anaphylaxis", severity: "life_threatening" },
    { substance: "Latex", reaction: null, severity: "moderate" },
    { substance: "لبن", reaction: null, severity: null },
  ];
  // The address has no blank at which a line could break.
  const busy = await newPatient(doctor, {
    allergies,
    email: "ana.maria.prueba@department-of-internal-medicine.hospital.example",
  });
  const draft = await newDraft(doctor, busy.id, {
    chief_complaint: "Cough",
    prescriptions: [{ medication: "Amoxicillin", dosage: "500 mg", frequency: "three times a day" }],
    lab_results: [{ test: "Potassium", value: 6.8, unit: "mmol/L", reference_low: 3.5, reference_high: 5.1 }],
    vital_signs: { systolic_mmhg: 122, diastolic_mmhg: 80, pulse_bpm: 71 },
  });
  const empty = await newPatient(doctor);
  const { items } = await doctor.get("/records?status=finalized&limit=1");
  const { id, patient_id } = items[0];
  const chart = `/patients/${patient_id}`;
  pages = [
    ["worklist", "/"],
    ["patients", "/patients"],
    ["patients-nobody", "/patients?q=zzzzzzzzqqq"],
    ["patient-new", "/patients/new"],
    ["account", "/account"],
    ["overview", `${chart}/overview`],
    ["overview-allergies", `/patients/${busy.id}/overview`],
    ["overview-empty", `/patients/${empty.id}/overview`],
    ["visits", `${chart}/visits`],
    ["labs", `${chart}/labs`],
    ["labs-empty", `/patients/${empty.id}/labs`],
    ["vitals", `${chart}/vitals`],
    ["medication", `${chart}/medication`],
    ["files", `${chart}/files`],
    ["details", `/patients/${busy.id}/details`],
    ["visit", `/visits/${id}`],
    ["versions", `/visits/${id}/versions`],
    ["amend", `/visits/${id}/amend`],
    ["edit", `/visits/${draft.id}/edit`],
    ["search", "/search"],
    ["search-found", "/search?q=cough"],
    ["search-nothing", "/search?q=zzzzzzzzqqq"],
    ["not-found", "/no/such/page"],
    ["no-such-patient", "/patients/999999/overview"],
  ];
});

/** Within the program, as a link goes: the tokens are in its memory. */
async function go(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState({}, "", to);
    dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  }, path);
  await page.waitForTimeout(100);
  await settle(page);
}

async function look(size: Size, dark: boolean, email: string, which: typeof pages): Promise<void> {
  await withTab({ size, dark }, async (tab) => {
    tab.expect.push(/status of 404/);
    await signIn(tab, email);
    const found: string[] = [];
    for (const [name, path] of which) {
      await go(tab.page, path);
      await shot(tab.page, `${name}-${size}${dark ? "-dark" : ""}`);
      // Other colours are all that differs in the dark.
      const rules = dark ? ["color-contrast"] : undefined;
      found.push(...(await axe(tab.page, rules)).map((fault) => `${name}: ${fault}`));
      const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > sizes[size].width) found.push(`${name} is ${wide} pixels wide`);
      const hidden = await tab.page.evaluate(() =>
        [...document.querySelectorAll("nav [aria-current=page]")]
          .filter((place) => {
            const [inner, outer] = [place, place.closest("nav")!].map((it) => it.getBoundingClientRect());
            return inner!.left < outer!.left - 1 || inner!.right > outer!.right + 1;
          })
          .map((place) => place.textContent),
      );
      found.push(...hidden.map((place) => `${name}: the current "${place}" is scrolled out of sight`));
    }
    assert.deepEqual(found, []);
  });
}

const DOCTOR = "doctor@demo.test";
const ADMIN = "admin@demo.test";

for (const size of Object.keys(sizes) as Size[]) {
  test(`every page at ${sizes[size].width} pixels`, () => look(size, false, DOCTOR, pages));
  test(`the administrator's pages at ${sizes[size].width} pixels`, () => look(size, false, ADMIN, officers));
}
test("every page in dark colours", () => look("desk", true, DOCTOR, pages));
test("the administrator's pages in dark colours", () => look("desk", true, ADMIN, officers));

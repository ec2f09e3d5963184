import { expect, test } from "vitest";
import { createBody, emptyRow, missing, patchBody, rebased, rowsOf, valuesOf } from "./form.ts";
import type { Patient } from "./queries.ts";

const ana = {
  id: 17,
  patient_number: "P-000017",
  first_name: "Ana",
  last_name: "Silva",
  date_of_birth: "1984-06-02",
  sex: "female",
  phone: "123",
  email: null,
  address: null,
  emergency_contact: null,
  allergies: [{ id: 1, changed_in_version: 1, substance: "penicillin", reaction: null, severity: "mild" }],
  version: 1,
  created_at: "2026-03-04T05:06:07Z",
  updated_at: "2026-03-04T05:06:07Z",
} as Patient;

test("a new patient has what was filled in, and no empty rows", () => {
  const values = { ...valuesOf(), first_name: " Ana ", last_name: "Silva", date_of_birth: "1984-06-02", sex: "female" };
  expect(missing(values)).toEqual([]);
  expect(createBody(values, [emptyRow(), { ...emptyRow(), substance: " nuts " }])).toEqual({
    first_name: "Ana",
    last_name: "Silva",
    date_of_birth: "1984-06-02",
    sex: "female",
    allergies: [{ substance: "nuts", reaction: null, severity: null }],
  });
  expect(missing(valuesOf())).toEqual(["first_name", "last_name", "date_of_birth", "sex"]);
});

test("a change sends only what differs; an emptied field is null", () => {
  expect(patchBody(ana, valuesOf(ana), rowsOf(ana))).toEqual({});
  expect(patchBody(ana, { ...valuesOf(ana), phone: "", email: "a@b.c" }, rowsOf(ana))).toEqual({ phone: null, email: "a@b.c" });
  expect(patchBody(ana, valuesOf(ana), [])).toEqual({ allergies: [] });
  const [mild] = rowsOf(ana);
  expect(patchBody(ana, valuesOf(ana), [{ ...mild!, severity: "severe" }])).toEqual({
    allergies: [{ id: 1, substance: "penicillin", reaction: null, severity: "severe" }],
  });
});

test("after somebody else's change, what was typed here stands over what is there now", () => {
  const now = { ...ana, phone: "999", address: "Elsewhere" };
  const values = rebased(ana, now, { ...valuesOf(ana), phone: "555" });
  expect(values.phone).toBe("555");
  expect(values.address).toBe("Elsewhere");
  expect(patchBody(now, values, rowsOf(now))).toEqual({ phone: "555" });
});

import { expect, test } from "vitest";
import { allergyChanges, createBody, emptyRow, missing, patchBody, rebased, rowsOf, valuesOf } from "./form.ts";
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
  allergies: [{ id: 1, version: 4, type: null, certainty: "suspected", substance: "penicillin", reaction: null, severity: "mild" }],
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
  expect(patchBody(ana, valuesOf(ana))).toEqual({});
  expect(patchBody(ana, { ...valuesOf(ana), phone: "", email: "a@b.c" })).toEqual({ phone: null, email: "a@b.c" });
});

test("allergies are added, changed and removed each by itself", () => {
  const [mild] = rowsOf(ana);
  expect(allergyChanges(ana, [mild!, emptyRow()])).toEqual({ added: [], changed: [], removed: [] });
  expect(allergyChanges(ana, [])).toEqual({ added: [], changed: [], removed: [{ id: 1, version: 4 }] });
  expect(allergyChanges(ana, [{ ...mild!, severity: "severe" }, { ...emptyRow(), substance: "nuts" }])).toEqual({
    added: [{ substance: "nuts", reaction: null, severity: null }],
    changed: [{ id: 1, version: 4, body: { substance: "penicillin", reaction: null, severity: "severe" } }],
    removed: [],
  });
});

test("after somebody else's change, what was typed here stands over what is there now", () => {
  const now = { ...ana, phone: "999", address: "Elsewhere" };
  const values = rebased(ana, now, { ...valuesOf(ana), phone: "555" });
  expect(values.phone).toBe("555");
  expect(values.address).toBe("Elsewhere");
  expect(patchBody(now, values)).toEqual({ phone: "555" });
});

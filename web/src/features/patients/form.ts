import type { Schemas } from "../../lib/api/index.ts";
import type { Patient } from "./queries.ts";

export interface AllergyRow {
  key: number;
  /** Of an allergy that the patient has already. */
  id?: number;
  substance: string;
  reaction: string;
  severity: string;
}

/** What stands in the fields; empty is the empty text. */
export interface Values {
  first_name: string;
  last_name: string;
  date_of_birth: string;
  sex: string;
  patient_number: string;
  phone: string;
  email: string;
  address: string;
  emergency_contact: string;
}

export type FieldName = keyof Values;

const optional = ["phone", "email", "address", "emergency_contact"] as const;
export const required = ["first_name", "last_name", "date_of_birth", "sex"] as const;

export function valuesOf(patient?: Patient): Values {
  return {
    first_name: patient?.first_name ?? "",
    last_name: patient?.last_name ?? "",
    date_of_birth: patient?.date_of_birth ?? "",
    sex: patient?.sex ?? "",
    patient_number: patient?.patient_number ?? "",
    phone: patient?.phone ?? "",
    email: patient?.email ?? "",
    address: patient?.address ?? "",
    emergency_contact: patient?.emergency_contact ?? "",
  };
}

let lastKey = 0;

export function emptyRow(): AllergyRow {
  return { key: ++lastKey, substance: "", reaction: "", severity: "" };
}

export function rowsOf(patient?: Patient): AllergyRow[] {
  return (patient?.allergies ?? []).map((it) => ({
    key: ++lastKey,
    id: it.id,
    substance: it.substance,
    reaction: it.reaction ?? "",
    severity: it.severity ?? "",
  }));
}

type AllergyInput = Exclude<Schemas["AllergyInput"], string>;

function inputsOf(rows: readonly AllergyRow[]): AllergyInput[] {
  return rows
    .filter((row) => row.substance.trim() !== "")
    .map((row) => ({
      ...(row.id === undefined ? {} : { id: row.id }),
      substance: row.substance.trim(),
      reaction: row.reaction.trim() || null,
      severity: (row.severity || null) as AllergyInput["severity"],
    }));
}

export function missing(values: Values): FieldName[] {
  return required.filter((name) => values[name].trim() === "");
}

export function createBody(values: Values, rows: readonly AllergyRow[]): Schemas["PatientCreate"] {
  const allergies = inputsOf(rows);
  return {
    first_name: values.first_name.trim(),
    last_name: values.last_name.trim(),
    date_of_birth: values.date_of_birth,
    sex: values.sex as Patient["sex"],
    ...(values.patient_number.trim() ? { patient_number: values.patient_number.trim() } : {}),
    ...Object.fromEntries(
      optional.filter((name) => values[name].trim()).map((name) => [name, values[name].trim()]),
    ),
    ...(allergies.length > 0 ? { allergies } : {}),
  };
}

/** Only what differs from `before`, so that two people who change different fields keep both changes. */
export function patchBody(before: Patient, values: Values, rows: readonly AllergyRow[]): Schemas["PatientPatch"] {
  const old = valuesOf(before);
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(old) as FieldName[]) {
    const value = values[name].trim();
    if (value === old[name]) continue;
    patch[name] = value === "" && (optional as readonly string[]).includes(name) ? null : value;
  }
  const [was, is] = [inputsOf(rowsOf(before)), inputsOf(rows)];
  if (JSON.stringify(was) !== JSON.stringify(is)) patch["allergies"] = is;
  return patch as Schemas["PatientPatch"];
}

/** After somebody else's change: what was typed here over what is there now. */
export function rebased(before: Patient, now: Patient, values: Values): Values {
  const old = valuesOf(before);
  const fresh = valuesOf(now);
  for (const name of Object.keys(old) as FieldName[]) {
    if (values[name] !== old[name]) fresh[name] = values[name];
  }
  return fresh;
}

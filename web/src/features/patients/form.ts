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

type AllergyInput = Schemas["AllergyCreate"];

const filled = (row: AllergyRow) => row.substance.trim() !== "";

function inputOf(row: AllergyRow): AllergyInput {
  return {
    substance: row.substance.trim(),
    reaction: row.reaction.trim() || null,
    severity: (row.severity || null) as AllergyInput["severity"],
  };
}

export interface AllergyChanges {
  added: AllergyInput[];
  changed: { id: number; version: number; body: AllergyInput }[];
  removed: { id: number; version: number }[];
}

/** Allergies are objects of their own: each is added, changed and removed by itself. */
export function allergyChanges(before: Patient, rows: readonly AllergyRow[]): AllergyChanges {
  const kept = rows.filter(filled);
  const out: AllergyChanges = { added: kept.filter((row) => row.id === undefined).map(inputOf), changed: [], removed: [] };
  for (const was of rowsOf(before)) {
    const { id, version } = before.allergies.find((it) => it.id === was.id)!;
    const is = kept.find((row) => row.id === id);
    if (!is) out.removed.push({ id, version });
    else if (JSON.stringify(inputOf(is)) !== JSON.stringify(inputOf(was))) out.changed.push({ id, version, body: inputOf(is) });
  }
  return out;
}

export function missing(values: Values): FieldName[] {
  return required.filter((name) => values[name].trim() === "");
}

export function createBody(values: Values, rows: readonly AllergyRow[]): Schemas["PatientCreate"] {
  const allergies = rows.filter(filled).map(inputOf);
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
export function patchBody(before: Patient, values: Values): Schemas["PatientPatch"] {
  const old = valuesOf(before);
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(old) as FieldName[]) {
    const value = values[name].trim();
    if (value === old[name]) continue;
    patch[name] = value === "" && (optional as readonly string[]).includes(name) ? null : value;
  }
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

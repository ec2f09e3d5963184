// No answer tells anything of a patient without an entry in the audit log that names him: each
// route is asked about one patient in every way that it can refuse, and in those that look like
// nothing (an empty page, 304, the answer to an earlier request). Whoever adds a route adds it here.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Client, type Anything, type Schemas } from "../lib/client.ts";
import { operations } from "../lib/document.ts";
import { pdf, startUpload, upload } from "../lib/files.ts";
import {
  allPages,
  as,
  base,
  doctorId,
  finalize,
  HOME,
  newAccount,
  newPatient,
  newRecord,
  nobody,
  password,
  unique,
  VISIT,
} from "../lib/world.ts";

type Entry = Schemas["AuditEntry"];
/** A request and the status that it must have. */
type Attempt = [status: number, method: string, path: string, options?: Anything, by?: Client];

let doctor: Client;
let admin: Client;
let auditor: Client;

before(async () => {
  doctor = await as("doctor");
  admin = await as("hospital_admin");
  auditor = await as("auditor");
});

/** The patient that is asked about; what belongs to him is made by the doctor. */
interface Scene {
  id: number;
  name: string;
  number: string;
  draft: () => Promise<Schemas["Record"]>;
  signed: () => Promise<Schemas["Record"]>;
  voided: () => Promise<number>;
  file: (record?: number) => Promise<number>;
  pending: () => Promise<number>;
}

async function scene(): Promise<Scene> {
  const name = unique("Looked");
  const number = unique("L-");
  const fields = { last_name: name, patient_number: number, date_of_birth: "1990-06-01" };
  const { id } = await newPatient(doctor, fields);
  const draft = (): Promise<Schemas["Record"]> => newRecord(doctor, id, { notes: name });
  return {
    id,
    name,
    number,
    draft,
    signed: async () => finalize(doctor, await draft()),
    voided: async () => {
      const record = (await draft()).id;
      await voidRecord(record, 1);
      return record;
    },
    file: async (record) => {
      const of = record ?? (await draft()).id;
      return (await upload(doctor, of, "a.pdf", "application/pdf", pdf())).id;
    },
    pending: async () => {
      const body = { file_name: "a.pdf", file_type: "application/pdf", file_size: 700 };
      return (await startUpload(doctor, (await draft()).id, body)).attachment.id;
    },
  };
}

async function voidRecord(id: number, version: number): Promise<void> {
  await doctor.expect(204, "delete", "/records/{id}", {
    path: { id },
    ifMatch: version,
    query: { reason: "written twice" },
  });
}

async function diagnosis(record: number, version: number): Promise<number> {
  const { body } = await doctor.expect(201, "post", "/records/{id}/diagnoses", {
    path: { id: record },
    ifMatch: version,
    body: { icd_code: "E11.9", diagnosis_type: "primary" },
  });
  return body.id;
}

const key = (): Record<string, string> => ({ "idempotency-key": unique("look-") });
const NONE = '"0"';
const WRONG = { nonsense: true };

/** What every change of a record refuses. */
async function changes(
  s: Scene,
  method: string,
  tail: string,
  options: Anything,
  wrongState: Schemas["Record"],
  by?: Client,
): Promise<Attempt[]> {
  const at = (id: number): string => `/records/${id}${tail}`;
  const { id } = await s.draft();
  const right = wrongState.status === "draft" ? await s.signed() : await s.draft();
  return [
    [428, method, at(right.id), options, by],
    [412, method, at(right.id), { ...options, ifMatch: NONE }, by],
    [409, method, at(wrongState.id), { ...options, ifMatch: wrongState.revision }, by],
    [404, method, at(await s.voided()), { ...options, ifMatch: 1 }, by],
    [428, method, at(id), { ...options, ifMatch: "*" }, by],
  ];
}

function twice(path: string, options: Anything, status = 200, by?: Client): Attempt[] {
  const kept = { ...options, headers: key() };
  return [
    [status, "POST", path, kept, by],
    [status, "POST", path, kept, by],
  ];
}

/** What is refused of an object of a chart, and what looks like nothing. */
async function objectAttempts(
  s: Scene,
  kind: "results" | "problems" | "follow-ups",
  body: object,
): Promise<{ id: number; reads: Attempt[]; writes: Attempt[] }> {
  const { body: made } = await doctor.any("POST", `/patients/${s.id}/${kind}`, { body });
  const at = `/${kind}/${made.id}`;
  return {
    id: made.id,
    reads: [
      [200, "GET", at],
      [304, "GET", at, { headers: { "if-none-match": '"1"' } }],
    ],
    writes: [
      [428, "PATCH", at, { body }],
      [412, "PATCH", at, { ifMatch: NONE, body }],
      [422, "PATCH", at, { ifMatch: 1, body: WRONG }],
      [200, "PATCH", at, { ifMatch: 1, body: {} }],
    ],
  };
}
const RESULT = { test: "Sodium", value: 140, unit: "mmol/L" };
const PROBLEM = { name: "Reflux" };
const FOLLOW_UP = { what_for: "Wound check", due: "2199-01-01" };
/** A course of medication that a signed visit began. */
async function course(s: Scene): Promise<number> {
  const prescriptions = [{ medication: unique("Drug "), dosage: "1", frequency: "daily" }];
  await finalize(doctor, await newRecord(doctor, s.id, { prescriptions }));
  const { body } = await doctor.any("GET", `/patients/${s.id}/medications`);
  return body.items.find((it: Schemas["Medication"]) => it.medication === prescriptions[0]!.medication).id;
}

function steps(id: number, verb: string, body: object): Attempt[] {
  const path = `/medications/${id}/${verb}`;
  return [
    [428, "POST", path, { body }],
    [412, "POST", path, { ifMatch: NONE, body }],
    [422, "POST", path, { ifMatch: 1, body: WRONG }],
    ...twice(path, { ifMatch: 1, body }),
  ];
}

const table: Record<string, (s: Scene) => Promise<Attempt[]>> = {
  listResults: async (s) => [[200, "GET", `/patients/${s.id}/results`]],
  fileResult: async (s) => [
    [422, "POST", `/patients/${s.id}/results`, { body: WRONG }],
    ...twice(`/patients/${s.id}/results`, { body: RESULT }, 201),
  ],
  getResult: async (s) => (await objectAttempts(s, "results", RESULT)).reads,
  patchResult: async (s) => (await objectAttempts(s, "results", RESULT)).writes,
  acknowledgeResult: async (s) => {
    const { id } = await objectAttempts(s, "results", RESULT);
    const at = `/results/${id}/acknowledge`;
    return [
      [428, "POST", at, { body: { action: "seen" } }],
      [412, "POST", at, { ifMatch: NONE, body: { action: "seen" } }],
      [422, "POST", at, { ifMatch: 1, body: WRONG }],
      [200, "POST", at, { ifMatch: 1, body: { action: "seen" } }],
      [409, "POST", at, { ifMatch: 2, body: { action: "seen" } }],
    ];
  },
  getInbox: async (s) => {
    await doctor.any("POST", `/patients/${s.id}/results`, { body: { ...RESULT, critical: true } });
    return [[200, "GET", "/inbox", { query: { critical: "true", limit: 200 } }]];
  },
  listProblems: async (s) => [[200, "GET", `/patients/${s.id}/problems`]],
  addProblem: async (s) => [
    [422, "POST", `/patients/${s.id}/problems`, { body: WRONG }],
    ...twice(`/patients/${s.id}/problems`, { body: PROBLEM }, 201),
  ],
  getProblem: async (s) => (await objectAttempts(s, "problems", PROBLEM)).reads,
  patchProblem: async (s) => (await objectAttempts(s, "problems", PROBLEM)).writes,
  listFollowUps: async (s) => [[200, "GET", `/patients/${s.id}/follow-ups`]],
  addFollowUp: async (s) => [
    [422, "POST", `/patients/${s.id}/follow-ups`, { body: WRONG }],
    ...twice(`/patients/${s.id}/follow-ups`, { body: FOLLOW_UP }, 201),
  ],
  getFollowUp: async (s) => (await objectAttempts(s, "follow-ups", FOLLOW_UP)).reads,
  patchFollowUp: async (s) => (await objectAttempts(s, "follow-ups", FOLLOW_UP)).writes,
  listPatients: async (s) => [
    [200, "GET", "/patients", { query: { q: s.name } }],
    [200, "GET", "/patients", { query: { q: s.number, limit: 1, count: "exact" } }],
  ],
  createPatient: async (s) => {
    const person = { first_name: "A", date_of_birth: "1980-01-01", sex: "male" };
    const taken = { ...person, last_name: "B", patient_number: s.number.toUpperCase() };
    return [[409, "POST", "/patients", { body: taken }]];
  },
  getPatient: async (s) => [
    [200, "GET", `/patients/${s.id}`],
    [304, "GET", `/patients/${s.id}`, { headers: { "if-none-match": '"1"' } }],
  ],
  patchPatient: async (s) => {
    const other = (await newPatient(doctor)).id;
    await s.draft();
    return [
      [412, "PATCH", `/patients/${s.id}`, { ifMatch: NONE, body: { phone: "1" } }],
      [422, "PATCH", `/patients/${s.id}`, { ifMatch: 1, body: WRONG }],
      [422, "PATCH", `/patients/${s.id}`, { ifMatch: 1, body: { date_of_birth: "2026-03-20" } }],
      [409, "PATCH", `/patients/${other}`, { ifMatch: 1, body: { patient_number: s.number } }],
    ];
  },
  listRecords: async (s) => {
    await s.draft();
    const of = { patient_id: s.id };
    return [
      [200, "GET", "/records", { query: of }],
      [200, "GET", "/records", { query: { ...of, icd: "B20", count: "exact" } }],
      [200, "GET", "/records", { query: { ...of, q: "nothingofthekind", count: "exact" } }],
      [200, "GET", "/records", { query: { ...of, from: "2001-01-01", to: "2001-01-02" } }],
      [200, "GET", "/records", { query: { q: s.name, limit: 1 } }],
    ];
  },
  createRecord: async (s) => {
    const visit = { patient_id: s.id, visit_date: VISIT, visit_type: "consultation" };
    const gone = { body: { ...visit, notes: "then voided" }, headers: key() };
    const made = await doctor.any("POST", "/records", gone);
    await voidRecord(made.body.id as number, 1);
    return [
      [422, "POST", "/records", { body: { ...visit, visit_date: "1985-01-01" } }],
      [422, "POST", "/records", { body: { ...visit, doctor_id: 999_999_999 } }],
      [422, "POST", "/records", { body: { ...visit, ...WRONG } }],
      [409, "POST", "/records", gone],
      ...twice("/records", { body: visit }, 201),
    ];
  },
  getRecord: async (s) => {
    const { id } = await s.draft();
    return [
      [200, "GET", `/records/${id}`],
      [304, "GET", `/records/${id}`, { headers: { "if-none-match": '"1"' } }],
      [404, "GET", `/records/${await s.voided()}`],
    ];
  },
  replaceRecord: async (s) => {
    const body = { patient_id: s.id, visit_date: VISIT, visit_type: "consultation" };
    const { id } = await s.draft();
    return [
      ...(await changes(s, "PUT", "", { body }, await s.signed())),
      [422, "PUT", `/records/${id}`, { ifMatch: 1, body: WRONG }],
    ];
  },
  patchRecord: async (s) => {
    const { id } = await s.draft();
    const old = { visit_date: "1985-01-01" };
    const others = await newRecord(doctor, (await newPatient(doctor)).id, old);
    return [
      ...(await changes(s, "PATCH", "", { body: { notes: "x" } }, await s.signed())),
      [422, "PATCH", `/records/${id}`, { ifMatch: 1, body: WRONG }],
      [422, "PATCH", `/records/${others.id}`, { ifMatch: 1, body: { patient_id: s.id } }],
    ];
  },
  voidRecord: async (s) => {
    const query = { reason: "x" };
    const { id } = await s.draft();
    const reopened = await s.signed();
    const options = { ifMatch: reopened.revision, body: { reason: "x" } };
    const again = await admin.any("POST", `/records/${reopened.id}/reopen`, options);
    return [
      ...(await changes(s, "DELETE", "", { query }, await s.signed())),
      [422, "DELETE", `/records/${id}`, { ifMatch: 1 }],
      [409, "DELETE", `/records/${reopened.id}`, { ifMatch: again.version, query }],
    ];
  },
  finalizeRecord: async (s) => {
    const body = { password };
    const [one, two] = [await s.draft(), await s.draft()];
    const kept = { ifMatch: 1, body, headers: key() };
    return [
      ...(await changes(s, "POST", "/finalize", { body }, await s.signed())),
      [422, "POST", `/records/${one.id}/finalize`, { ifMatch: 1, body: WRONG }],
      [403, "POST", `/records/${one.id}/finalize`, { ifMatch: 1, body: { password: "wrong" } }],
      [200, "POST", `/records/${two.id}/finalize`, kept],
      [200, "POST", `/records/${two.id}/finalize`, kept],
      [422, "POST", `/records/${one.id}/finalize`, kept],
    ];
  },
  amendRecord: async (s) => {
    const body = { reason: "late result", changes: { notes: "late" } };
    const { id, version } = await s.signed();
    const path = `/records/${id}/amendments`;
    return [
      ...(await changes(s, "POST", "/amendments", { body }, await s.draft())),
      [422, "POST", path, { ifMatch: version, body: { ...body, changes: WRONG } }],
      ...twice(path, { ifMatch: version, body }, 201),
    ];
  },
  reopenRecord: async (s) => {
    const body = { reason: "wrong side" };
    const { id, version } = await s.signed();
    const path = `/records/${id}/reopen`;
    return [
      ...(await changes(s, "POST", "/reopen", { body }, await s.draft(), admin)),
      [422, "POST", path, { ifMatch: version, body: WRONG }, admin],
      ...twice(path, { ifMatch: version, body }, 200, admin),
    ];
  },
  listRecordVersions: async (s) => [
    [200, "GET", `/records/${(await s.draft()).id}/versions`, { query: { count: "exact" } }],
    [200, "GET", `/records/${await s.voided()}/versions`],
  ],
  getRecordVersion: async (s) => {
    const { id } = await s.draft();
    return [
      [200, "GET", `/records/${id}/versions/1`],
      [404, "GET", `/records/${id}/versions/2`],
      [404, "GET", `/records/${id}/versions/1`, { query: { diff: 2 } }],
      [200, "GET", `/records/${await s.voided()}/versions/1`],
    ];
  },
  listDiagnoses: async (s) => {
    const { id } = await s.draft();
    return [
      [200, "GET", `/records/${id}/diagnoses`],
      [304, "GET", `/records/${id}/diagnoses`, { headers: { "if-none-match": '"1"' } }],
      [404, "GET", `/records/${await s.voided()}/diagnoses`],
    ];
  },
  addDiagnosis: async (s) => {
    const body = { icd_code: "E11.9", diagnosis_type: "primary" };
    const record = await s.draft();
    await diagnosis(record.id, 1);
    const fresh = await s.draft();
    return [
      ...(await changes(s, "POST", "/diagnoses", { body }, await s.signed())),
      [422, "POST", `/records/${record.id}/diagnoses`, { ifMatch: 2, body: WRONG }],
      [409, "POST", `/records/${record.id}/diagnoses`, { ifMatch: 2, body }],
      ...twice(`/records/${fresh.id}/diagnoses`, { ifMatch: 1, body }, 201),
    ];
  },
  getDiagnosis: async (s) => {
    const { id } = await s.draft();
    const path = `/diagnoses/${await diagnosis(id, 1)}`;
    const gone = await s.draft();
    const with_it = await diagnosis(gone.id, 1);
    await voidRecord(gone.id, 2);
    return [
      [200, "GET", path],
      [304, "GET", path, { headers: { "if-none-match": '"2"' } }],
      [404, "GET", `/diagnoses/${with_it}`],
    ];
  },
  patchDiagnosis: async (s) => {
    const record = await s.draft();
    const path = `/diagnoses/${await diagnosis(record.id, 1)}`;
    const frozen = await s.draft();
    const kept = `/diagnoses/${await diagnosis(frozen.id, 1)}`;
    const { revision } = await finalize(doctor, { ...frozen, revision: 2 });
    const body = { notes: "x" };
    return [
      [428, "PATCH", path, { body }],
      [412, "PATCH", path, { ifMatch: NONE, body }],
      [422, "PATCH", path, { ifMatch: 2, body: WRONG }],
      [409, "PATCH", kept, { ifMatch: revision, body }],
    ];
  },
  removeDiagnosis: async (s) => {
    const record = await s.draft();
    const path = `/diagnoses/${await diagnosis(record.id, 1)}`;
    return [
      [428, "DELETE", path],
      [412, "DELETE", path, { ifMatch: NONE }],
      [204, "DELETE", path, { ifMatch: 2 }],
      [404, "DELETE", path, { ifMatch: 3 }],
    ];
  },
  listAudit: async (s) => [
    [200, "GET", "/audit", { query: { patient_id: s.id } }, auditor],
    [200, "GET", "/audit", { query: { patient_id: s.id, action: "record.void" } }, auditor],
    [200, "GET", "/audit", { query: { limit: 3 } }, auditor],
  ],
  getAuditEntry: async (s) => {
    const log = await admin.any("GET", "/audit", { query: { patient_id: s.id, limit: 1 } });
    return [[200, "GET", `/audit/${log.body.items[0].id}`, {}, auditor]];
  },
  listHolds: async (s) => {
    const body = { patient_id: s.id, reason: "x" };
    await admin.expect(201, "post", "/holds", { body });
    return [[200, "GET", "/holds", { query: { patient_id: s.id } }, admin]];
  },
  placeHold: async (s) => [
    ...twice("/holds", { body: { patient_id: s.id, reason: "x" } }, 201, admin),
    [201, "POST", "/holds", { body: { record_id: (await s.draft()).id, reason: "x" } }, admin],
  ],
  releaseHold: async (s) => {
    const body = { patient_id: s.id, reason: "x" };
    const { id } = (await admin.expect(201, "post", "/holds", { body })).body;
    const options = { query: { reason: "over" } };
    return [
      [204, "DELETE", `/holds/${id}`, options, admin],
      [404, "DELETE", `/holds/${id}`, options, admin],
    ];
  },
  requestErasure: async (s) => {
    await admin.expect(201, "post", "/holds", { body: { patient_id: s.id, reason: "x" } });
    return [
      [409, "POST", `/patients/${s.id}/erasure`, { body: { reason: "x" } }, admin],
      [422, "POST", `/patients/${s.id}/erasure`, { body: WRONG }, admin],
    ];
  },
  getErasure: async (s) => {
    const where = { path: { id: s.id }, body: { reason: "x" } };
    const { id } = (await admin.expect(202, "post", "/patients/{id}/erasure", where)).body;
    return [[200, "GET", `/erasures/${id}`, {}, admin]];
  },
  listAllergies: async (s) => [[200, "GET", `/patients/${s.id}/allergies`]],
  createAllergy: async (s) => {
    const path = `/patients/${s.id}/allergies`;
    return [
      [422, "POST", path, { body: WRONG }],
      ...twice(path, { body: { substance: "Latex" } }, 201),
    ];
  },
  patchAllergy: async (s) => {
    const options = { body: { substance: "Nuts" } };
    const { body } = await doctor.any("POST", `/patients/${s.id}/allergies`, options);
    const path = `/allergies/${body.id}`;
    return [
      [428, "PATCH", path, { body: { severity: "mild" } }],
      [412, "PATCH", path, { ifMatch: NONE, body: { severity: "mild" } }],
      [422, "PATCH", path, { ifMatch: 1, body: WRONG }],
      [200, "PATCH", path, { ifMatch: 1, body: { substance: "Nuts" } }],
      [200, "PATCH", path, { ifMatch: 1, body: { severity: "mild" } }],
    ];
  },
  listMedications: async (s) => [[200, "GET", `/patients/${s.id}/medications`]],
  getMedication: async (s) => [[200, "GET", `/medications/${await course(s)}`]],
  stopMedication: async (s) => steps(await course(s), "stop", { reason: "bleeding" }),
  holdMedication: async (s) => steps(await course(s), "hold", { reason: "surgery" }),
  resumeMedication: async (s) => {
    const path = `/medications/${await course(s)}`;
    const body = { reason: "x" };
    return [
      [428, "POST", `${path}/resume`, { body }],
      [412, "POST", `${path}/resume`, { ifMatch: NONE, body }],
      [409, "POST", `${path}/resume`, { ifMatch: 1, body }],
    ];
  },
  changeMedication: async (s) =>
    steps(await course(s), "change", { reason: "renal", changes: { dosage: "2" } }),
  confirmMedication: async (s) => {
    const path = `/medications/${await course(s)}/confirm`;
    return [
      [428, "POST", path, { body: {} }],
      [412, "POST", path, { ifMatch: NONE, body: {} }],
      [409, "POST", path, { ifMatch: 1, body: {} }],
    ];
  },
  getTimeline: async (s) => [[200, "GET", `/patients/${s.id}/timeline`]],
  getVitals: async (s) => [[200, "GET", `/patients/${s.id}/vitals`]],
  getLabs: async (s) => [[200, "GET", `/patients/${s.id}/labs`, { query: { test: "HIV" } }]],
  listAttachments: async (s) => [
    [200, "GET", `/records/${(await s.draft()).id}/attachments`, { query: { count: "exact" } }],
    [404, "GET", `/records/${await s.voided()}/attachments`],
  ],
  startUpload: async (s) => {
    const body = { file_name: "a.pdf", file_type: "application/pdf", file_size: 700 };
    const record = (await s.draft()).id;
    const gone = (await s.draft()).id;
    const kept = { body, headers: key() };
    await doctor.any("POST", `/records/${gone}/attachments`, kept);
    await voidRecord(gone, 1);
    return [
      [422, "POST", `/records/${record}/attachments`, { body: WRONG }],
      [404, "POST", `/records/${gone}/attachments`, { body }],
      [409, "POST", `/records/${gone}/attachments`, kept],
      ...twice(`/records/${record}/attachments`, { body }, 201),
    ];
  },
  uploadThroughService: async (s) => {
    const options = { query: { file_name: "a.txt" }, body: "text", type: "text/plain" };
    const { id } = await s.draft();
    return [
      [404, "PUT", `/records/${await s.voided()}/attachments`, options],
      [422, "PUT", `/records/${id}/attachments`, { ...options, query: {} }],
      [201, "PUT", `/records/${id}/attachments`, options],
    ];
  },
  getAttachment: async (s) => {
    const record = await s.draft();
    const gone = await s.file(record.id);
    await voidRecord(record.id, 1);
    return [
      [200, "GET", `/attachments/${await s.file()}`],
      [404, "GET", `/attachments/${gone}`],
    ];
  },
  deleteAttachment: async (s) => {
    const record = await s.draft();
    const kept = await s.file(record.id);
    await finalize(doctor, record);
    const id = await s.file();
    return [
      [409, "DELETE", `/attachments/${kept}`],
      [204, "DELETE", `/attachments/${await s.pending()}`],
      [204, "DELETE", `/attachments/${id}`],
      [404, "DELETE", `/attachments/${id}`],
    ];
  },
  listUploadParts: async (s) => {
    const body = { file_name: "a.dcm", file_type: "application/dicom", file_size: 6_000_000 };
    const begun = await doctor.any("POST", `/records/${(await s.draft()).id}/attachments`, {
      body,
    });
    return [
      [200, "GET", `/attachments/${begun.body.attachment.id}/parts`],
      [409, "GET", `/attachments/${await s.pending()}/parts`],
    ];
  },
  completeUpload: async (s) => {
    const path = `/attachments/${await s.file()}/complete`;
    const pending = `/attachments/${await s.pending()}/complete`;
    return [
      [200, "POST", path, { body: {} }],
      [422, "POST", path, { body: WRONG }],
      [409, "POST", pending, { body: {} }],
      ...twice(path, { body: {} }),
    ];
  },
  listAttachmentVersions: async (s) => [[200, "GET", `/attachments/${await s.file()}/versions`]],
  getDownloadUrl: async (s) => [
    [409, "POST", `/attachments/${await s.pending()}/download-url`],
    ...twice(`/attachments/${await s.file()}/download-url`, {}),
  ],
  getAttachmentContent: async (s) => {
    const id = await s.file();
    const path = `/attachments/${id}/content`;
    const { body } = await doctor.expect(200, "get", "/attachments/{id}", { path: { id } });
    return [
      [200, "GET", path],
      [206, "GET", path, { headers: { range: "bytes=0-3" } }],
      [304, "GET", path, { headers: { "if-none-match": `"${body.sha256}"` } }],
      [412, "GET", path, { headers: { "if-match": '"x"' } }],
      [416, "GET", path, { headers: { range: "bytes=99999999-" } }],
      [409, "GET", `/attachments/${await s.pending()}/content`],
    ];
  },
  restoreArchived: async (s) => {
    const path = `/attachments/${await s.file()}/restore-archive`;
    return [
      [409, "POST", `/attachments/${await s.pending()}/restore-archive`],
      ...twice(path, {}),
    ];
  },
  restoreAttachment: async (s) => {
    const id = await s.file();
    await doctor.expect(204, "delete", "/attachments/{id}", { path: { id } });
    return [
      [409, "POST", `/attachments/${await s.file()}/restore`],
      [422, "POST", `/attachments/${id}/restore`, { body: WRONG }],
      ...twice(`/attachments/${id}/restore`, {}),
    ];
  },
};

/** Refused before any row is looked up: an object with a field that nobody asked for. */
const BEFORE_ANY_ROW = new Set(["restoreAttachment"]);

/** What these know is of no patient. */
const OF_NO_PATIENT =
  /^\/(auth|me|doctors|tenants|users|icd10|templates|storage|attachments\/policy|worklist|ui-config|healthz|readyz|metrics|openapi\.json)(\/|$)/;

test("every route that knows patients is in this table", () => {
  const known = operations
    .filter((operation) => !OF_NO_PATIENT.test(operation.path))
    .map((operation) => operation.id);
  assert.deepEqual(Object.keys(table).sort(), known.sort());
});

for (const [operation, prepare] of Object.entries(table)) {
  test(`${operation}: nothing is told of a patient without an entry`, async () => {
    const s = await scene();
    const attempts = await prepare(s);
    const asked = new Map<string, string>();
    for (const [status, method, path, options, by] of attempts) {
      const answer = await (by ?? doctor).any(method, path, options);
      const what = `${method} ${path} ${JSON.stringify(options ?? {})}`;
      assert.equal(answer.status, status, `${what}: ${answer.text}`);
      const unread = status === 422 && BEFORE_ANY_ROW.has(operation);
      if (!unread) asked.set(answer.requestId, `${status} to ${what}`);
    }
    const entries = await allPages<Entry>(admin, "/audit", { patient_id: s.id, limit: 200 });
    const named = new Map(entries.map((entry) => [entry.request_id, entry]));
    const missing = [...asked].filter(([id]) => !named.has(id)).map(([, what]) => what);
    assert.deepEqual(missing, [], "these told something of the patient and are not in the log");
  });
}

test("an answer that is given again says so in the log, whoever's the visit is by now", async () => {
  const s = await scene();
  const later = (await newPatient(doctor)).id;
  const body = { patient_id: s.id, visit_date: VISIT, visit_type: "consultation" };
  const options = { body, headers: key() };
  const made = await doctor.any("POST", "/records", options);
  await doctor.expect(200, "patch", "/records/{id}", {
    path: { id: made.body.id as number },
    ifMatch: 1,
    body: { patient_id: later },
  });
  const again = await doctor.any("POST", "/records", options);
  assert.deepEqual(again.body, made.body, "it shows the first patient still");
  for (const patient_id of [s.id, later]) {
    const query = { patient_id, action: "access.replayed" };
    const { body: log } = await auditor.expect(200, "get", "/audit", { query });
    assert.deepEqual(
      log.items.map((entry) => [entry.request_id, entry.outcome, entry.resource_id]),
      [[again.requestId, "ok", made.body.id]],
    );
  }
});

test("an answer is not given again once the permission was taken", async () => {
  const s = await scene();
  const { client, user, password: own } = await newAccount("nurse");
  const visit = { patient_id: s.id, visit_date: VISIT, visit_type: "consultation" };
  const options = { body: { ...visit, doctor_id: await doctorId(doctor) }, headers: key() };
  assert.equal((await client.any("POST", "/records", options)).status, 201);
  const path = { id: user.id };
  await admin.expect(200, "patch", "/users/{id}", { path, body: { role: "pharmacist" } });
  const login = { email: user.email, password: own, tenant: HOME };
  const { body: session } = await nobody.expect(200, "post", "/auth/login", { body: login });
  const demoted = new Client(base, session.access_token);
  await demoted.refused(403, "forbidden", "POST", "/records", options);
});

test("an answer is not given again when its visit was voided", async () => {
  const s = await scene();
  const body = { patient_id: s.id, visit_date: VISIT, visit_type: "consultation" };
  const options = { body, headers: key() };
  const made = await doctor.any("POST", "/records", options);
  await voidRecord(made.body.id as number, 1);
  await doctor.refused(409, "record_voided", "POST", "/records", options);
  const query = { patient_id: s.id, action: "access.failed" };
  const { body: log } = await auditor.expect(200, "get", "/audit", { query });
  assert.equal(log.items[0]?.reason, "POST /api/v1/records: record_voided");
});

test("a failure says which, and is neither a read nor a refusal", async () => {
  const s = await scene();
  const { id } = await s.draft();
  const options = { ifMatch: NONE, body: { notes: "x" } };
  const failed = await doctor.any("PATCH", `/records/${id}`, options);
  const query = { patient_id: s.id, action: "access.failed" };
  const { body: log } = await auditor.expect(200, "get", "/audit", { query });
  const [entry] = log.items;
  assert.equal(entry?.request_id, failed.requestId);
  assert.deepEqual(
    [entry?.outcome, entry?.resource, entry?.resource_id, entry?.patient_id, entry?.reason],
    ["failed", "record", id, s.id, "PATCH /api/v1/records/{id}: version_conflict"],
  );
});

test("who searched for what is in the log, page or none", async () => {
  const s = await scene();
  await s.draft();
  const typed = `O'Neill "${s.name}" ä`;
  const searched = await doctor.any("GET", "/patients", { query: { q: typed, count: "exact" } });
  const listed = await doctor.any("GET", "/records", {
    query: { patient_id: s.id, icd: "B20", count: "exact" },
  });
  assert.deepEqual([listed.body.items, listed.body.total], [[], 0]);
  const labs = await doctor.any("GET", `/patients/${s.id}/labs`, { query: { test: "HIV" } });
  const filters = async (requestId: string, query: Record<string, string>): Promise<unknown> => {
    const all = await allPages<Entry>(auditor, "/audit", { ...query, limit: 200 }, 1_000);
    return all.find((entry) => entry.request_id === requestId)?.filters;
  };
  assert.deepEqual(await filters(searched.requestId, { action: "patient.search" }), {
    q: typed,
    count: "exact",
  });
  assert.deepEqual(await filters(listed.requestId, { patient_id: String(s.id) }), {
    patient_id: String(s.id),
    icd: "B20",
    count: "exact",
  });
  assert.deepEqual(await filters(labs.requestId, { patient_id: String(s.id) }), { test: "HIV" });
});

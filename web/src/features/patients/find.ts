// The light part of this feature, which the palette needs at the first load.
export { PatientLine } from "./PatientLine.tsx";
export { usePatient, usePatients, usePatientPages, patientKey, type Patient } from "./queries.ts";

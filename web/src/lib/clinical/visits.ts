import { catalogue } from "../i18n/index.ts";

export const visitTypes = [
  "consultation",
  "follow_up",
  "procedure",
  "emergency",
  "inpatient",
  "telehealth",
] as const;
export type VisitType = (typeof visitTypes)[number];

/** The words that chart, visit and worklist share. */
export const useVisitWords = catalogue(
  {
    type: {
      consultation: "Consultation",
      follow_up: "Follow-up",
      procedure: "Procedure",
      emergency: "Emergency",
      inpatient: "Inpatient",
      telehealth: "Telehealth",
    },
    status: { draft: "Draft", finalized: "Signed", amended: "Amended" },
    field: {
      patient_id: "Patient",
      doctor_id: "Doctor",
      visit_date: "Date and time",
      visit_type: "Kind of visit",
      chief_complaint: "Complaint",
      history_of_present_illness: "History",
      physical_examination: "Examination",
      diagnosis: "Assessment",
      treatment_plan: "Plan",
      prescriptions: "Prescriptions",
      vital_signs: "Vital signs",
      lab_results: "Results",
      notes: "Notes",
      follow_up_required: "Follow-up needed",
      follow_up_date: "Follow-up on",
      follow_up_instructions: "Follow-up instructions",
      diagnoses: "Diagnoses",
    },
    diagnosisType: { primary: "Primary", secondary: "Secondary", differential: "Differential" },
    diagnosisStatus: { active: "active", resolved: "resolved", chronic: "chronic", ruled_out: "ruled out" },
    flag: {
      low: "low",
      high: "high",
      normal: "normal",
      critical_low: "critically low",
      critical_high: "critically high",
      abnormal: "abnormal",
    },
    allergyWarning: (medication: string, substance: string) =>
      `${medication}: the patient is allergic to ${substance}`,
    allergyClassWarning: (medication: string, substance: string) =>
      `${medication} is of the same group as ${substance}, to which the patient is allergic`,
  },
  {
    type: {
      consultation: "Consulta",
      follow_up: "Seguimiento",
      procedure: "Procedimiento",
      emergency: "Urgencia",
      inpatient: "Hospitalización",
      telehealth: "Teleconsulta",
    },
    status: { draft: "Borrador", finalized: "Firmada", amended: "Enmendada" },
    field: {
      patient_id: "Paciente",
      doctor_id: "Médico",
      visit_date: "Fecha y hora",
      visit_type: "Tipo de visita",
      chief_complaint: "Motivo de consulta",
      history_of_present_illness: "Anamnesis",
      physical_examination: "Exploración",
      diagnosis: "Valoración",
      treatment_plan: "Plan",
      prescriptions: "Prescripciones",
      vital_signs: "Constantes vitales",
      lab_results: "Resultados",
      notes: "Notas",
      follow_up_required: "Requiere seguimiento",
      follow_up_date: "Seguimiento el",
      follow_up_instructions: "Indicaciones de seguimiento",
      diagnoses: "Diagnósticos",
    },
    diagnosisType: { primary: "Principal", secondary: "Secundario", differential: "Diferencial" },
    diagnosisStatus: { active: "activo", resolved: "resuelto", chronic: "crónico", ruled_out: "descartado" },
    flag: {
      low: "bajo",
      high: "alto",
      normal: "normal",
      critical_low: "críticamente bajo",
      critical_high: "críticamente alto",
      abnormal: "anormal",
    },
    allergyWarning: (medication: string, substance: string) =>
      `${medication}: el paciente es alérgico a ${substance}`,
    allergyClassWarning: (medication: string, substance: string) =>
      `${medication} es del mismo grupo que ${substance}, a la que el paciente es alérgico`,
  },
);

import { bounds } from "../api/index.ts";
import { catalogue } from "../i18n/index.ts";
import { number } from "../format/index.ts";

/** Vital signs in the order in which a nurse takes and writes them. */
export const signs = [
  "systolic_mmhg",
  "diastolic_mmhg",
  "pulse_bpm",
  "respiratory_rate_per_min",
  "temperature_c",
  "spo2_percent",
  "weight_kg",
  "height_cm",
  "pain_score",
  "glucose_mg_dl",
] as const;

export type Sign = (typeof signs)[number];

export const units: Record<Sign | "bmi", string> = {
  systolic_mmhg: "mmHg",
  diastolic_mmhg: "mmHg",
  pulse_bpm: "/min",
  respiratory_rate_per_min: "/min",
  temperature_c: "°C",
  spo2_percent: "%",
  weight_kg: "kg",
  height_cm: "cm",
  pain_score: "/10",
  glucose_mg_dl: "mg/dL",
  bmi: "kg/m²",
};

export const signBounds: Record<Sign, { min: number; max: number }> = bounds.vitals;

export const useSignWords = catalogue(
  {
    systolic_mmhg: "Systolic",
    diastolic_mmhg: "Diastolic",
    pulse_bpm: "Pulse",
    respiratory_rate_per_min: "Respiration",
    temperature_c: "Temperature",
    spo2_percent: "SpO₂",
    weight_kg: "Weight",
    height_cm: "Height",
    pain_score: "Pain",
    glucose_mg_dl: "Glucose",
    bmi: "BMI",
    pressure: "Blood pressure",
  },
  {
    systolic_mmhg: "Sistólica",
    diastolic_mmhg: "Diastólica",
    pulse_bpm: "Pulso",
    respiratory_rate_per_min: "Respiración",
    temperature_c: "Temperatura",
    spo2_percent: "SpO₂",
    weight_kg: "Peso",
    height_cm: "Talla",
    pain_score: "Dolor",
    glucose_mg_dl: "Glucosa",
    bmi: "IMC",
    pressure: "Presión arterial",
  },
);

export function signValue(sign: Sign | "bmi", value: number): string {
  const gap = units[sign].startsWith("/") ? "" : " ";
  return `${number(value)}${gap}${units[sign]}`;
}

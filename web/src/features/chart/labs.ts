import type { Schemas } from "../../lib/api/index.ts";

type Flag = Schemas["LabFlag"] | undefined;

export function abnormal(flag: Flag): boolean {
  return flag != null && flag !== "normal";
}

/** Beside colour and weight: which way, and how far. */
export function flagMark(flag: Flag): string {
  switch (flag) {
    case "low":
      return "↓";
    case "high":
      return "↑";
    case "critical_low":
      return "‼↓";
    case "critical_high":
      return "‼↑";
    case "abnormal":
      return "!";
    default:
      return "";
  }
}

import type { Patient } from "./queries.ts";

export type Allergy = Patient["allergies"][number];

const order = ["life_threatening", "severe", "moderate", "mild"];

/** The most dangerous first. One of unknown severity may be of any: it comes before the mild ones. */
export function bySeverity(allergies: readonly Allergy[]): Allergy[] {
  const rank = ({ severity }: Allergy) => (severity ? order.indexOf(severity) : 1.5);
  return [...allergies].sort((a, b) => rank(a) - rank(b));
}

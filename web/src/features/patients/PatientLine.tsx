import { date } from "../../lib/format/index.ts";
import type { Patient } from "./queries.ts";
import css from "./Line.module.css";

/** One patient in a list of results. */
export function PatientLine({ patient }: { patient: Patient }) {
  return (
    <span className={css.line}>
      <strong>
        <bdi>{patient.last_name}</bdi>, <bdi>{patient.first_name}</bdi>
      </strong>
      <small>
        {date(patient.date_of_birth)} · {patient.patient_number}
      </small>
    </span>
  );
}

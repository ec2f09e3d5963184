import type { ReactNode } from "react";
import { signs, signValue, useSignWords, useVisitWords, type Sign } from "../../lib/clinical/index.ts";
import { date, number } from "../../lib/format/index.ts";
import { Badge, IconButton, Notice } from "../../ui/index.ts";
import type { Visit } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Visit.module.css";

export type TextField =
  | "chief_complaint"
  | "history_of_present_illness"
  | "physical_examination"
  | "diagnosis"
  | "treatment_plan"
  | "notes";

function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className={css.section}>
      {action ? (
        <div className={css.copy}>
          <h3 className={css.muted}>{title}</h3>
          {action}
        </div>
      ) : (
        <h3>{title}</h3>
      )}
      {children}
    </section>
  );
}

function Vitals({ vitals }: { vitals: Visit["vital_signs"] }) {
  const names = useSignWords();
  const taken = ([...signs, "bmi"] as (Sign | "bmi")[]).filter((it) => vitals[it] != null);
  return (
    <dl className={css.signs}>
      {taken.map((sign) => (
        <div key={sign}>
          <dt>{names[sign]}</dt>
          <dd>{signValue(sign, vitals[sign]!)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Prescriptions({ rows }: { rows: Visit["prescriptions"] }) {
  const { rx } = useWords();
  return (
    <div className={css.scroll} tabIndex={0} role="group" aria-label={rx.medication}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{rx.medication}</th>
            <th scope="col">{rx.dosage}</th>
            <th scope="col">{rx.frequency}</th>
            <th scope="col">{rx.duration}</th>
            <th scope="col">{rx.instructions}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((it, index) => (
            <tr key={index}>
              <th scope="row" dir="auto">
                {it.medication}
              </th>
              <td>{[it.dosage, it.route].filter(Boolean).join(", ")}</td>
              <td>{it.frequency}</td>
              <td>{it.end_date ? date(it.end_date) : it.duration}</td>
              <td dir="auto">{it.instructions}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Labs({ rows }: { rows: Visit["lab_results"] }) {
  const { lab } = useWords();
  const { flag } = useVisitWords();
  return (
    <div className={css.scroll} tabIndex={0} role="group" aria-label={lab.test}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{lab.test}</th>
            <th scope="col">{lab.value}</th>
            <th scope="col">{lab.range}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((it, index) => {
            const odd = it.flag != null && it.flag !== "normal";
            const range = [it.reference_low, it.reference_high].map((edge) => (edge == null ? "" : number(edge)));
            return (
              <tr key={index}>
                <th scope="row" dir="auto">
                  {it.test}
                </th>
                <td className={odd ? css.flag : undefined}>
                  {typeof it.value === "number" ? number(it.value) : it.value} {it.unit}
                  {odd && it.flag && ` (${flag[it.flag]})`}
                </td>
                <td>{it.reference_text ?? (range.some(Boolean) ? range.join("–") : "")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function VisitWarnings({ visit }: { visit: Visit }) {
  const visits = useVisitWords();
  if (visit.warnings.length === 0) return null;
  return (
    <Notice tone="danger">
      <ul className={css.list}>
        {visit.warnings.map((it) => (
          <li key={`${it.code} ${it.pointer}`}>
            {it.code === "allergy"
              ? (it.match === "same" ? visits.allergyWarning : it.match === "class" ? visits.allergyClassWarning : () => it.message)(it.medication, it.substance)
              : it.message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

interface Props {
  visit: Visit;
  /** Offers each text to be copied into the visit that is being written. */
  onCopy?: (field: TextField, text: string) => void;
}

/** The content of a visit, read-only. Fields without content take no room. */
export function VisitView({ visit, onCopy }: Props) {
  const words = useWords();
  const visits = useVisitWords();
  const text = (field: TextField) => {
    const content = visit[field];
    if (!content) return null;
    const name = visits.field[field];
    const copy = onCopy && (
      <IconButton icon="copy" label={words.editor.copy(name)} onClick={() => onCopy(field, content)} />
    );
    return (
      <Section title={name} action={copy}>
        <p className={css.text} dir="auto">
          {content}
        </p>
      </Section>
    );
  };
  const hasVitals = Object.values(visit.vital_signs).some((it) => it != null);
  return (
    <>
      <VisitWarnings visit={visit} />
      {text("chief_complaint")}
      {text("history_of_present_illness")}
      {hasVitals && (
        <Section title={visits.field.vital_signs}>
          <Vitals vitals={visit.vital_signs} />
        </Section>
      )}
      {text("physical_examination")}
      {text("diagnosis")}
      {visit.diagnoses.length > 0 && (
        <Section title={visits.field.diagnoses}>
          <ul className={css.list}>
            {visit.diagnoses.map((it) => (
              <li key={it.id}>
                <span className={css.code}>{it.icd_code}</span> {it.diagnosis_name}{" "}
                <Badge tone={it.diagnosis_type === "primary" ? "info" : "plain"}>
                  {visits.diagnosisType[it.diagnosis_type]}
                </Badge>{" "}
                {it.status !== "active" && <Badge>{visits.diagnosisStatus[it.status]}</Badge>}
                {it.notes && <p className={css.muted}>{it.notes}</p>}
              </li>
            ))}
          </ul>
        </Section>
      )}
      {visit.prescriptions.length > 0 && (
        <Section title={visits.field.prescriptions}>
          <Prescriptions rows={visit.prescriptions} />
        </Section>
      )}
      {visit.lab_results.length > 0 && (
        <Section title={visits.field.lab_results}>
          <Labs rows={visit.lab_results} />
        </Section>
      )}
      {text("treatment_plan")}
      {text("notes")}
      {visit.follow_up_required && (
        <Section title={visits.field.follow_up_date}>
          <p>{visit.follow_up_date && date(visit.follow_up_date)}</p>
          {visit.follow_up_instructions && (
            <p className={css.text} dir="auto">
              {visit.follow_up_instructions}
            </p>
          )}
        </Section>
      )}
    </>
  );
}

/** Whether nothing of a visit's content is written yet. */
export function isEmpty(visit: Visit): boolean {
  const texts = [
    visit.chief_complaint,
    visit.history_of_present_illness,
    visit.physical_examination,
    visit.diagnosis,
    visit.treatment_plan,
    visit.notes,
  ];
  const lists = [visit.diagnoses, visit.prescriptions, visit.lab_results, Object.values(visit.vital_signs)];
  return texts.every((it) => !it) && lists.every((it) => it.length === 0);
}

import { Link } from "react-router";
import { date } from "../../lib/format/index.ts";
import { Badge, Icon, type Tone } from "../../ui/index.ts";
import { bySeverity, type Allergy } from "./allergies.ts";
import type { Patient } from "./queries.ts";
import { useAge } from "./useAge.ts";
import { useWords } from "./words.ts";
import css from "./PatientBar.module.css";

type Severity = NonNullable<Allergy["severity"]>;

const tones: Record<Severity, Tone> = {
  life_threatening: "danger",
  severe: "danger",
  moderate: "warning",
  mild: "info",
};

export function AllergyBadge({ allergy }: { allergy: Allergy }) {
  const words = useWords();
  const { severity } = allergy;
  const strong = severity === "severe" || severity === "life_threatening";
  return (
    <Badge tone={severity ? tones[severity] : "warning"} icon={strong ? "octagon" : "warning"}>
      <bdi>{allergy.substance}</bdi>
      <span className={strong ? undefined : "visually-hidden"}>({words.severity[severity ?? "none"]})</span>
    </Badge>
  );
}

/** "none known" and "not asked" are different things; a service that does not tell them apart says so. */
function NoAllergies({ patient }: { patient: Patient }) {
  const words = useWords();
  const status = (patient as { allergy_status?: string }).allergy_status;
  const text =
    status === "none_known" ? words.noneKnown : status === "not_asked" ? words.notAsked : words.noAllergies;
  return <span className={css.none}>{text}</span>;
}

/** On every page of a patient, always in sight: whose page it is, and what they must not be given. */
export function PatientBar({ patient }: { patient: Patient }) {
  const words = useWords();
  const age = useAge();
  const sorted = bySeverity(patient.allergies);
  const critical = sorted.filter((it) => it.severity === "life_threatening");
  const others = sorted.filter((it) => it.severity !== "life_threatening");
  return (
    <section className={css.bar} aria-label={words.bar}>
      <div className={css.who}>
        <Link className={css.name} to={`/patients/${patient.id}`}>
          <bdi>{patient.last_name.toLocaleUpperCase()}</bdi>, <bdi>{patient.first_name}</bdi>
        </Link>
        <p className={`${css.facts} numbers`}>
          <span>
            {words.born} {date(patient.date_of_birth)} ({age(patient.date_of_birth)})
          </span>
          <span>{words.sexes[patient.sex]}</span>
          <span>{patient.patient_number}</span>
        </p>
        <div className={css.allergies}>
          {sorted.length === 0 && <NoAllergies patient={patient} />}
          {others.map((allergy) => (
            <AllergyBadge key={allergy.id} allergy={allergy} />
          ))}
        </div>
      </div>
      {critical.length > 0 && (
        <p className={css.critical}>
          <Icon name="octagon" size={18} />
          <span>
            {words.lifeThreatening}:{" "}
            {critical.map((it, index) => (
              <span key={it.id}>
                {index > 0 && "; "}
                <bdi>{it.substance}</bdi>
                {it.reaction && (
                  <>
                    {" ("}
                    <bdi>{it.reaction}</bdi>)
                  </>
                )}
              </span>
            ))}
          </span>
        </p>
      )}
    </section>
  );
}

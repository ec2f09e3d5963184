import { useVisitWords } from "../../lib/clinical/index.ts";
import { date, day } from "../../lib/format/index.ts";
import { Card, Icon, Loading } from "../../ui/index.ts";
import { useTimeline } from "../timeline/index.ts";
import { useVisit, type Visit } from "./queries.ts";
import { VisitView, type TextField } from "./VisitView.tsx";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

interface Props {
  visit: Visit;
  onCopy: (name: TextField, text: string, day: string) => void;
}

function LastVisit({ id, onCopy }: { id: number; onCopy: Props["onCopy"] }) {
  const words = useWords();
  const visits = useVisitWords();
  const held = useVisit(id);
  if (!held.data) return <Loading />;
  const last = held.data.visit;
  const on = day(last.visit_date);
  return (
    <Card title={`${words.editor.lastVisit}: ${visits.type[last.visit_type]}, ${on}`}>
      <div className={css.context}>
        <VisitView visit={last} onCopy={(name, text) => onCopy(name, text, on)} />
      </div>
    </Card>
  );
}

/** What the chart says, beside what is being written: problems, medication, the visit before. */
export function Context({ visit, onCopy }: Props) {
  const words = useWords();
  const visits = useVisitWords();
  const timeline = useTimeline(visit.patient_id);
  const first = timeline.data?.pages[0];
  if (!first) return <Loading lines={7} />;
  const last = first.visits.find((it) => it.id !== visit.id && it.visit_date <= visit.visit_date);
  return (
    <>
      <Card title={words.editor.context}>
        <div className={css.context}>
          {first.problems.length + first.medication.length === 0 && <p className={css.hint}>{words.editor.nothing}</p>}
          {first.problems.length > 0 && (
            <>
              <h3>{words.editor.problems}</h3>
              <ul className={css.list}>
              {first.problems.map((it) => (
                <li key={it.id}>
                  <span className={css.code}>{it.icd_code}</span> {it.name}
                </li>
              ))}
              </ul>
            </>
          )}
          {first.medication.length > 0 && (
            <>
              <h3>{words.editor.medication}</h3>
              <ul className={css.list}>
                {first.medication.map(({ prescription: it, record_id }, index) => (
                  <li key={`${record_id} ${index}`} dir="auto">
                    <strong>{it.medication}</strong> {it.dosage}, {it.frequency}
                    {it.end_date && ` (${date(it.end_date)})`}
                  </li>
                ))}
              </ul>
            </>
          )}
          {first.warnings.map((it) => (
            <p key={it.pointer} className={css.warned}>
              <Icon name="octagon" size={18} />
              {(it.match === "same" ? visits.allergyWarning : it.match === "class" ? visits.allergyClassWarning : () => it.message)(it.medication, it.substance)}
            </p>
          ))}
        </div>
      </Card>
      {last ? (
        <LastVisit id={last.id} onCopy={onCopy} />
      ) : (
        <p className={css.hint}>{words.editor.noLastVisit}</p>
      )}
    </>
  );
}

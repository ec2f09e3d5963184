import { Link } from "react-router";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { day } from "../../lib/format/index.ts";
import { Badge } from "../../ui/index.ts";
import type { Schemas } from "../../lib/api/index.ts";
import { useWords } from "./words.ts";
import css from "./VisitList.module.css";

interface Props {
  visit: Pick<
    Schemas["RecordFields"],
    "id" | "visit_date" | "visit_type" | "status" | "chief_complaint" | "diagnosis" | "diagnoses"
  > & { doctor_name?: string; attachments?: number };
  to: string;
  open?: boolean;
  children?: React.ReactNode;
}

export function StatusBadge({ status }: { status: Schemas["RecordStatus"] }) {
  const words = useVisitWords();
  return <Badge tone={status === "draft" ? "warning" : status === "amended" ? "info" : "good"}>{words.status[status]}</Badge>;
}

export function VisitRow({ visit, to, open, children }: Props) {
  const words = useWords();
  const visits = useVisitWords();
  return (
    <li className={css.visit} data-open={open || undefined}>
      <span className={css.date}>{day(visit.visit_date)}</span>
      <div className={css.body}>
        <div className={css.top}>
          <Link to={to} data-row aria-current={open ? "true" : undefined}>
            {visits.type[visit.visit_type]}
          </Link>
          <StatusBadge status={visit.status} />
          {visit.doctor_name && <span className={css.date}>{visit.doctor_name}</span>}
          {!!visit.attachments && <Badge icon="clip">{words.attachments(visit.attachments)}</Badge>}
        </div>
        <p className={css.text} dir="auto">
          {visit.diagnosis || visit.chief_complaint}
        </p>
        {visit.diagnoses.length > 0 && (
          <p className={css.codes}>
            {visit.diagnoses.slice(0, 4).map((it) => (
              <span key={it.id}>
                <span className={css.code}>{it.icd_code}</span> {it.diagnosis_name}
              </span>
            ))}
          </p>
        )}
        {children}
      </div>
    </li>
  );
}

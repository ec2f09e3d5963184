import { Suspense, lazy } from "react";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { day, dayAndTime } from "../../lib/format/index.ts";
import { useMay } from "../../lib/session/index.ts";
import { Badge, Failed, LinkButton, Loading, Notice } from "../../ui/index.ts";
import { useVisit, type Visit } from "./queries.ts";
import { VisitView, isEmpty } from "./VisitView.tsx";
import { useWords } from "./words.ts";
import css from "./Visit.module.css";

// With all that sends and shows files; not needed to read the visit.
const Files = lazy(async () => ({ default: (await import("../attachments/index.ts")).Files }));

export function VisitHead({ visit }: { visit: Visit }) {
  const words = useWords();
  const visits = useVisitWords();
  const tone = visit.status === "draft" ? "warning" : visit.status === "amended" ? "info" : "good";
  return (
    <div className={css.head}>
      <h2>
        {visits.type[visit.visit_type]}, {dayAndTime(visit.visit_date)}
      </h2>
      <Badge tone={tone}>{visits.status[visit.status]}</Badge>
      <span>{visit.doctor_name}</span>
      <small>
        {visit.record_number}
        {visit.finalized_at && ` · ${words.signedBy(dayAndTime(visit.finalized_at))}`}
      </small>
    </div>
  );
}

export function VisitActions({ visit }: { visit: Visit }) {
  const words = useWords();
  const mayWrite = useMay("records:write");
  const mayAmend = useMay("records:finalize");
  return (
    <div className={css.actions}>
      {visit.status === "draft" && mayWrite && (
        <LinkButton kind="primary" icon="edit" to={`/visits/${visit.id}/edit`}>
          {words.edit}
        </LinkButton>
      )}
      {visit.status !== "draft" && mayAmend && (
        <LinkButton icon="edit" to={`/visits/${visit.id}/amend`}>
          {words.amend}
        </LinkButton>
      )}
      <LinkButton icon="history" to={`/visits/${visit.id}/versions`}>
        {words.versions}
      </LinkButton>
    </div>
  );
}

export function VisitFiles({ visit }: { visit: Visit }) {
  return (
    <Suspense fallback={<Loading lines={2} />}>
      <Files visit={visit} />
    </Suspense>
  );
}

export function VisitBody({ visit }: { visit: Visit }) {
  const words = useWords();
  return (
    <div className={css.sheet}>
      <VisitHead visit={visit} />
      {visit.status === "draft" && <Notice tone="warning">{words.draftNotice}</Notice>}
      {visit.status === "amended" && <Notice tone="info">{words.amendedNotice}</Notice>}
      {isEmpty(visit) && <p className={css.muted}>{words.nothing}</p>}
      <VisitView visit={visit} />
      <section className={css.section}>
        <h3>{words.files}</h3>
        <VisitFiles visit={visit} />
      </section>
    </div>
  );
}

/** One visit beside a list of them. */
export function VisitSheet({ id }: { id: number }) {
  const held = useVisit(id);
  const words = useWords();
  if (held.isPending) return <Loading lines={7} />;
  if (held.isError) return <Failed error={held.error} onRetry={() => void held.refetch()} />;
  const { visit } = held.data;
  return (
    <section aria-label={words.visitOf(day(visit.visit_date))}>
      <VisitBody visit={visit} />
      <div className={css.sheet}>
        <VisitActions visit={visit} />
      </div>
    </section>
  );
}

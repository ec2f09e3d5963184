import type { ReactNode } from "react";
import { useNavigate, useParams } from "react-router";
import { day } from "../../lib/format/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { Card, Failed, LinkButton, Loading, Page, useTitle } from "../../ui/index.ts";
import { PatientBar, usePatient } from "../patients/index.ts";
import { useVisit, type HeldVisit } from "./queries.ts";
import { VisitActions, VisitBody } from "./VisitSheet.tsx";
import { useWords } from "./words.ts";
import css from "./Visit.module.css";

/** Around the pages of one visit: reads it and its patient, whose bar stays in sight. */
export function WithVisit({ children }: { children: (held: HeldVisit) => ReactNode }) {
  const id = Number(useParams()["id"]);
  const held = useVisit(id);
  const patient = usePatient(held.data?.visit.patient_id ?? 0, held.data !== undefined);
  if (held.isError) return <Failed page error={held.error} onRetry={() => void held.refetch()} />;
  if (patient.isError) return <Failed page error={patient.error} onRetry={() => void patient.refetch()} />;
  if (!held.data || !patient.data) return <Loading lines={9} />;
  return (
    <>
      <PatientBar patient={patient.data.patient} />
      {children(held.data)}
    </>
  );
}

export function VisitTitle({ held, what }: { held: HeldVisit; what?: string }) {
  const { patient, visit_date } = held.visit;
  useTitle(`${patient.last_name}, ${patient.first_name}`, what ?? day(visit_date));
  return null;
}

function Content({ held }: { held: HeldVisit }) {
  const words = useWords();
  const navigate = useNavigate();
  const { visit } = held;
  useShortcuts([
    { keys: "e", run: () => void navigate(`/visits/${visit.id}/${visit.status === "draft" ? "edit" : "amend"}`) },
  ]);
  return (
    <Page
      reading
      title={words.visitOf(day(visit.visit_date))}
      actions={
        <div className={css.actions}>
          <LinkButton kind="quiet" icon="back" to={`/patients/${visit.patient_id}/overview`}>
            {words.backToChart}
          </LinkButton>
          <VisitActions visit={visit} />
        </div>
      }
    >
      <VisitTitle held={held} />
      <Card label={words.visit}>
        <VisitBody visit={visit} />
      </Card>
    </Page>
  );
}

export function VisitPage() {
  return <WithVisit>{(held) => <Content held={held} />}</WithVisit>;
}

import { Suspense, lazy, useLayoutEffect, useRef, useState } from "react";
import { Link, NavLink, Navigate, Outlet, useLocation, useOutletContext, useParams } from "react-router";
import { useShortcuts } from "../../lib/keys/index.ts";
import { useMedia } from "../../lib/react/index.ts";
import { useMay } from "../../lib/session/index.ts";
import { Button, Failed, IconButton, Loading, useTitle } from "../../ui/index.ts";
import { PatientBar, usePatient, type Patient } from "../patients/index.ts";
import { loadNewVisit } from "../records/index.ts";
import { useTimeline, type Timeline } from "../timeline/index.ts";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

const NewVisit = lazy(async () => ({ default: (await loadNewVisit()).NewVisit }));

interface Context {
  id: number;
  /** The chart's first page; absent for those who may not read charts. */
  first: Timeline | undefined;
}

/** What the pages of a chart share: it is read once for all of them. */
export function useChart(): { id: number; first: Timeline } {
  const { id, first } = useOutletContext<Context>();
  if (!first) throw new Error("this page needs the chart");
  return { id, first };
}

/** /patients/ID leads to the overview, or to the master data for those who may not read charts. */
export function ChartIndex() {
  return <Navigate to={useMay("records:read") ? "overview" : "details"} replace />;
}

const tabs = ["overview", "visits", "labs", "vitals", "medication", "files"] as const;

function Frame({ patient, context }: { patient: Patient; context: Context }) {
  const words = useWords();
  const mayWrite = useMay("records:write");
  const mayAudit = useMay("audit:read");
  const narrow = useMedia("(max-width: 600px)");
  const [writing, setWriting] = useState(false);
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a phone the tabs are wider than the screen.
  useLayoutEffect(() => {
    nav.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [pathname]);
  useTitle(`${patient.last_name}, ${patient.first_name}`);
  useShortcuts([{ keys: "n", run: () => (mayWrite ? setWriting(true) : false) }]);
  return (
    <>
      <PatientBar patient={patient} />
      <div className={css.tabs}>
        <nav ref={nav} aria-label={words.chart}>
          {context.first &&
            tabs.map((tab) => (
              <NavLink key={tab} to={tab} className={css.tab}>
                {words.tabs[tab]}
              </NavLink>
            ))}
          <NavLink to="details" className={css.tab}>
            {words.tabs.details}
          </NavLink>
          {mayAudit && (
            <Link to={`/audit?patient_id=${context.id}`} className={css.tab}>
              {words.access}
            </Link>
          )}
        </nav>
        {mayWrite && narrow && (
          <IconButton kind="primary" icon="plus" label={words.newVisit} onClick={() => setWriting(true)} />
        )}
        {mayWrite && !narrow && (
          <Button kind="primary" small icon="plus" onClick={() => setWriting(true)}>
            {words.newVisit}
          </Button>
        )}
      </div>
      <Outlet context={context} />
      <Suspense>{writing && <NewVisit patient={patient} onClose={() => setWriting(false)} />}</Suspense>
    </>
  );
}

/** Around every page of a patient. One request brings the bar and the whole first view. */
export function ChartLayout() {
  const id = Number(useParams()["id"]);
  const mayRead = useMay("records:read");
  const timeline = useTimeline(id, mayRead);
  const held = usePatient(id, !mayRead);
  const query = mayRead ? timeline : held;
  if (query.isPending) return <Loading lines={9} />;
  if (query.isError) return <Failed page error={query.error} onRetry={() => void query.refetch()} />;
  const first = timeline.data?.pages[0];
  const patient = first?.patient ?? held.data?.patient;
  if (!patient) return null;
  return <Frame key={id} patient={patient} context={{ id, first }} />;
}

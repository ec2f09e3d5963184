import { useEffect, useRef, useState } from "react";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";
import { date } from "../../lib/format/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { useDebounced } from "../../lib/react/index.ts";
import { useMay } from "../../lib/session/index.ts";
import { Button, Card, Empty, Failed, Icon, LinkButton, Loading, Page, TextField, useTitle } from "../../ui/index.ts";
import { bySeverity } from "./allergies.ts";
import { AllergyBadge } from "./PatientBar.tsx";
import { usePatientPages, type Patient } from "./queries.ts";
import { useAge } from "./useAge.ts";
import { useWords } from "./words.ts";
import css from "./Patients.module.css";

const QUIET_MS = 250;

function Row({ patient }: { patient: Patient }) {
  const words = useWords();
  const age = useAge();
  return (
    <tr>
      <td data-cell="number" className="numbers">
        {patient.patient_number}
      </td>
      <td data-cell="name">
        <Link to={`/patients/${patient.id}`} data-row>
          <bdi>{patient.last_name}</bdi>, <bdi>{patient.first_name}</bdi>
        </Link>
      </td>
      <td className="numbers">
        {date(patient.date_of_birth)} ({age(patient.date_of_birth)})
      </td>
      <td>{words.sexes[patient.sex]}</td>
      <td data-cell="allergies">
        <span className={css.tags}>
          {bySeverity(patient.allergies).map((allergy) => (
            <AllergyBadge key={allergy.id} allergy={allergy} />
          ))}
        </span>
      </td>
    </tr>
  );
}

/** Moves the focus through what is marked with data-row below `root`. */
function step(root: HTMLElement | null, by: number): void {
  const rows = [...(root?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
}

export function FindPage() {
  const words = useWords();
  const mayWrite = useMay("patients:write");
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(params.get("q") ?? "");
  const settled = useDebounced(text.trim(), QUIET_MS);
  const pages = usePatientPages(settled);
  const { key } = useLocation();
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useTitle(words.title);

  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [key]);
  useEffect(() => {
    if ((params.get("q") ?? "") !== settled) setParams(settled ? { q: settled } : {}, { replace: true });
  }, [settled, params, setParams]);
  useShortcuts([
    { keys: "j", run: () => step(list.current, 1) },
    { keys: "k", run: () => step(list.current, -1) },
    { keys: "n", run: () => (mayWrite ? void navigate("/patients/new") : false) },
  ]);

  const patients = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const total = pages.data?.pages[0]?.total ?? patients.length;
  return (
    <Page
      title={words.title}
      actions={
        mayWrite && (
          <LinkButton kind="primary" icon="plus" to="/patients/new">
            {words.create}
          </LinkButton>
        )
      }
    >
      <search className={css.search}>
        <Icon name="search" />
        <TextField
          ref={field}
          type="search"
          label={words.find}
          hideLabel
          placeholder={words.placeholder}
          value={text}
          maxLength={200}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") {
              event.preventDefault();
              step(list.current, 1);
            } else if (event.key === "Enter" && settled === text.trim() && patients[0] && text.trim()) {
              void navigate(`/patients/${patients[0].id}`);
            }
          }}
        />
      </search>
      <Card label={words.title}>
        {pages.isPending ? (
          <Loading lines={8} />
        ) : pages.isError ? (
          <Failed error={pages.error} onRetry={() => void pages.refetch()} />
        ) : patients.length === 0 ? (
          <Empty title={settled ? words.nobody : words.none} icon="patients">
            {settled && <p>{words.nobodyHint}</p>}
            {mayWrite && (
              <LinkButton icon="plus" to="/patients/new">
                {words.create}
              </LinkButton>
            )}
          </Empty>
        ) : (
          <div
            ref={list}
            className={pages.isPlaceholderData ? css.stale : undefined}
            onKeyDown={(event) => {
              const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
              if (by === undefined) return;
              event.preventDefault();
              step(list.current, by);
            }}
          >
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col">{words.number}</th>
                  <th scope="col">{words.name}</th>
                  <th scope="col">{words.born}</th>
                  <th scope="col">{words.sex}</th>
                  <th scope="col">{words.allergies}</th>
                </tr>
              </thead>
              <tbody>
                {patients.map((patient) => (
                  <Row key={patient.id} patient={patient} />
                ))}
              </tbody>
            </table>
            <div className={css.foot}>
              <span role="status">{words.count(patients.length, total)}</span>
              {pages.hasNextPage && (
                <Button small busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                  {words.more}
                </Button>
              )}
            </div>
          </div>
        )}
      </Card>
    </Page>
  );
}

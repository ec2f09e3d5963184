import { useMemo, useRef } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { signs, signValue, useSignWords, useVisitWords, type Sign } from "../../lib/clinical/index.ts";
import { date, day, number } from "../../lib/format/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { useMedia } from "../../lib/react/index.ts";
import { Button, Card, Empty, Icon, IconButton, LinkButton, Page } from "../../ui/index.ts";
import { Spark } from "../../ui/Spark.tsx";
import { VisitSheet } from "../records/index.ts";
import { FileButton } from "./FileButton.tsx";
import { abnormal, flagMark } from "./labs.ts";
import { useTimeline, type Timeline } from "../timeline/index.ts";
import { useVitals } from "./queries.ts";
import { useChart } from "./ChartLayout.tsx";
import { VisitRow } from "../visitlist/index.ts";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

function Problems({ first }: { first: Timeline }) {
  const words = useWords();
  return (
    <Card title={words.problems}>
      {first.problems.length === 0 && <p className={css.none}>{words.noProblems}</p>}
      <ul className={css.list}>
        {first.problems.map((it) => (
          <li key={it.id} className={css.entry}>
            <span dir="auto">{it.name}</span>
            <small>
              {it.icd_code}
              {it.course === "chronic" && ` · ${words.chronic}`} · {words.noted(it.last_seen_on ? date(it.last_seen_on) : day(it.created_at))}
            </small>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Medication({ first }: { first: Timeline }) {
  const words = useWords();
  const visits = useVisitWords();
  const warnings = new Map(first.warnings.map((it) => [it.pointer, it]));
  return (
    <Card title={words.medication}>
      {first.medication.length === 0 && <p className={css.none}>{words.noMedication}</p>}
      <ul className={css.list}>
        {first.medication.map(({ record_id, prescription }, index) => {
          const warning = warnings.get(`/medication/${index}`);
          return (
            <li key={`${record_id} ${prescription.medication} ${index}`} className={css.entry}>
              <strong dir="auto">{prescription.medication}</strong>
              <span dir="auto">{[prescription.dosage, prescription.frequency].join(", ")}</span>
              {prescription.end_date && <small>{words.until(date(prescription.end_date))}</small>}
              {warning && (
                <span className={css.warned}>
                  <Icon name="octagon" size={16} />
                  {(warning.match === "same" ? visits.allergyWarning : warning.match === "class" ? visits.allergyClassWarning : () => warning.message)(
                    warning.medication,
                    warning.substance,
                  )}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function Vitals({ first, id }: { first: Timeline; id: number }) {
  const words = useWords();
  const names = useSignWords();
  const wide = useMedia("(min-width: 1281px)");
  const taken = signs.filter((sign) => first.latest_vitals[sign]);
  const series = useVitals(id, undefined, wide && taken.length > 0);
  return (
    <Card title={words.vitals}>
      {taken.length === 0 && <p className={css.none}>{words.noVitals}</p>}
      <ul className={css.list}>
        {taken.map((sign: Sign) => (
          <li key={sign} className={css.sign} title={day(first.latest_vitals[sign]!.at)}>
            <span>{names[sign]}</span>
            <span className={css.value}>{signValue(sign, first.latest_vitals[sign]!.value)}</span>
            <span className={css.sparkCell}>
              <Spark values={(series.data?.series[sign] ?? []).slice(-12).map((it) => it.value)} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const SHOWN_LABS = 8;
const SHOWN_FILES = 6;

function Labs({ first }: { first: Timeline }) {
  const words = useWords();
  const visits = useVisitWords();
  const sorted = useMemo(
    () => [...first.latest_labs].sort((a, b) => Number(abnormal(b.result.flag)) - Number(abnormal(a.result.flag))),
    [first.latest_labs],
  );
  return (
    <Card title={words.labs}>
      {sorted.length === 0 && <p className={css.none}>{words.noLabs}</p>}
      <ul className={css.list}>
        {sorted.slice(0, SHOWN_LABS).map(({ result, at }) => (
          <li key={`${result.test} ${at}`} className={css.result}>
            <span className={css.entry}>
              <span dir="auto">{result.test}</span>
              <small>{day(at)}</small>
            </span>
            <span className={abnormal(result.flag) ? css.flag : css.value}>
              {flagMark(result.flag)} {typeof result.value === "number" ? number(result.value) : result.value} {result.unit}
              {result.flag && abnormal(result.flag) && (
                <span className="visually-hidden"> {visits.flag[result.flag]}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Files({ first }: { first: Timeline }) {
  const words = useWords();
  return (
    <Card title={words.files}>
      {first.files.length === 0 && <p className={css.none}>{words.noFiles}</p>}
      <ul className={css.list}>
        {first.files.slice(0, SHOWN_FILES).map((file) => (
          <li key={file.id} className={css.entry}>
            <FileButton file={file} files={first.files} />
            <small>{day(file.created_at)}</small>
          </li>
        ))}
      </ul>
      {first.files_total > SHOWN_FILES && (
        <div className={css.foot}>
          <LinkButton small kind="quiet" to="../files">
            {words.allFiles(first.files_total)}
          </LinkButton>
        </div>
      )}
    </Card>
  );
}

/** j, k through the visits; [ and ] open the one before and after. */
function useVisitKeys(list: React.RefObject<HTMLElement | null>, ids: readonly number[], open: number, show: (id: number) => void) {
  const step = (by: number) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
  };
  const turn = (by: number) => {
    const at = ids.indexOf(open);
    const next = ids[at < 0 ? 0 : at + by];
    if (next === undefined) return false;
    return show(next);
  };
  useShortcuts([
    { keys: "j", run: () => step(1) },
    { keys: "k", run: () => step(-1) },
    { keys: "[", run: () => turn(1) },
    { keys: "]", run: () => turn(-1) },
  ]);
}

export function OverviewPage() {
  const words = useWords();
  const { id, first } = useChart();
  const timeline = useTimeline(id);
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const wide = useMedia("(min-width: 1281px)");
  const open = wide ? Number(params.get("visit") ?? 0) : 0;
  const list = useRef<HTMLUListElement>(null);
  const visits = timeline.data?.pages.flatMap((page) => page.visits) ?? first.visits;
  const close = () => setParams({}, { replace: true });

  useVisitKeys(
    list,
    visits.map((it) => it.id),
    open,
    (visit) => (wide ? setParams({ visit: String(visit) }, { replace: true }) : void navigate(`/visits/${visit}`)),
  );
  useShortcuts([
    { keys: "Escape", run: () => (open ? close() : false) },
    { keys: "e", run: () => (open ? void navigate(`/visits/${open}/edit`) : false) },
  ]);

  const centre = (
    <div className={`${css.column} ${css.centre}`}>
      <Card title={words.visits}>
        {visits.length === 0 ? (
          <Empty title={words.noVisits} icon="calendar">
            <p>{words.noVisitsHint}</p>
          </Empty>
        ) : (
          <ul ref={list}>
            {visits.map((visit) => (
              <VisitRow
                key={visit.id}
                visit={visit}
                open={visit.id === open}
                to={wide ? `?visit=${visit.id}` : `/visits/${visit.id}`}
              />
            ))}
          </ul>
        )}
        {timeline.hasNextPage && (
          <div className={css.foot}>
            <Button small busy={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
              {words.more}
            </Button>
          </div>
        )}
      </Card>
    </div>
  );
  return (
    <Page title={words.tabs.overview} hideTitle>
      <div className={css.overview} data-visit={open || undefined}>
        {!open && (
          <div className={`${css.column} ${css.left}`}>
            <Problems first={first} />
            <Medication first={first} />
          </div>
        )}
        {centre}
        {open ? (
          <div className={css.sheet}>
            <Card label={words.visits}>
              <div className={css.sheetHead}>
                <LinkButton small to={`/visits/${open}`}>
                  {words.openFull}
                </LinkButton>
                <IconButton icon="close" label={words.close} onClick={close} />
              </div>
              <VisitSheet id={open} />
            </Card>
          </div>
        ) : (
          <div className={`${css.column} ${css.right}`}>
            <Vitals first={first} id={id} />
            <Labs first={first} />
            <Files first={first} />
          </div>
        )}
      </div>
    </Page>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "react-router";
import { api, call, type Schemas } from "../../lib/api/index.ts";
import { date, day, time } from "../../lib/format/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { useSession } from "../../lib/session/index.ts";
import { Badge, Button, Card, Failed, LinkButton, Loading, Page, classes, useTitle } from "../../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./Worklist.module.css";

type Item = Schemas["RecordSummary"];
type Filter = { status?: "draft"; follow_up?: "due" | "overdue"; doctor_id?: number };

const SHOWN = 12;

function useRecords(filter: Filter, counted?: "counted") {
  return useQuery({
    queryKey: ["worklist", filter],
    queryFn: ({ signal }) => {
      const query = { ...filter, fields: "summary" as const, limit: SHOWN, ...(counted ? { count: "exact" as const } : {}) };
      return call(api.GET("/records", { params: { query }, signal }));
    },
  });
}

/** How many there are, without a look at a chart. */
function useCounts() {
  return useQuery({
    queryKey: ["worklist", "counts"],
    queryFn: ({ signal }) => call(api.GET("/worklist", { signal })),
  });
}

interface ListProps {
  title: string;
  none: string;
  records: ReturnType<typeof useRecords>;
  /** Undefined until it is known. */
  total: number | undefined;
  /** What is to be said of the whole list. */
  note?: string | undefined;
  when: (item: Item) => { text: string; late?: boolean };
  to: (item: Item) => string;
}

function List({ title, none, records, total, note, when, to }: ListProps) {
  const words = useWords();
  const items = records.data?.items ?? [];
  return (
    <Card title={title} actions={total !== undefined && <Badge>{total}</Badge>}>
      {records.isPending && <Loading />}
      {records.isError && <Failed error={records.error} onRetry={() => void records.refetch()} />}
      {records.data && items.length === 0 && <p className={css.none}>{none}</p>}
      {note !== undefined && <p className={css.note}>{note}</p>}
      {items.length > 0 && (
        <ul>
          {items.map((item) => {
            const { text, late } = when(item);
            return (
              <li key={item.id} className={css.row}>
                <div className={css.line}>
                  <Link to={to(item)} data-row>
                    <bdi>{item.patient.last_name}</bdi>, <bdi>{item.patient.first_name}</bdi>
                  </Link>
                  <span className={classes(css.when, late && css.late)}>{text}</span>
                </div>
                <span className={css.what} dir="auto">
                  {item.diagnosis || item.chief_complaint || words.noComplaint}
                </span>
              </li>
            );
          })}
        </ul>
      )}
      {total !== undefined && total > SHOWN && <p className={css.more}>{words.more(total - SHOWN)}</p>}
    </Card>
  );
}

function step(root: HTMLElement | null, by: number): void {
  const rows = [...(root?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
}

/** What is waiting: drafts to be finished, follow-ups to be seen to. */
export function WorklistPage() {
  const words = useWords();
  const { user, permissions } = useSession();
  const own = user.role === "doctor" ? { doctor_id: user.id } : {};
  const drafts = useRecords({ status: "draft", ...own }, "counted");
  const overdue = useRecords({ follow_up: "overdue", ...own });
  const due = useRecords({ follow_up: "due", ...own });
  const counts = useCounts();
  const lists = [drafts, overdue, due, counts];
  const late = counts.data?.unsigned_over_24h ?? 0;
  const root = useRef<HTMLDivElement>(null);
  const mayWrite = permissions.has("records:write");
  useTitle(words.title);
  useShortcuts([
    { keys: "j", run: () => step(root.current, 1) },
    { keys: "k", run: () => step(root.current, -1) },
  ]);

  const asOf = Math.max(...lists.map((list) => list.dataUpdatedAt));
  return (
    <Page
      title={words.title}
      actions={
        <>
          {asOf > 0 && <span className={css.asof}>{words.asOf(time(new Date(asOf).toISOString()))}</span>}
          <Button small onClick={() => lists.forEach((list) => void list.refetch())}>
            {words.refresh}
          </Button>
          <LinkButton kind="primary" icon="search" to="/patients">
            {words.find}
          </LinkButton>
        </>
      }
    >
      <div className={css.columns} ref={root}>
        <List
          title={user.role === "doctor" ? words.drafts : words.allDrafts}
          none={words.noDrafts}
          records={drafts}
          total={drafts.data?.total ?? undefined}
          note={late > 0 ? words.late(late) : undefined}
          when={(item) => ({ text: words.since(day(item.visit_date)) })}
          to={(item) => (mayWrite ? `/visits/${item.id}/edit` : `/visits/${item.id}`)}
        />
        <List
          title={words.overdue}
          none={words.noOverdue}
          records={overdue}
          total={counts.data?.follow_up_overdue}
          when={(item) => ({ text: item.follow_up_date ? words.wasDue(date(item.follow_up_date)) : "", late: true })}
          to={(item) => `/patients/${item.patient_id}`}
        />
        <List
          title={words.due}
          none={words.noDue}
          records={due}
          total={counts.data?.follow_up_due}
          when={(item) => ({ text: item.follow_up_date ? words.dueOn(date(item.follow_up_date)) : "" })}
          to={(item) => `/patients/${item.patient_id}`}
        />
      </div>
    </Page>
  );
}

import { useRef, useState } from "react";
import { visitTypes, useVisitWords } from "../../lib/clinical/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { useDebounced } from "../../lib/react/index.ts";
import { Button, Card, Empty, Failed, Loading, Page, SelectField, TextField } from "../../ui/index.ts";
import { useChart } from "./ChartLayout.tsx";
import { useVisits, type VisitFilter } from "./queries.ts";
import { Highlight, VisitRow } from "../visitlist/index.ts";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

const QUIET_MS = 300;
const states = ["draft", "finalized", "amended"] as const;

export function VisitsPage() {
  const words = useWords();
  const visits = useVisitWords();
  const { id } = useChart();
  const [text, setText] = useState("");
  const q = useDebounced(text.trim(), QUIET_MS);
  const [filter, setFilter] = useState<VisitFilter>({});
  const pages = useVisits(id, { ...filter, ...(q ? { q } : {}) });
  const list = useRef<HTMLUListElement>(null);

  const set = (name: keyof VisitFilter) => (event: { target: { value: string } }) => {
    const rest: VisitFilter = { ...filter };
    delete rest[name];
    setFilter(event.target.value ? { ...rest, [name]: event.target.value } : rest);
  };
  const step = (by: number) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
  };
  useShortcuts([
    { keys: "j", run: () => step(1) },
    { keys: "k", run: () => step(-1) },
  ]);

  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const total = pages.data?.pages[0]?.total ?? items.length;
  return (
    <Page title={words.tabs.visits} hideTitle>
      <Card label={words.search}>
        <search className={css.filters}>
          <TextField
            type="search"
            label={words.search}
            value={text}
            maxLength={500}
            onChange={(event) => setText(event.target.value)}
          />
          <SelectField
            label={visits.field.visit_type}
            value={filter.visit_type ?? ""}
            onChange={set("visit_type")}
            options={[
              { value: "", label: words.anyType },
              ...visitTypes.map((value) => ({ value, label: visits.type[value] })),
            ]}
          />
          <SelectField
            label={words.anyStatus}
            value={filter.status ?? ""}
            onChange={set("status")}
            options={[
              { value: "", label: words.anyStatus },
              ...states.map((value) => ({ value, label: visits.status[value] })),
            ]}
          />
          <TextField label={words.from} type="date" value={filter.from ?? ""} onChange={set("from")} />
          <TextField label={words.to} type="date" value={filter.to ?? ""} onChange={set("to")} />
        </search>
      </Card>
      <Card title={pages.data ? words.found(total) : words.visits}>
        {pages.isPending ? (
          <Loading lines={8} />
        ) : pages.isError ? (
          <Failed error={pages.error} onRetry={() => void pages.refetch()} />
        ) : items.length === 0 ? (
          <Empty title={words.nothing} icon="search">
            <p>{words.nothingHint}</p>
          </Empty>
        ) : (
          <ul ref={list}>
            {items.map((item) => (
              <VisitRow
                key={item.id}
                visit={item}
                to={`/visits/${item.id}`}
              >
                {item.highlights && (
                  <span className={css.highlights}>
                    {item.highlights.slice(0, 3).map((extract, index) => (
                      <Highlight key={index} extract={extract} />
                    ))}
                  </span>
                )}
              </VisitRow>
            ))}
          </ul>
        )}
        {pages.hasNextPage && (
          <div className={css.foot}>
            <Button small busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              {words.more}
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}

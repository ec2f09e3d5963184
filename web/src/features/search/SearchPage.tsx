import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useSearchParams } from "react-router";
import { api, call, type Schemas } from "../../lib/api/index.ts";
import { useVisitWords, visitTypes, type VisitType } from "../../lib/clinical/index.ts";
import { useSession } from "../../lib/session/index.ts";
import { Button, Card, Check, Empty, Failed, Loading, Page, SelectField, TextField, useTitle } from "../../ui/index.ts";
import { Highlight, VisitRow } from "../visitlist/index.ts";
import { useWords } from "./words.ts";
import css from "./Search.module.css";

interface Query {
  q?: string;
  icd?: string;
  visit_type?: VisitType;
  from?: string;
  to?: string;
  doctor_id?: number;
}

const PAGE = 30;
const SHOWN_EXTRACTS = 3;

function useFound(query: Query, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["search", query],
    queryFn: ({ pageParam, signal }) => {
      const more = pageParam ? { cursor: pageParam } : { count: "exact" as const };
      const asked = api.GET("/records", { params: { query: { ...query, limit: PAGE, ...more } }, signal });
      return call(asked) as Promise<Schemas["RecordListItemPage"]>;
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled,
  });
}

function Result({ item }: { item: Schemas["RecordListItem"] }) {
  const { patient } = item;
  return (
    <VisitRow visit={item} to={`/visits/${item.id}`}>
      <p className={css.patient}>
        <bdi>
          {patient.last_name}, {patient.first_name}
        </bdi>{" "}
        · {patient.patient_number}
      </p>
      {item.highlights && (
        <span className={css.extracts}>
          {item.highlights.slice(0, SHOWN_EXTRACTS).map((extract, index) => (
            <Highlight key={index} extract={extract} />
          ))}
        </span>
      )}
    </VisitRow>
  );
}

/** Over all visits. What was asked for is in the address; nothing is asked while somebody types: each search is logged. */
export function SearchPage() {
  const words = useWords();
  const { type, field } = useVisitWords();
  const { user } = useSession();
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(params.get("q") ?? "");
  const [code, setCode] = useState(params.get("icd") ?? "");
  useTitle(words.title);

  const set = (changes: Record<string, string>) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    setParams(next, { replace: true });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set({ q: text.trim(), icd: code.trim() });
  };
  const [q, icd, visitType, from, to] = ["q", "icd", "type", "from", "to"].map((name) => params.get(name) ?? "");
  const query: Query = {
    ...(q ? { q } : {}),
    ...(icd ? { icd } : {}),
    ...(visitType ? { visit_type: visitType as VisitType } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    ...(params.has("mine") ? { doctor_id: user.id } : {}),
  };
  const asked = Boolean(q || icd);
  const found = useFound(query, asked);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title={words.title} reading>
      <Card label={words.title}>
        <search>
          <form className={css.form} onSubmit={submit}>
            <TextField
              type="search"
              label={words.label}
              hint={words.hint}
              value={text}
              maxLength={500}
              autoFocus
              onChange={(event) => setText(event.target.value)}
            />
            <div className={css.filters}>
              <TextField label={words.icd} value={code} maxLength={20} placeholder="E11" onChange={(event) => setCode(event.target.value)} />
              <SelectField
                label={field.visit_type}
                value={visitType ?? ""}
                onChange={(event) => set({ type: event.target.value })}
                options={[{ value: "", label: words.anyType }, ...visitTypes.map((value) => ({ value, label: type[value] }))]}
              />
              <TextField label={words.from} type="date" value={from ?? ""} onChange={(event) => set({ from: event.target.value })} />
              <TextField label={words.to} type="date" value={to ?? ""} onChange={(event) => set({ to: event.target.value })} />
            </div>
            <div className={css.row}>
              <Check
                label={words.mine}
                checked={params.has("mine")}
                onChange={(event) => set({ mine: event.target.checked ? "1" : "" })}
              />
              <Button type="submit" kind="primary" icon="search">
                {words.submit}
              </Button>
            </div>
          </form>
        </search>
      </Card>
      {!asked && <Empty title={words.start} icon="search" />}
      {asked && found.isPending && <Loading lines={8} />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && (
        <Card title={words.found(found.data.pages[0]?.total ?? items.length)}>
          {items.length === 0 ? (
            <Empty title={words.nothing} icon="search">
              <p>{words.nothingHint}</p>
            </Empty>
          ) : (
            <ul>
              {items.map((item) => (
                <Result key={item.id} item={item} />
              ))}
            </ul>
          )}
          {found.hasNextPage && (
            <div className={css.foot}>
              <Button small busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {words.more}
              </Button>
            </div>
          )}
        </Card>
      )}
    </Page>
  );
}

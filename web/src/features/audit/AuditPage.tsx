import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Link, useSearchParams } from "react-router";
import { api, call, type Schemas } from "../../lib/api/index.ts";
import { dayAndTime } from "../../lib/format/index.ts";
import { useMay } from "../../lib/session/index.ts";
import { Badge, Button, Card, Empty, Failed, Icon, Loading, Page, SelectField, TextField, useTitle } from "../../ui/index.ts";
import { differences } from "./differences.ts";
import { useWords } from "./words.ts";
import css from "./Audit.module.css";

type Entry = Schemas["AuditEntry"];

const PAGE = 50;
const names = ["patient_id", "user_id", "action", "resource", "from", "to"] as const;
type Filter = Partial<Record<(typeof names)[number], string>>;

function useEntries(filter: Filter) {
  return useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) => {
      const { patient_id, user_id, ...rest } = filter;
      const query = {
        ...rest,
        ...(patient_id ? { patient_id: Number(patient_id) } : {}),
        ...(user_id ? { user_id: Number(user_id) } : {}),
        limit: PAGE,
        ...(pageParam ? { cursor: pageParam } : {}),
      };
      return call(api.GET("/audit", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // Each look is an entry: nothing is read again because somebody comes back to the page.
    staleTime: Infinity,
  });
}

function Differences({ entry }: { entry: Entry }) {
  const words = useWords();
  const rows = differences(entry.before, entry.after);
  if (rows.length === 0) {
    if (!entry.changed_fields?.length) return null;
    return (
      <>
        <dt>{words.changed}</dt>
        <dd>
          {entry.changed_fields.join(", ")}
          {entry.before === null && entry.after === null && <p className={css.muted}>{words.noContent}</p>}
        </dd>
      </>
    );
  }
  return (
    <>
      <dt>{words.changed}</dt>
      <dd>
        <ul className={css.differences}>
          {rows.map((it) => (
            <li key={it.field}>
              <strong>{it.field}</strong>
              {it.before && (
                <pre dir="auto">
                  <del aria-label={words.before}>{it.before}</del>
                </pre>
              )}
              {it.after && (
                <pre dir="auto">
                  <ins aria-label={words.after}>{it.after}</ins>
                </pre>
              )}
            </li>
          ))}
        </ul>
      </dd>
    </>
  );
}

function Details({ entry }: { entry: Entry }) {
  const words = useWords();
  const filters = Object.entries(entry.filters ?? {});
  return (
    <dl className={css.details}>
      {entry.reason && (
        <>
          <dt>{words.reason}</dt>
          <dd dir="auto">{entry.reason}</dd>
        </>
      )}
      {filters.length > 0 && (
        <>
          <dt>{words.filters}</dt>
          <dd dir="auto">{filters.map(([name, value]) => `${name}: ${value}`).join(" · ")}</dd>
        </>
      )}
      <Differences entry={entry} />
      <dt>{words.action}</dt>
      <dd>
        {entry.action} · {entry.resource} {entry.resource_id} · {entry.sealed ? words.sealed : words.unsealed}
      </dd>
      {entry.ip && (
        <>
          <dt>{words.address}</dt>
          <dd>{entry.ip}</dd>
        </>
      )}
      {entry.request_id && (
        <>
          <dt>{words.request}</dt>
          <dd>{entry.request_id}</dd>
        </>
      )}
    </dl>
  );
}

interface RowProps {
  entry: Entry;
  narrow: (changes: Filter) => void;
}

function Row({ entry, narrow }: RowProps) {
  const words = useWords();
  const mayRead = useMay("records:read");
  const [open, setOpen] = useState(false);
  const name = entry.actor_name ?? words.nobody;
  const action = (words.actions as Record<string, string>)[entry.action] ?? entry.action;
  const shown = entry.patient_ids?.length ?? 0;
  return (
    <li className={css.entry}>
      <span className={css.when}>{dayAndTime(entry.at)}</span>
      <div className={css.what}>
        {entry.actor_id ? (
          <button
            type="button"
            className={css.plain}
            title={words.onlyWho(name)}
            onClick={() => narrow({ user_id: String(entry.actor_id) })}
          >
            <bdi>{name}</bdi>
          </button>
        ) : (
          <strong>{name}</strong>
        )}{" "}
        {action} {entry.outcome !== "ok" && <Badge tone="danger">{words.outcome[entry.outcome]}</Badge>}
      </div>
      <div className={css.whom}>
        {entry.patient_id && (
          <button
            type="button"
            className={css.plain}
            title={words.onlyPatient(entry.patient_id)}
            onClick={() => narrow({ patient_id: String(entry.patient_id) })}
          >
            {words.whom} {entry.patient_id}
          </button>
        )}
        {!entry.patient_id && shown > 0 && <span className={css.muted}>{words.patients(shown)}</span>}
        {mayRead && entry.resource === "record" && entry.resource_id && (
          <Link to={`/visits/${entry.resource_id}`} aria-label={`${words.resources.record} ${entry.resource_id}`}>
            <Icon name="chevron" size={18} />
          </Link>
        )}
      </div>
      <button type="button" className={css.more} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "up" : "down"} size={18} />
        <span className="visually-hidden">{`${words.details}: ${name} ${action}, ${dayAndTime(entry.at)}`}</span>
      </button>
      {open && <Details entry={entry} />}
    </li>
  );
}

/** Who did what. The filters are in the address, so that a question can be handed on. */
export function AuditPage() {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const filter: Filter = Object.fromEntries(names.flatMap((name) => (params.get(name) ? [[name, params.get(name)!]] : [])));
  const [form, setForm] = useState<Filter>(filter);
  const entries = useEntries(filter);
  const title = filter.patient_id ? words.whoSaw(Number(filter.patient_id)) : words.title;
  useTitle(title);

  const go = (next: Filter) => {
    setForm(next);
    setParams(Object.fromEntries(Object.entries(next).filter(([, value]) => value)));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(form);
  };
  const field = (name: keyof Filter) => ({
    value: form[name] ?? "",
    onChange: ({ target }: { target: { value: string } }) => setForm({ ...form, [name]: target.value.trim() }),
  });
  const items = entries.data?.pages.flatMap((page) => page.items) ?? [];
  const options = (first: string, all: Record<string, string>) => [
    { value: "", label: first },
    ...Object.entries(all).map(([value, label]) => ({ value, label })),
  ];
  return (
    <Page title={title}>
      <p className={css.muted}>{words.about}</p>
      <Card label={words.title}>
        <search>
          <form className={css.filters} onSubmit={submit}>
            <TextField label={words.patient} inputMode="numeric" pattern="[0-9]*" {...field("patient_id")} />
            <TextField label={words.user} inputMode="numeric" pattern="[0-9]*" {...field("user_id")} />
            <SelectField label={words.resource} options={options(words.anyResource, words.resources)} {...field("resource")} />
            <SelectField label={words.action} options={options(words.anyAction, words.actions)} {...field("action")} />
            <TextField label={words.from} type="date" {...field("from")} />
            <TextField label={words.to} type="date" {...field("to")} />
            <div className={css.buttons}>
              <Button type="submit" kind="primary">
                {words.apply}
              </Button>
              {Object.keys(filter).length > 0 && (
                <Button kind="quiet" onClick={() => go({})}>
                  {words.clear}
                </Button>
              )}
            </div>
          </form>
        </search>
      </Card>
      {entries.isPending && <Loading lines={10} />}
      {entries.isError && <Failed error={entries.error} onRetry={() => void entries.refetch()} />}
      {entries.data && (
        <Card label={words.entries}>
          {items.length === 0 ? (
            <Empty title={words.nothing} icon="shield">
              <p>{words.nothingHint}</p>
            </Empty>
          ) : (
            <ol>
              {items.map((entry) => (
                <Row key={entry.id} entry={entry} narrow={(changes) => go({ ...filter, ...changes })} />
              ))}
            </ol>
          )}
          {entries.hasNextPage && (
            <div className={css.foot}>
              <Button small busy={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
                {words.more}
              </Button>
            </div>
          )}
        </Card>
      )}
    </Page>
  );
}

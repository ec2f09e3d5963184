import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, call, type Schemas } from "../../lib/api/index.ts";
import { useSignWords, useVisitWords, type Sign } from "../../lib/clinical/index.ts";
import { wordDiff } from "../../lib/diff/index.ts";
import { dayAndTime } from "../../lib/format/index.ts";
import { Badge, Card, Failed, LinkButton, Loading, Page, SelectField } from "../../ui/index.ts";
import { VisitTitle, WithVisit } from "./VisitPage.tsx";
import type { HeldVisit } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Visit.module.css";

type Version = Schemas["Version"];
type Change = Schemas["VersionDiff"]["changes"][number];

function useVersions(id: number, revision: number) {
  return useQuery({
    queryKey: ["versions", id, revision],
    queryFn: ({ signal }) =>
      call(api.GET("/records/{id}/versions", { params: { path: { id }, query: { limit: 200 } }, signal })),
  });
}

function useDiff(id: number, from: number, to: number) {
  return useQuery({
    queryKey: ["diff", id, from, to],
    queryFn: async ({ signal }) => {
      const params = { path: { id, n: to }, query: { diff: from } };
      const answer = await call(api.GET("/records/{id}/versions/{n}", { params, signal }));
      return "changes" in answer ? answer.changes : [];
    },
    enabled: from > 0 && from !== to,
    staleTime: Infinity,
  });
}

/** A value of the history as text, one member a line. */
function useText(): (value: unknown) => string {
  const { history } = useWords();
  const { status } = useVisitWords();
  const text = (value: unknown): string => {
    if (typeof value === "string" && value in status) return status[value as keyof typeof status];
    if (value === null || value === undefined) return "";
    if (typeof value === "boolean") return value ? history.yes : history.no;
    if (Array.isArray(value)) return value.map(text).join("\n");
    if (typeof value === "object") {
      return Object.entries(value)
        .filter(([name, inner]) => inner !== null && name !== "id")
        .map(([name, inner]) => `${name}: ${text(inner)}`)
        .join("\n");
    }
    return String(value as string | number);
  };
  return text;
}

function useFieldName(): (pointer: string) => string {
  const { field } = useVisitWords();
  const signNames = useSignWords();
  const { rx, lab, history } = useWords();
  return (pointer) => {
    const [name = "", member, inner] = pointer.slice(1).split("/");
    if (name === "status") return history.status;
    const top = name in field ? field[name as keyof typeof field] : name;
    if (member === undefined) return top;
    if (name === "vital_signs" && member in signNames) return signNames[member as Sign];
    const rows: Record<string, string> = name === "prescriptions" ? { ...rx, add: "" } : name === "lab_results" ? { ...lab, add: "" } : {};
    const place = /^\d+$/.test(member) ? ` ${Number(member) + 1}` : ` ${member}`;
    return `${top}${place}${inner ? `, ${rows[inner] ?? inner}` : ""}`;
  };
}

function ChangeRow({ change }: { change: Change }) {
  const text = useText();
  const fieldName = useFieldName();
  const [before, after] = [text(change.before), text(change.after)];
  const parts = wordDiff(before, after);
  return (
    <tr>
      <th scope="row">{fieldName(change.pointer)}</th>
      <td dir="auto">
        {parts.map((part, index) =>
          part.kind === "added" ? null : part.kind === "removed" ? <del key={index}>{part.text}</del> : part.text,
        )}
      </td>
      <td dir="auto">
        {parts.map((part, index) =>
          part.kind === "removed" ? null : part.kind === "added" ? <ins key={index}>{part.text}</ins> : part.text,
        )}
      </td>
    </tr>
  );
}

function Differences({ id, from, to }: { id: number; from: number; to: number }) {
  const { history } = useWords();
  const diff = useDiff(id, from, to);
  if (from === to) return <p className={css.none}>{history.nothing}</p>;
  if (diff.isPending) return <Loading />;
  if (diff.isError) return <Failed error={diff.error} onRetry={() => void diff.refetch()} />;
  if (diff.data.length === 0) return <p className={css.none}>{history.nothing}</p>;
  return (
    <table className={css.diff}>
      <thead>
        <tr>
          <th scope="col">{history.field}</th>
          <th scope="col">{history.version(from)}</th>
          <th scope="col">{history.version(to)}</th>
        </tr>
      </thead>
      <tbody>
        {diff.data.map((change) => (
          <ChangeRow key={change.pointer} change={change} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ version }: { version: Version }) {
  const { history } = useWords();
  return (
    <li className={css.version}>
      <span>
        <strong>{history.version(version.version)}</strong>{" "}
        <Badge tone={version.signature ? "good" : "plain"}>{history.kind[version.kind]}</Badge>
      </span>
      <small>
        {dayAndTime(version.changed_at)} {history.by(version.changed_by_name)}
      </small>
      {version.reason && <span dir="auto">{version.reason}</span>}
      <span className={css.hash} title={`${history.hash}: ${version.content_hash}`}>
        {version.content_hash.slice(0, 16)}…
      </span>
    </li>
  );
}

function Compare({ held, versions }: { held: HeldVisit; versions: readonly Version[] }) {
  const { history } = useWords();
  const newest = versions.at(-1)!.version;
  const [from, setFrom] = useState(versions.at(-2)?.version ?? newest);
  const [to, setTo] = useState(newest);
  const options = versions.map((it) => ({
    value: String(it.version),
    label: `${history.version(it.version)} · ${history.kind[it.kind]} · ${dayAndTime(it.changed_at)}`,
  }));
  return (
    <div className={css.versions}>
      <Card title={history.title}>
        <ol>
          {versions.toReversed().map((version) => (
            <Line key={version.version} version={version} />
          ))}
        </ol>
      </Card>
      <Card label={history.after}>
        {versions.length < 2 ? (
          <p className={css.none}>{history.only}</p>
        ) : (
          <>
            <div className={css.choose}>
              <SelectField
                label={history.before}
                value={String(from)}
                options={options}
                onChange={(event) => setFrom(Number(event.target.value))}
              />
              <SelectField
                label={history.after}
                value={String(to)}
                options={options}
                onChange={(event) => setTo(Number(event.target.value))}
              />
            </div>
            <Differences id={held.visit.id} from={Math.min(from, to)} to={Math.max(from, to)} />
          </>
        )}
      </Card>
    </div>
  );
}

function Content({ held }: { held: HeldVisit }) {
  const { history } = useWords();
  const versions = useVersions(held.visit.id, held.visit.revision);
  return (
    <Page
      title={history.title}
      actions={
        <LinkButton kind="quiet" icon="back" to={`/visits/${held.visit.id}`}>
          {history.back}
        </LinkButton>
      }
    >
      <VisitTitle held={held} what={history.title} />
      {versions.isPending && <Loading />}
      {versions.isError && <Failed error={versions.error} onRetry={() => void versions.refetch()} />}
      {versions.data && <Compare held={held} versions={versions.data.items} />}
    </Page>
  );
}

/** What was written when, and two versions side by side. */
export function VersionsPage() {
  return <WithVisit>{(held) => <Content held={held} />}</WithVisit>;
}

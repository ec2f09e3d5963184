import { useState } from "react";
import { api, call, callWithEtag, idempotencyKey, type Schemas } from "../../lib/api/index.ts";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { useDraft, useDraftStore } from "../../lib/draft/index.ts";
import { IconButton, ProblemNotice, SelectField, toast } from "../../ui/index.ts";
import { IcdField } from "../diagnoses/index.ts";
import { snapshotOf, type VisitStore } from "./drafts.ts";
import type { Visit } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

type Diagnosis = Schemas["Diagnosis"];
/** As a row of the editor: one without an id is new. */
export type CodedRow = Pick<Diagnosis, "icd_code" | "diagnosis_name" | "diagnosis_type" | "status"> & { id?: number };
type Change = Partial<Pick<CodedRow, "diagnosis_type" | "status">>;

const types = ["primary", "secondary", "differential"] as const;
const states = ["active", "chronic", "resolved", "ruled_out"] as const;

interface ListProps {
  rows: readonly CodedRow[];
  onAdd: (code: Schemas["IcdCode"], type: CodedRow["diagnosis_type"]) => void;
  onChange: (row: CodedRow, change: Change) => void;
  onRemove: (row: CodedRow) => void;
}

function List({ rows, onAdd, onChange, onRemove }: ListProps) {
  const { editor } = useWords();
  const visits = useVisitWords();
  return (
    <div className={css.rows}>
      {rows.length === 0 && <p className={css.hint}>{editor.noDiagnoses}</p>}
      {rows.map((row) => (
        <div key={row.id ?? row.icd_code} className={css.diagnosis} role="group" aria-label={row.diagnosis_name}>
          <span>
            <span className={css.code}>{row.icd_code}</span> {row.diagnosis_name}
          </span>
          <SelectField
            label={editor.kind}
            value={row.diagnosis_type}
            options={types.map((value) => ({ value, label: visits.diagnosisType[value] }))}
            onChange={(event) => onChange(row, { diagnosis_type: event.target.value as CodedRow["diagnosis_type"] })}
          />
          <SelectField
            label={editor.status}
            value={row.status}
            options={states.map((value) => ({ value, label: visits.diagnosisStatus[value] }))}
            onChange={(event) => onChange(row, { status: event.target.value as CodedRow["status"] })}
          />
          <IconButton icon="trash" label={editor.removeDiagnosis(row.diagnosis_name)} onClick={() => onRemove(row)} />
        </div>
      ))}
      <IcdField
        onChoose={(code) => {
          const hasPrimary = rows.some((it) => it.diagnosis_type === "primary");
          if (!rows.some((it) => it.icd_code === code.code)) onAdd(code, hasPrimary ? "secondary" : "primary");
        }}
      />
    </div>
  );
}

/** Of a draft: each change is a request of its own, in turn with the saves of the fields. */
export function CodedDiagnoses({ store }: { store: VisitStore }) {
  const { editor } = useWords();
  useDraftStore(store);
  const [fault, setFault] = useState<unknown>();

  const run = async (change: (etag: string, visit: Visit) => Promise<{ etag: string; diagnoses: Diagnosis[] }>) => {
    setFault(undefined);
    try {
      await store.exclusive(async (etag, visit) => {
        const done = await change(etag, visit);
        return snapshotOf({ visit: { ...visit, diagnoses: done.diagnoses }, etag: done.etag });
      });
    } catch (error) {
      setFault(error);
    }
  };
  const add = (body: Schemas["DiagnosisCreate"]) => {
    const key = idempotencyKey();
    return run(async (etag, visit) => {
      const header = { "If-Match": etag, "Idempotency-Key": key };
      const params = { path: { id: visit.id }, header };
      const { data, etag: next } = await callWithEtag(api.POST("/records/{id}/diagnoses", { params, body }));
      return { etag: next, diagnoses: [...visit.diagnoses, data] };
    });
  };
  const change = (row: CodedRow, body: Change) =>
    run(async (etag, visit) => {
      const params = { path: { id: row.id! }, header: { "If-Match": etag } };
      const { data, etag: next } = await callWithEtag(api.PATCH("/diagnoses/{id}", { params, body }));
      return { etag: next, diagnoses: visit.diagnoses.map((it) => (it.id === row.id ? data : it)) };
    });
  const remove = async (row: CodedRow) => {
    await run(async (etag, visit) => {
      const params = { path: { id: row.id! }, header: { "If-Match": etag } };
      const answer = api.DELETE("/diagnoses/{id}", { params });
      await call(answer);
      const next = (await answer).response.headers.get("ETag") ?? "";
      return { etag: next, diagnoses: visit.diagnoses.filter((it) => it.id !== row.id) };
    });
    const { icd_code, diagnosis_name, diagnosis_type, status } = row;
    toast(editor.removedDiagnosis(diagnosis_name), () => void add({ icd_code, diagnosis_name, diagnosis_type, status }));
  };
  return (
    <>
      <ProblemNotice error={fault} />
      <List
        rows={store.whole.diagnoses}
        onAdd={(code, diagnosis_type) => void add({ icd_code: code.code, diagnosis_type })}
        onChange={(row, body) => void change(row, body)}
        onRemove={(row) => void remove(row)}
      />
    </>
  );
}

/** Of an amendment: collected like every other field. */
export function AmendedDiagnoses({ store }: { store: VisitStore }) {
  const [rows = [], set] = useDraft<CodedRow[]>(store, "diagnoses");
  const list = rows;
  return (
    <List
      rows={list}
      onAdd={(code, diagnosis_type) =>
        set([...list, { icd_code: code.code, diagnosis_name: code.long_title, diagnosis_type, status: "active" }])
      }
      onChange={(row, change) => set(list.map((it) => (it === row ? { ...it, ...change } : it)))}
      onRemove={(row) => set(list.filter((it) => it !== row))}
    />
  );
}

/** What an amendment says of the diagnoses: those that stay by their id, with what changed of them. */
export function amendedDiagnoses(before: readonly Diagnosis[], rows: readonly CodedRow[]): Schemas["AmendedDiagnosis"][] {
  return rows.map((row) => {
    const was = before.find((it) => it.id === row.id);
    if (!was) {
      const { icd_code, diagnosis_type, status } = row;
      return { icd_code, diagnosis_type, status };
    }
    return {
      id: was.id,
      ...(was.diagnosis_type === row.diagnosis_type ? {} : { diagnosis_type: row.diagnosis_type }),
      ...(was.status === row.status ? {} : { status: row.status }),
    };
  });
}

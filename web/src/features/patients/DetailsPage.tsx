import { useState } from "react";
import { useParams } from "react-router";
import { api, callWithEtag, isProblem, mergePatch, type Schemas } from "../../lib/api/index.ts";
import { date } from "../../lib/format/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { useKept, useMay } from "../../lib/session/index.ts";
import { Button, Card, Failed, Loading, Page, toast } from "../../ui/index.ts";
import { allergyChanges, patchBody, rebased, rowsOf, valuesOf } from "./form.ts";
import { PatientForm } from "./PatientForm.tsx";
import { patientChanged, usePatient, type Held } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Patients.module.css";

function Edit({ held, onDone }: { held: Held; onDone: () => void }) {
  const words = useWords();
  const place = `patients/${held.patient.id}`;
  const [base, setBase] = useKept(`${place}/base`, () => held);
  const [values, setValues] = useKept(`${place}/values`, () => valuesOf(held.patient));
  const [rows, setRows] = useKept(`${place}/rows`, () => rowsOf(held.patient));
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const params = { path: { id: base.patient.id } };

  const save = async () => {
    const body = patchBody(base.patient, values);
    const { added, changed, removed } = allergyChanges(base.patient, rows);
    const nothing = Object.keys(body).length + added.length + changed.length + removed.length === 0;
    if (nothing) return onDone();
    setBusy(true);
    setFault(undefined);
    setConflict(false);
    try {
      if (Object.keys(body).length > 0) {
        const header = { "If-Match": base.etag };
        await callWithEtag(api.PATCH("/patients/{id}", { params: { ...params, header }, body, ...mergePatch }));
      }
      const change = (id: number, version: number, patch: Schemas["AllergyPatch"]) =>
        callWithEtag(
          api.PATCH("/allergies/{id}", {
            params: { path: { id }, header: { "If-Match": `"${version}"` } },
            body: patch,
            ...mergePatch,
          }),
        );
      for (const it of changed) await change(it.id, it.version, it.body);
      for (const it of removed) {
        await change(it.id, it.version, { certainty: "entered_in_error", reason: words.allergyRow.reason });
      }
      for (const it of added) await callWithEtag(api.POST("/patients/{id}/allergies", { params, body: it }));
      const { data, etag } = await callWithEtag(api.GET("/patients/{id}", { params }));
      patientChanged({ patient: data, etag });
      toast(words.saved);
      onDone();
      return;
    } catch (error) {
      setFault(error);
      if (isProblem(error, "version_conflict")) await readAgain();
    }
    setBusy(false);
  };
  const readAgain = async () => {
    try {
      const now = await callWithEtag(api.GET("/patients/{id}", { params }));
      setValues(rebased(base.patient, now.data, values));
      if (JSON.stringify(rowsKey(base)) === JSON.stringify(rowsKey({ rows }))) setRows(rowsOf(now.data));
      setBase({ patient: now.data, etag: now.etag });
      setConflict(true);
    } catch (error) {
      setFault(error);
    }
  };
  const rowsKey = (of: { rows: ReturnType<typeof rowsOf> } | Held) =>
    ("rows" in of ? of.rows : rowsOf(of.patient)).map((row) => [row.substance, row.reaction, row.severity]);

  return (
    <PatientForm
      values={values}
      rows={rows}
      onValues={setValues}
      onRows={setRows}
      onSave={() => void save()}
      onCancel={onDone}
      busy={busy}
      fault={fault}
      conflict={conflict}
    />
  );
}

/** Master data; for those who may not read charts the patient's only page. */
export function DetailsPage() {
  const words = useWords();
  const id = Number(useParams()["id"]);
  const held = usePatient(id);
  const mayWrite = useMay("patients:write");
  const [editing, setEditing] = useKept(`patients/${id}/editing`, () => false);
  useShortcuts([{ keys: "e", run: () => (mayWrite && !editing ? setEditing(true) : false) }]);

  if (held.isPending) return <Loading />;
  if (held.isError) return <Failed page error={held.error} onRetry={() => void held.refetch()} />;
  const { patient } = held.data;
  if (editing) {
    return (
      <Page title={words.details} narrow>
        <Edit held={held.data} onDone={() => setEditing(false)} />
      </Page>
    );
  }
  const facts: [string, string | null][] = [
    [words.lastName, patient.last_name],
    [words.firstName, patient.first_name],
    [words.birthDate, date(patient.date_of_birth)],
    [words.sex, words.sexes[patient.sex]],
    [words.number, patient.patient_number],
    [words.phone, patient.phone],
    [words.email, patient.email],
    [words.address, patient.address],
    [words.emergency, patient.emergency_contact],
  ];
  return (
    <Page
      title={words.details}
      narrow
      actions={
        mayWrite && (
          <Button icon="edit" onClick={() => setEditing(true)}>
            {words.edit}
          </Button>
        )
      }
    >
      <Card label={words.details}>
        <dl className={css.facts}>
          {facts.map(([name, value]) => (
            <div key={name} className={css.fact}>
              <dt>{name}</dt>
              <dd dir="auto">{value || words.notGiven}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title={words.allergies}>
        {patient.allergies.length === 0 && <p className={css.rows}>{words.noAllergies}</p>}
        <dl className={css.facts} hidden={patient.allergies.length === 0}>
          {patient.allergies.map((allergy) => (
            <div key={allergy.id} className={css.fact}>
              <dt dir="auto">{allergy.substance}</dt>
              <dd dir="auto">
                {[words.severity[allergy.severity ?? "none"], allergy.reaction].filter(Boolean).join(" · ")}
              </dd>
            </div>
          ))}
        </dl>
      </Card>
    </Page>
  );
}

import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import { api, callWithEtag, idempotencyKey } from "../../lib/api/index.ts";
import { useKept } from "../../lib/session/index.ts";
import { Page, toast, useTitle } from "../../ui/index.ts";
import { createBody, rowsOf, valuesOf } from "./form.ts";
import { PatientForm } from "./PatientForm.tsx";
import { patientChanged } from "./queries.ts";
import { useWords } from "./words.ts";

export function NewPage() {
  const words = useWords();
  const navigate = useNavigate();
  const [values, setValues] = useKept("patients/new/values", () => valuesOf());
  const [rows, setRows] = useKept("patients/new/rows", () => rowsOf());
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  // The same body is the same intention: a second try after a lost answer registers nobody twice.
  const sent = useRef({ body: "", key: "" });
  useTitle(words.create);

  const save = async () => {
    setBusy(true);
    setFault(undefined);
    const body = createBody(values, rows);
    const text = JSON.stringify(body);
    if (sent.current.body !== text) sent.current = { body: text, key: idempotencyKey() };
    try {
      const { data, etag } = await callWithEtag(
        api.POST("/patients", { body, params: { header: { "Idempotency-Key": sent.current.key } } }),
      );
      patientChanged({ patient: data, etag });
      toast(words.registered(`${data.first_name} ${data.last_name}`));
      await navigate(`/patients/${data.id}`, { replace: true });
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  return (
    <Page title={words.create} narrow>
      <PatientForm
        create
        values={values}
        rows={rows}
        onValues={setValues}
        onRows={setRows}
        onSave={() => void save()}
        onCancel={() => void navigate(-1)}
        busy={busy}
        fault={fault}
      />
    </Page>
  );
}

import { useRef, useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { api, callWithEtag, idempotencyKey, type Schemas } from "../../lib/api/index.ts";
import { visitTypes, useVisitWords, type VisitType } from "../../lib/clinical/index.ts";
import { localDateTime, momentOf } from "../../lib/format/index.ts";
import { useSession } from "../../lib/session/index.ts";
import { Actions, Button, Dialog, ProblemNotice, SelectField, TextField } from "../../ui/index.ts";
import type { Patient } from "../patients/index.ts";
import { useTemplates } from "../templates/index.ts";
import { useDoctors, visitChanged } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Visit.module.css";

interface Props {
  patient: Patient;
  onClose: () => void;
}

/** Three choices with good defaults, so that Enter alone begins a visit. */
export function NewVisit({ patient, onClose }: Props) {
  const { newVisit: words } = useWords();
  const visits = useVisitWords();
  const navigate = useNavigate();
  const { user } = useSession();
  const isDoctor = user.role === "doctor";
  const templates = useTemplates();
  const doctors = useDoctors();
  const [type, setType] = useState<VisitType>("consultation");
  const [template, setTemplate] = useState("");
  const [when, setWhen] = useState(() => localDateTime(new Date()));
  const [doctor, setDoctor] = useState(isDoctor ? String(user.id) : "");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  // One key for the same intention: a second try after a lost answer makes no second visit.
  const sent = useRef({ body: "", key: "" });

  const fitting = templates.data?.items.filter((it) => it.visit_type === type) ?? [];
  const begin = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    const body: Schemas["RecordCreate"] = {
      patient_id: patient.id,
      visit_type: type,
      visit_date: momentOf(when).toISOString().replace(/\.\d+Z$/, "Z"),
      doctor_id: Number(doctor),
      ...(template ? { template_id: Number(template) } : {}),
    };
    const text = JSON.stringify(body);
    if (sent.current.body !== text) sent.current = { body: text, key: idempotencyKey() };
    try {
      const params = { header: { "Idempotency-Key": sent.current.key } };
      const { data, etag } = await callWithEtag(api.POST("/records", { body, params }));
      visitChanged({ visit: data, etag });
      await navigate(`/visits/${data.id}/edit`);
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={words.title}>
      <form className={css.form} onSubmit={(event) => void begin(event)}>
        <ProblemNotice error={fault} />
        <SelectField
          label={words.type}
          autoFocus
          value={type}
          onChange={(event) => {
            setType(event.target.value as VisitType);
            setTemplate("");
          }}
          options={visitTypes.map((value) => ({ value, label: visits.type[value] }))}
        />
        <SelectField
          label={words.template}
          value={template}
          onChange={(event) => setTemplate(event.target.value)}
          options={[
            { value: "", label: words.noTemplate },
            ...fitting.map((it) => ({ value: String(it.id), label: it.name })),
          ]}
        />
        <TextField
          label={words.when}
          type="datetime-local"
          required
          value={when}
          onChange={(event) => setWhen(event.target.value)}
        />
        {!isDoctor && (
          <SelectField
            label={words.doctor}
            required
            value={doctor}
            onChange={(event) => setDoctor(event.target.value)}
            options={[
              { value: "", label: words.chooseDoctor },
              ...(doctors.data?.items ?? []).map((it) => ({ value: String(it.id), label: it.display_name })),
            ]}
          />
        )}
        <Actions>
          <Button type="submit" kind="primary" busy={busy}>
            {words.begin}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}

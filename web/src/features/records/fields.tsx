import { useState } from "react";
import { signBounds, units, useSignWords, useVisitWords, type Sign } from "../../lib/clinical/index.ts";
import { bounds } from "../../lib/api/index.ts";
import { useDraft, useDraftFault } from "../../lib/draft/index.ts";
import { isoDay, localDateTime, momentOf, number, parseNumber } from "../../lib/format/index.ts";
import { Button, Check, SelectField, TextArea, TextField } from "../../ui/index.ts";
import { visitTypes } from "../../lib/clinical/index.ts";
import type { VisitStore } from "./drafts.ts";
import { useDoctors } from "./queries.ts";
import type { TextField as TextName } from "./VisitView.tsx";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

interface Of {
  store: VisitStore;
}

export interface Source {
  day: string;
  text: string;
}

type TextProps = Of & {
  name: TextName | "follow_up_instructions";
  /** Where the text was copied from, until it is edited. */
  source?: Source | undefined;
  onBlur: () => void;
  hideLabel?: boolean;
};

export function Text({ store, name, source, onBlur, hideLabel }: TextProps) {
  const words = useWords();
  const { field } = useVisitWords();
  const [value, set] = useDraft<string>(store, name);
  const fault = useDraftFault(store, name);
  const copied = source && value === source.text ? words.editor.copied(source.day) : undefined;
  return (
    <div className={copied ? css.copied : undefined}>
      <TextArea
        label={field[name]}
        hideLabel={hideLabel}
        value={value ?? ""}
        maxLength={bounds.record[name].length}
        fault={fault}
        hint={copied}
        onChange={(event) => set(event.target.value)}
        onBlur={onBlur}
      />
    </div>
  );
}

export function VisitFields({ store, onBlur }: Of & { onBlur: () => void }) {
  const { field, type: types } = useVisitWords();
  const doctors = useDoctors();
  const [type, setType] = useDraft<string>(store, "visit_type");
  const [when, setWhen] = useDraft<string>(store, "visit_date");
  const [doctor, setDoctor] = useDraft<number>(store, "doctor_id");
  const whenFault = useDraftFault(store, "visit_date");
  const doctorFault = useDraftFault(store, "doctor_id");
  return (
    <div className={css.three}>
      <SelectField
        label={field.visit_type}
        value={type ?? ""}
        options={visitTypes.map((value) => ({ value, label: types[value] }))}
        onChange={(event) => setType(event.target.value)}
      />
      <TextField
        label={field.visit_date}
        type="datetime-local"
        value={when ? localDateTime(new Date(when)) : ""}
        fault={whenFault}
        onBlur={onBlur}
        onChange={(event) => {
          if (event.target.value) setWhen(momentOf(event.target.value).toISOString().replace(/\.\d+Z$/, "Z"));
        }}
      />
      <SelectField
        label={field.doctor_id}
        value={String(doctor ?? "")}
        fault={doctorFault}
        options={(doctors.data?.items ?? []).map((it) => ({ value: String(it.id), label: it.display_name }))}
        onChange={(event) => setDoctor(Number(event.target.value))}
      />
    </div>
  );
}

export function Vital({ store, sign, onBlur }: Of & { sign: Sign; onBlur: () => void }) {
  const { editor } = useWords();
  const names = useSignWords();
  const path = `vital_signs/${sign}`;
  const [value] = useDraft<number | string>(store, path);
  const fault = useDraftFault(store, path);
  // What somebody types on the way to a number ("37.") is kept as it is.
  const [typed, setTyped] = useState<string>();
  const { min, max } = signBounds[sign];
  const shown = typed ?? (value == null ? "" : typeof value === "number" ? number(value) : value);
  const change = (text: string) => {
    setTyped(text);
    if (text.trim() === "") return store.set(path, null);
    const parsed = parseNumber(text);
    if (parsed === undefined) return store.refuse(path, text, editor.noNumber);
    if (parsed < min || parsed > max) {
      return store.refuse(path, text, editor.bounds(number(min), number(max)));
    }
    store.set(path, parsed);
  };
  return (
    <TextField
      label={names[sign]}
      aside={units[sign]}
      inputMode="decimal"
      value={shown}
      fault={fault}
      onChange={(event) => change(event.target.value)}
      onBlur={() => {
        if (!fault) setTyped(undefined);
        onBlur();
      }}
    />
  );
}

const DAY_MS = 86_400_000;

export function FollowUp({ store, onBlur }: Of & { onBlur: () => void }) {
  const { editor } = useWords();
  const { field } = useVisitWords();
  const [wanted, setWanted] = useDraft<boolean>(store, "follow_up_required");
  const [on, setOn] = useDraft<string>(store, "follow_up_date");
  const [visit] = useDraft<string>(store, "visit_date");
  const fault = useDraftFault(store, "follow_up_date");
  const after = (days: number) => setOn(isoDay(new Date(Date.parse(visit ?? "") + days * DAY_MS)));
  return (
    <>
      <Check
        label={field.follow_up_required}
        checked={wanted ?? false}
        onChange={(event) => {
          setWanted(event.target.checked);
          if (!event.target.checked) setOn(null);
        }}
      />
      {wanted && (
        <>
          <div className={css.quick}>
            <TextField
              label={field.follow_up_date}
              type="date"
              value={on ?? ""}
              fault={fault}
              onBlur={onBlur}
              onChange={(event) => setOn(event.target.value || null)}
            />
            {[1, 2, 4].map((weeks) => (
              <Button key={weeks} small onClick={() => after(weeks * 7)}>
                {editor.weeks(weeks)}
              </Button>
            ))}
            {[3, 6].map((months) => (
              <Button key={months} small onClick={() => after(Math.round(months * 30.44))}>
                {editor.months(months)}
              </Button>
            ))}
          </div>
          <Text store={store} name="follow_up_instructions" onBlur={onBlur} />
        </>
      )}
    </>
  );
}

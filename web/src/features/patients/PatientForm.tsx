import { useRef, useState, type FormEvent } from "react";
import { bounds, isProblem } from "../../lib/api/index.ts";
import { focusAfter } from "../../lib/react/index.ts";
import { Actions, Button, Card, IconButton, Notice, SelectField, TextArea, TextField, toast, useProblemText } from "../../ui/index.ts";
import { emptyRow, missing, type AllergyRow, type FieldName, type Values } from "./form.ts";
import { useWords } from "./words.ts";
import css from "./Patients.module.css";

interface Props {
  values: Values;
  rows: AllergyRow[];
  onValues: (values: Values) => void;
  onRows: (rows: AllergyRow[]) => void;
  onSave: () => void;
  onCancel: () => void;
  busy: boolean;
  fault: unknown;
  conflict?: boolean;
  create?: boolean;
}

const severities = ["life_threatening", "severe", "moderate", "mild"] as const;

function AllergyRows({ rows, onRows, fault }: Pick<Props, "rows" | "onRows" | "fault">) {
  const words = useWords();
  const list = useRef<HTMLDivElement>(null);
  const at = (index: number, field: string) =>
    isProblem(fault) ? fault.at(`/allergies/${index}/${field}`) : undefined;
  const change = (key: number, change: Partial<AllergyRow>) =>
    onRows(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));
  const add = () => {
    focusAfter(
      () => onRows([...rows, emptyRow()]),
      () => list.current?.querySelector<HTMLInputElement>("[data-allergy]:last-of-type input"),
    );
  };
  const remove = (row: AllergyRow) => {
    onRows(rows.filter((it) => it.key !== row.key));
    toast(words.allergyRow.removed(row.substance), () => onRows(rows));
  };
  return (
    <div className={css.rows} ref={list}>
      {rows.map((row, index) => (
        <div
          key={row.key}
          className={css.allergy}
          data-allergy
          role="group"
          aria-label={row.substance || words.allergyRow.substance}
          onKeyDown={(event) => {
            if (event.ctrlKey && event.key === "Backspace") remove(row);
            else if (event.key === "Enter" && event.target instanceof HTMLInputElement) add();
            else return;
            event.preventDefault();
          }}
        >
          <TextField
            label={words.allergyRow.substance}
            value={row.substance}
            maxLength={200}
            fault={at(index, "substance")}
            onChange={(event) => change(row.key, { substance: event.target.value })}
          />
          <TextField
            label={words.allergyRow.reaction}
            value={row.reaction}
            maxLength={500}
            fault={at(index, "reaction")}
            onChange={(event) => change(row.key, { reaction: event.target.value })}
          />
          <SelectField
            label={words.allergyRow.severity}
            value={row.severity}
            onChange={(event) => change(row.key, { severity: event.target.value })}
            options={[
              { value: "", label: words.severity.none },
              ...severities.map((value) => ({ value, label: words.severity[value] })),
            ]}
          />
          <IconButton icon="trash" label={words.allergyRow.remove(row.substance)} onClick={() => remove(row)} />
        </div>
      ))}
      <div>
        <Button icon="plus" small onClick={add}>
          {words.allergyRow.add}
        </Button>
      </div>
    </div>
  );
}

export function PatientForm(props: Props) {
  const { values, onValues, fault } = props;
  const words = useWords();
  const text = useProblemText();
  const [tried, setTried] = useState(false);
  const lacking = tried ? missing(values) : [];
  const form = useRef<HTMLFormElement>(null);

  const field = (name: FieldName, length?: number) => ({
    name,
    value: values[name],
    maxLength: length,
    onChange: (event: { target: { value: string } }) => onValues({ ...values, [name]: event.target.value }),
    fault:
      (isProblem(fault) ? fault.at(`/${name}`) : undefined) ??
      (name === "patient_number" && isProblem(fault, "patient_number_taken") ? words.numberTaken : undefined) ??
      (lacking.includes(name) ? words.required : undefined),
  });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (missing(values).length === 0) {
      setTried(true);
      return props.onSave();
    }
    focusAfter(
      () => setTried(true),
      () => form.current?.querySelector<HTMLElement>("[aria-invalid=true]"),
    );
  };
  const { length: phone } = bounds.patient.phone;
  return (
    <form className={css.form} onSubmit={save} ref={form} noValidate>
      {props.conflict && (
        <Notice tone="warning" alert>
          {words.conflict}
        </Notice>
      )}
      {fault !== undefined && !props.conflict && (
        <Notice tone="danger" alert>
          {isProblem(fault, "patient_number_taken") ? words.numberTaken : text(fault)}
        </Notice>
      )}
      <Card title={words.identity}>
        <div className={css.grid}>
          <TextField label={words.lastName} required autoFocus dir="auto" {...field("last_name", 100)} />
          <TextField label={words.firstName} required dir="auto" {...field("first_name", 100)} />
          <TextField label={words.birthDate} type="date" required {...field("date_of_birth")} />
          <SelectField
            label={words.sex}
            required
            {...field("sex")}
            options={[
              ...(values.sex ? [] : [{ value: "", label: words.chooseSex }]),
              ...(["female", "male", "other", "unknown"] as const).map((value) => ({
                value,
                label: words.sexes[value],
              })),
            ]}
          />
          <TextField
            label={words.number}
            optional={props.create}
            hint={props.create ? words.numberHint : undefined}
            {...field("patient_number", 40)}
          />
        </div>
      </Card>
      <Card title={words.allergies}>
        <AllergyRows rows={props.rows} onRows={props.onRows} fault={fault} />
      </Card>
      <Card title={words.contact}>
        <div className={css.grid}>
          <TextField label={words.phone} type="tel" optional {...field("phone", phone)} />
          <TextField label={words.email} type="email" optional {...field("email", 254)} />
          <TextArea label={words.address} optional {...field("address", 500)} />
          <TextArea label={words.emergency} optional {...field("emergency_contact", 500)} />
        </div>
      </Card>
      <Actions>
        <Button onClick={props.onCancel}>{words.cancel}</Button>
        <Button type="submit" kind="primary" busy={props.busy}>
          {props.create ? words.register : words.save}
        </Button>
      </Actions>
    </form>
  );
}

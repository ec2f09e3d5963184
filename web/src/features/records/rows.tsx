import { useRef, type KeyboardEvent, type ReactNode } from "react";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { useDraft, useDraftFault, useDraftStore, type Row } from "../../lib/draft/index.ts";
import { parseNumber } from "../../lib/format/index.ts";
import { focusAfter } from "../../lib/react/index.ts";
import { Button, Icon, IconButton, TextField, toast } from "../../ui/index.ts";
import type { VisitStore } from "./drafts.ts";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

interface RowsProps {
  store: VisitStore;
  path: "prescriptions" | "lab_results";
  /** The member by which a row is called. */
  title: string;
  add: string;
  render: (row: Row, change: (member: string, value: unknown) => void, index: number) => ReactNode;
}

const isBlank = (row: Row) => Object.values(row).every((value) => value === "" || value === null || value === undefined);

/** A list of rows: Enter adds one, Ctrl+Backspace removes it, Alt with the arrows moves it. */
function Rows({ store, path, title, add, render }: RowsProps) {
  const words = useWords();
  const root = useRef<HTMLDivElement>(null);
  const [value] = useDraft<Row[]>(store, path);
  const rows = value ?? [];
  const set = (next: Row[]) => store.set(path, next);
  const nameOf = (row: Row) => String(row[title] ?? "");

  const setAndFocus = (next: Row[], index: number) =>
    focusAfter(
      () => set(next),
      () => root.current?.querySelectorAll<HTMLElement>("[data-item]")[index]?.querySelector("input"),
    );
  const append = () => {
    const next = rows.length > 0 && isBlank(rows.at(-1)!) ? rows : [...rows, {}];
    setAndFocus(next, next.length - 1);
  };
  /** As a new row: the service has let go of its id, and other rows may have changed meanwhile. */
  const putBack = (row: Row, index: number) => {
    const now = (store.get(path) ?? []) as Row[];
    const { id: _id, changed_in_version: _version, ...content } = row;
    set(now.toSpliced(index, 0, content));
  };
  const remove = (index: number) => {
    const row = rows[index]!;
    setAndFocus(
      rows.filter((_, at) => at !== index),
      Math.max(0, index - 1),
    );
    if (!isBlank(row)) toast(words.row.removed(nameOf(row)), () => putBack(row, index));
  };
  const move = (index: number, by: number) => {
    const to = index + by;
    if (to < 0 || to >= rows.length) return;
    const next = [...rows];
    [next[index], next[to]] = [next[to]!, next[index]!];
    setAndFocus(next, to);
  };
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.altKey && by !== undefined) move(index, by);
    else if (event.ctrlKey && event.key === "Backspace") remove(index);
    else if (event.key === "Enter" && !event.ctrlKey && event.target instanceof HTMLInputElement) append();
    else return;
    event.preventDefault();
  };
  return (
    <div className={css.rows} ref={root}>
      {rows.map((row, index) => (
        <div
          key={index}
          className={css.row}
          data-item
          role="group"
          aria-label={nameOf(row) || `${index + 1}`}
          onKeyDown={(event) => onKeyDown(event, index)}
        >
          {render(
            row,
            (member, to) => set(rows.map((it, at) => (at === index ? { ...it, [member]: to } : it))),
            index,
          )}
          <div className={css.tools}>
            <IconButton icon="trash" label={words.row.remove(nameOf(row))} onClick={() => remove(index)} />
          </div>
        </div>
      ))}
      <div>
        <Button small icon="plus" onClick={append}>
          {add}
        </Button>
      </div>
    </div>
  );
}

interface SectionProps {
  store: VisitStore;
  onBlur: () => void;
}

const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

export function Prescriptions({ store, onBlur }: SectionProps) {
  const { rx } = useWords();
  const visits = useVisitWords();
  useDraftFault(store, "prescriptions");
  useDraftStore(store); // For the warnings, which come with the answers.
  const warnings = store.whole.warnings;
  return (
    <Rows
      store={store}
      path="prescriptions"
      title="medication"
      add={rx.add}
      render={(row, change, index) => {
        const field = (member: string, length = 200) => ({
          value: text(row[member]),
          maxLength: length,
          fault: store.faultAt(`/prescriptions/${index}/${member}`),
          onBlur,
          onChange: (event: { target: { value: string } }) => change(member, event.target.value || null),
        });
        const warning = warnings.find((it) => it.code === "allergy" && it.item_id === row["id"]);
        return (
          <div className={css.rx}>
            <TextField label={rx.medication} dir="auto" {...field("medication")} />
            <TextField label={rx.dosage} {...field("dosage")} />
            <TextField label={rx.frequency} {...field("frequency")} />
            <TextField label={rx.route} {...field("route")} />
            <TextField label={rx.duration} {...field("duration")} />
            <TextField label={rx.end_date} type="date" {...field("end_date")} />
            <div className={css.instructions}>
              <TextField label={rx.instructions} dir="auto" {...field("instructions", 2000)} />
            </div>
            {warning?.code === "allergy" && (
              <p className={css.warned} role="alert">
                <Icon name="octagon" size={18} />
                {(warning.match === "same" ? visits.allergyWarning : visits.allergyClassWarning)(
                  warning.medication,
                  warning.substance,
                )}
              </p>
            )}
          </div>
        );
      }}
    />
  );
}

/** A number where one was typed, else the text as it is ("negative", "< 5"). */
function valueOf(typed: string): string | number | null {
  if (typed === "") return null;
  // "5." and "5.0" are on the way to something else, and stay as they are until they are left.
  return parseNumber(typed) !== undefined && String(parseNumber(typed)) === typed ? Number(typed) : typed;
}

export function Labs({ store, onBlur }: SectionProps) {
  const { lab } = useWords();
  const { flag } = useVisitWords();
  useDraftFault(store, "lab_results");
  return (
    <Rows
      store={store}
      path="lab_results"
      title="test"
      add={lab.add}
      render={(row, change, index) => {
        const field = (member: string, numeric = false) => ({
          value: text(row[member]),
          maxLength: 200,
          fault: store.faultAt(`/lab_results/${index}/${member}`),
          onChange: (event: { target: { value: string } }) =>
            change(member, numeric ? valueOf(event.target.value) : event.target.value || null),
          onBlur: () => {
            const left = row[member];
            const parsed = typeof left === "string" && numeric ? parseNumber(left) : undefined;
            if (parsed !== undefined) change(member, parsed);
            onBlur();
          },
        });
        const odd = typeof row["flag"] === "string" && row["flag"] !== "normal" ? (row["flag"] as keyof typeof flag) : undefined;
        return (
          <div className={css.lab}>
            <TextField label={lab.test} dir="auto" {...field("test")} />
            <TextField
              label={lab.value}
              inputMode="decimal"
              aside={odd && <span className={css.flag}>{flag[odd]}</span>}
              {...field("value", true)}
            />
            <TextField label={lab.unit} {...field("unit")} />
            <div className={css.lower}>
              <TextField label={lab.reference_low} inputMode="decimal" {...field("reference_low", true)} />
              <TextField label={lab.reference_high} inputMode="decimal" {...field("reference_high", true)} />
              <TextField label={lab.taken_at} type="date" {...field("taken_at")} value={text(row["taken_at"]).slice(0, 10)} />
            </div>
          </div>
        );
      }}
    />
  );
}

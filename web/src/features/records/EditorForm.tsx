import { useRef, useState, type ReactNode } from "react";
import { signs } from "../../lib/clinical/index.ts";
import { useDraftStore } from "../../lib/draft/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { Button, Card } from "../../ui/index.ts";
import { AmendedDiagnoses, CodedDiagnoses } from "./coded.tsx";
import { Context } from "./Context.tsx";
import type { VisitStore } from "./drafts.ts";
import { FollowUp, Text, VisitFields, Vital, type Source } from "./fields.tsx";
import { Labs, Prescriptions } from "./rows.tsx";
import { VisitFiles } from "./VisitSheet.tsx";
import type { TextField } from "./VisitView.tsx";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

const sections = [
  { key: "visit", paths: ["visit_type"] },
  { key: "complaint", paths: ["chief_complaint"] },
  { key: "history", paths: ["history_of_present_illness"] },
  { key: "vitals", paths: signs.map((sign) => `vital_signs/${sign}`) },
  { key: "examination", paths: ["physical_examination"] },
  { key: "diagnoses", paths: ["diagnosis", "diagnoses"] },
  { key: "prescriptions", paths: ["prescriptions"] },
  { key: "labs", paths: ["lab_results"] },
  { key: "plan", paths: ["treatment_plan", "notes"] },
  { key: "followUp", paths: ["follow_up_required", "follow_up_date"] },
  { key: "files", paths: [] },
] as const;

function filled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "" && value !== false;
}

function Nav({ store, go, amending }: { store: VisitStore; go: (key: string) => void; amending: boolean }) {
  const words = useWords();
  useDraftStore(store);
  const coded = store.whole.diagnoses.length > 0;
  return (
    <nav className={css.nav} aria-label={words.editor.sections}>
      {sections.filter(({ key }) => !amending || key !== "files").map(({ key, paths }, index) => {
        const fault = paths.some((path: string) => store.fault(path) !== undefined || store.conflicts.has(path));
        const has = paths.some((path: string) => filled(store.get(path))) || (key === "diagnoses" && !amending && coded);
        return (
          <button key={key} type="button" onClick={() => go(key)}>
            <span className={css.dot} data-state={fault ? "fault" : has ? "filled" : "empty"} />
            {words.sections[key]}
            {index < 9 && <kbd aria-hidden="true">Alt {index + 1}</kbd>}
          </button>
        );
      })}
    </nav>
  );
}

interface Props {
  store: VisitStore;
  /** A draft codes diagnoses by requests of their own; an amendment collects them. */
  amending?: boolean;
  notice?: ReactNode;
  state: ReactNode;
  actions: ReactNode;
}

/** The sections of a visit, the chart beside them, and at the foot what can be done with it. */
export function EditorForm({ store, amending = false, notice, state, actions }: Props) {
  const words = useWords();
  const form = useRef<HTMLDivElement>(null);
  const [context, setContext] = useState(false);
  const [sources, setSources] = useState<Partial<Record<TextField, Source>>>({});

  const go = (key: string) => {
    const section = form.current?.querySelector<HTMLElement>(`[data-section="${key}"]`);
    section?.scrollIntoView({ block: "start" });
    section?.querySelector<HTMLElement>("input, textarea, select, button")?.focus({ preventScroll: true });
  };
  useShortcuts(
    sections.slice(0, 9).map(({ key }, index) => ({ keys: `Alt+${index + 1}`, run: () => go(key) })),
  );
  const save = () => {
    if (!amending) void store.flush();
  };
  const copy = (name: TextField, text: string, day: string) => {
    const before = store.get(name);
    const next = typeof before === "string" && before !== "" ? `${before}\n${text}` : text;
    store.set(name, next);
    setSources({ ...sources, [name]: { day, text: next } });
    setContext(false);
  };
  const text = (name: TextField, hideLabel = false) => (
    <Text store={store} name={name} source={sources[name]} onBlur={save} hideLabel={hideLabel} />
  );
  const section = (key: (typeof sections)[number]["key"], children: ReactNode) => (
    <Card title={words.sections[key]}>
      <div className={css.section} data-section={key}>
        {children}
      </div>
    </Card>
  );
  return (
    <>
      <div className={css.editor}>
        <Nav store={store} go={go} amending={amending} />
        <div className={css.form} ref={form}>
          {notice}
          {section("visit", <VisitFields store={store} onBlur={save} />)}
          {section("complaint", text("chief_complaint", true))}
          {section("history", text("history_of_present_illness", true))}
          {section(
            "vitals",
            <div className={css.vitals}>
              {signs.map((sign) => (
                <Vital key={sign} store={store} sign={sign} onBlur={save} />
              ))}
            </div>,
          )}
          {section("examination", text("physical_examination", true))}
          {section(
            "diagnoses",
            <>
              {amending ? <AmendedDiagnoses store={store} /> : <CodedDiagnoses store={store} />}
              {text("diagnosis")}
            </>,
          )}
          {section("prescriptions", <Prescriptions store={store} onBlur={save} />)}
          {section("labs", <Labs store={store} onBlur={save} />)}
          {section(
            "plan",
            <>
              {text("treatment_plan")}
              {text("notes")}
            </>,
          )}
          {section("followUp", <FollowUp store={store} onBlur={save} />)}
          {!amending && section("files", <VisitFiles visit={store.whole} />)}
        </div>
        <aside className={css.aside} data-open={context} aria-label={words.editor.context}>
          <Context visit={store.whole} onCopy={copy} />
        </aside>
      </div>
      <div className={css.foot}>
        {state}
        <span className={css.asideToggle}>
          <Button small aria-expanded={context} onClick={() => setContext(!context)}>
            {words.editor.context}
          </Button>
        </span>
        {actions}
      </div>
    </>
  );
}

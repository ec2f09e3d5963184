import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { wordDiff } from "../../lib/diff/index.ts";
import { useDraftStore, type Conflict } from "../../lib/draft/index.ts";
import { time } from "../../lib/format/index.ts";
import { useShortcuts } from "../../lib/keys/index.ts";
import { useMay } from "../../lib/session/index.ts";
import { Button, Card, Empty, Icon, LinkButton, Menu, Notice, useProblemText, type IconName } from "../../ui/index.ts";
import { Discard } from "./Discard.tsx";
import { leaveDraft, openDraft, type VisitStore } from "./drafts.ts";
import { EditorForm } from "./EditorForm.tsx";
import { Finalize } from "./Finalize.tsx";
import type { HeldVisit } from "./queries.ts";
import { VisitTitle, WithVisit } from "./VisitPage.tsx";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

interface Line {
  tone: "good" | "plain" | "warn" | "bad";
  icon: IconName;
  text: string;
}

function useStateLine(store: VisitStore): Line {
  const { editor } = useWords();
  const text = useProblemText();
  const { state } = useDraftStore(store);
  const held = store.faults().length;
  switch (state.kind) {
    case "saving":
      return { tone: "plain", icon: "history", text: editor.saving };
    case "offline":
      return { tone: "warn", icon: "warning", text: editor.offlineShort };
    case "conflict":
      return { tone: "bad", icon: "octagon", text: editor.conflict };
    case "finalized":
      return { tone: "bad", icon: "lock", text: editor.notDraft };
    case "failed":
      return { tone: "bad", icon: "octagon", text: `${editor.failed}: ${text(state.problem)}` };
    case "dirty":
      if (held > 0) return { tone: "bad", icon: "warning", text: editor.held(held) };
      return { tone: "plain", icon: "edit", text: editor.unsaved };
    case "saved":
      return {
        tone: "good",
        icon: "check",
        text: state.at ? editor.saved(time(new Date(state.at).toISOString())) : editor.savedBefore,
      };
  }
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value as string | number | boolean);
  return (Array.isArray(value) ? value : [value])
    .map((row) => Object.entries(row as object).filter(([name, it]) => it !== null && name !== "id").map(([, it]) => String(it)).join(", "))
    .join("\n");
}

function ConflictPanel({ store, path, conflict }: { store: VisitStore; path: string; conflict: Conflict }) {
  const words = useWords();
  const { field } = useVisitWords();
  const name = path.split("/")[0] as keyof typeof field;
  const [mine, theirs] = [asText(conflict.mine), asText(conflict.theirs)];
  const parts = wordDiff(theirs, mine);
  const texts = typeof conflict.mine === "string" && typeof conflict.theirs === "string";
  return (
    <Notice tone="danger" alert>
      <strong>{words.conflict.title(field[name] ?? path)}</strong>
      <div className={css.conflict}>
        <div className={css.side}>
          <strong>{words.conflict.mine}</strong>
          <pre dir="auto">
            {parts.map((it, index) => (it.kind === "removed" ? null : it.kind === "added" ? <ins key={index}>{it.text}</ins> : it.text))}
          </pre>
          <Button onClick={() => store.resolve(path, conflict.mine)}>{words.conflict.keepMine}</Button>
        </div>
        <div className={css.side}>
          <strong>{words.conflict.theirs}</strong>
          <pre dir="auto">
            {parts.map((it, index) => (it.kind === "added" ? null : it.kind === "removed" ? <del key={index}>{it.text}</del> : it.text))}
          </pre>
          <Button onClick={() => store.resolve(path, conflict.theirs)}>{words.conflict.takeTheirs}</Button>
        </div>
      </div>
      {texts && (
        <div>
          <Button small onClick={() => store.resolve(path, `${theirs}\n${mine}`)}>
            {words.conflict.both}
          </Button>
        </div>
      )}
    </Notice>
  );
}

function Notices({ store }: { store: VisitStore }) {
  const { editor } = useWords();
  const { state, conflicts } = useDraftStore(store);
  return (
    <>
      {state.kind === "offline" && (
        <Notice tone="warning" alert>
          {editor.offline}
        </Notice>
      )}
      {state.kind === "finalized" && (
        <Notice tone="danger" alert>
          {editor.signedMeanwhile}
        </Notice>
      )}
      {[...conflicts].map(([path, conflict]) => (
        <ConflictPanel key={path} store={store} path={path} conflict={conflict} />
      ))}
    </>
  );
}

function Editor({ held }: { held: HeldVisit }) {
  const { editor } = useWords();
  const navigate = useNavigate();
  const maySign = useMay("records:finalize");
  const [store] = useState(() => openDraft(held));
  const [dialog, setDialog] = useState<"finalize" | "discard">();
  const line = useStateLine(store);

  useEffect(() => {
    const hidden = () => {
      if (document.visibilityState === "hidden") void store.flush();
    };
    document.addEventListener("visibilitychange", hidden);
    window.addEventListener("pagehide", hidden);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      window.removeEventListener("pagehide", hidden);
      void leaveDraft(store);
    };
  }, [store]);
  const finalize = () => {
    if (!maySign) return false;
    return setDialog("finalize");
  };
  useShortcuts([
    { keys: "Ctrl+s", run: () => void store.flush() },
    { keys: "Ctrl+Enter", run: finalize },
  ]);
  return (
    <>
      <EditorForm
        store={store}
        notice={<Notices store={store} />}
        state={
          <p className={css.state} data-tone={line.tone} role="status">
            <Icon name={line.icon} size={18} />
            <span>{line.text}</span>
          </p>
        }
        actions={
          <>
            <Menu
              label={editor.more}
              up
              items={[{ label: editor.discard, icon: "trash", run: () => setDialog("discard") }]}
            >
              <Icon name="more" />
            </Menu>
            {maySign && (
              <Button kind="primary" icon="lock" onClick={finalize}>
                {editor.finalize}
              </Button>
            )}
          </>
        }
      />
      {dialog === "finalize" && <Finalize store={store} onClose={() => setDialog(undefined)} />}
      {dialog === "discard" && (
        <Discard
          store={store}
          onClose={() => setDialog(undefined)}
          onDone={() => void navigate(`/patients/${held.visit.patient_id}/overview`, { replace: true })}
        />
      )}
    </>
  );
}

export function EditPage() {
  const { editor } = useWords();
  return (
    <WithVisit>
      {(held) => (
        <>
          <VisitTitle held={held} what={editor.title} />
          <h1 className="visually-hidden">{editor.title}</h1>
          {held.visit.status === "draft" ? (
            <Editor key={held.visit.id} held={held} />
          ) : (
            <Card>
              <Empty title={editor.notDraft} icon="lock">
                <LinkButton kind="primary" to={`/visits/${held.visit.id}`}>
                  {editor.context}
                </LinkButton>
              </Empty>
            </Card>
          )}
        </>
      )}
    </WithVisit>
  );
}

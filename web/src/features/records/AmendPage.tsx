import { useRef, useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { api, callWithEtag, idempotencyKey, isProblem, type Schemas } from "../../lib/api/index.ts";
import { DraftStore, mergePatchOf, useDraftStore } from "../../lib/draft/index.ts";
import { useKept } from "../../lib/session/index.ts";
import { Actions, Button, Dialog, Icon, LinkButton, Notice, ProblemNotice, TextField, toast } from "../../ui/index.ts";
import { amendedDiagnoses, type CodedRow } from "./coded.tsx";
import { snapshotOf, withoutBlankRows, written, type VisitStore } from "./drafts.ts";
import { EditorForm } from "./EditorForm.tsx";
import { visitChanged, type HeldVisit, type Visit } from "./queries.ts";
import { VisitTitle, WithVisit } from "./VisitPage.tsx";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

function changesOf(store: VisitStore): Schemas["AmendmentChanges"] {
  const { diagnoses, ...fields } = store.changes();
  const changes = withoutBlankRows(mergePatchOf(fields)) as Schemas["AmendmentChanges"];
  if (diagnoses) changes.diagnoses = amendedDiagnoses(store.whole.diagnoses, diagnoses as CodedRow[]);
  return changes;
}

interface SignProps {
  store: VisitStore;
  onClose: () => void;
}

function Sign({ store, onClose }: SignProps) {
  const { amendment: words } = useWords();
  const navigate = useNavigate();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const sent = useRef({ body: "", key: "" });
  const { id } = store.whole;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    const body: Schemas["AmendRequest"] = { reason: reason.trim(), changes: changesOf(store) };
    const text = JSON.stringify(body);
    if (sent.current.body !== text) sent.current = { body: text, key: idempotencyKey() };
    try {
      const header = { "If-Match": store.etag, "Idempotency-Key": sent.current.key };
      const params = { path: { id }, header };
      const { data, etag } = await callWithEtag(api.POST("/records/{id}/amendments", { params, body }));
      visitChanged({ visit: data, etag });
      toast(words.done);
      await navigate(`/visits/${id}`, { replace: true });
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  const faults = isProblem(fault) ? fault.faults : [];
  return (
    <Dialog open onClose={onClose} title={words.title}>
      <form className={css.dialog} onSubmit={(event) => void submit(event)}>
        {isProblem(fault, "version_conflict") ? (
          <Notice tone="danger" alert>
            {words.stale}
          </Notice>
        ) : (
          <ProblemNotice error={fault} />
        )}
        {faults.length > 0 && (
          <ul className={css.list}>
            {faults.map((it) => (
              <li key={it.pointer}>
                {it.pointer}: {it.message}
              </li>
            ))}
          </ul>
        )}
        <TextField
          label={words.reason}
          required
          autoFocus
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <Actions>
          <Button type="submit" kind="primary" icon="lock" busy={busy} disabled={reason.trim() === ""}>
            {words.submit}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}

function Amend({ held }: { held: HeldVisit }) {
  const { amendment: words } = useWords();
  const [store] = useKept(
    `amendment/${held.visit.id}`,
    () => new DraftStore<Visit>(snapshotOf(held, [...written, "diagnoses"])),
  );
  const [signing, setSigning] = useState(false);
  useDraftStore(store);
  const count = Object.keys(store.changes()).length;
  return (
    <>
      <EditorForm
        store={store}
        amending
        notice={<Notice tone="warning">{words.notice}</Notice>}
        state={
          <p className={css.state} role="status">
            <Icon name="edit" size={18} />
            <span>{count === 0 ? words.none : words.changed(count)}</span>
          </p>
        }
        actions={
          <>
            <LinkButton to={`/visits/${held.visit.id}`}>{words.cancel}</LinkButton>
            <Button kind="primary" icon="lock" disabled={count === 0} onClick={() => setSigning(true)}>
              {words.submit}
            </Button>
          </>
        }
      />
      {signing && <Sign store={store} onClose={() => setSigning(false)} />}
    </>
  );
}

export function AmendPage() {
  const { amendment: words } = useWords();
  return (
    <WithVisit>
      {(held) => (
        <>
          <VisitTitle held={held} what={words.title} />
          <h1 className="visually-hidden">{words.title}</h1>
          <Amend key={held.visit.id} held={held} />
        </>
      )}
    </WithVisit>
  );
}

import { useEffect, useRef, useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { api, callWithEtag, idempotencyKey, isProblem } from "../../lib/api/index.ts";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { useDraftStore } from "../../lib/draft/index.ts";
import { Actions, Button, Dialog, Notice, ProblemNotice, TextField, toast } from "../../ui/index.ts";
import { forgetDraft, snapshotOf, type VisitStore } from "./drafts.ts";
import { visitChanged, type Visit } from "./queries.ts";
import { VisitWarnings } from "./VisitView.tsx";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

/** What a reader would miss; none of it is a reason to refuse. */
function useMissing(visit: Visit): string[] {
  const { finalize } = useWords();
  const out: string[] = [];
  if (visit.diagnoses.length === 0) out.push(finalize.noDiagnosis);
  else if (!visit.diagnoses.some((it) => it.diagnosis_type === "primary")) out.push(finalize.noPrimary);
  if (!visit.diagnosis) out.push(finalize.noAssessment);
  if (Date.parse(visit.visit_date) > Date.now()) out.push(finalize.future);
  return out;
}

export function Finalize({ store, onClose }: { store: VisitStore; onClose: () => void }) {
  const { finalize: words } = useWords();
  const { field } = useVisitWords();
  const navigate = useNavigate();
  useDraftStore(store);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(true);
  const [fault, setFault] = useState<unknown>();
  const key = useRef(idempotencyKey());
  const visit = store.whole;
  const missing = useMissing(visit);
  // What was refused, and what a draft may lack but a signed visit may not.
  const faults = [...store.faults(), ...visit.incomplete.map((it) => [it.pointer.slice(1), it.message] as const)];

  // What is signed is what the service has: everything has to be there first.
  useEffect(() => {
    void store.flush().finally(() => setBusy(false));
  }, [store]);

  const sign = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      await store.exclusive(async (etag) => {
        const header = { "If-Match": etag, "Idempotency-Key": key.current };
        const params = { path: { id: visit.id }, header };
        const { data, etag: next } = await callWithEtag(
          api.POST("/records/{id}/finalize", { params, body: { password } }),
        );
        return snapshotOf({ visit: data, etag: next });
      });
      visitChanged({ visit: store.whole, etag: store.etag });
      forgetDraft(visit.id);
      toast(words.done);
      await navigate(`/visits/${visit.id}`, { replace: true });
    } catch (error) {
      setFault(error);
      setBusy(false);
      // Another password is another request.
      if (isProblem(error, "wrong_password")) key.current = idempotencyKey();
    }
  };
  return (
    <Dialog open onClose={onClose} title={words.title}>
      <form className={css.dialog} onSubmit={(event) => void sign(event)}>
        <p>{words.meaning}</p>
        {faults.length > 0 && (
          <Notice tone="danger">
            <strong>{words.faults}</strong>
            <ul className={css.list}>
              {faults.map(([path, message]) => (
                <li key={path}>
                  {field[path.split("/")[0] as keyof typeof field] ?? path}: {message}
                </li>
              ))}
            </ul>
          </Notice>
        )}
        {!busy && store.pending && faults.length === 0 && <Notice tone="warning">{words.notSaved}</Notice>}
        <VisitWarnings visit={visit} />
        {missing.length > 0 && (
          <Notice tone="warning">
            <strong>{words.warnings}</strong>
            <ul className={css.list}>
              {missing.map((it) => (
                <li key={it}>{it}</li>
              ))}
            </ul>
          </Notice>
        )}
        <ProblemNotice error={fault} />
        <TextField
          label={words.password}
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Actions>
          <Button type="submit" kind="primary" icon="lock" busy={busy} disabled={store.pending || faults.length > 0}>
            {words.sign}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}

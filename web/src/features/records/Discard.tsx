import { useState, type FormEvent } from "react";
import { api, call } from "../../lib/api/index.ts";
import { Actions, Button, Dialog, ProblemNotice, TextField, toast } from "../../ui/index.ts";
import { forgetDraft, snapshotOf, type VisitStore } from "./drafts.ts";
import { forgetLists } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Editor.module.css";

interface Props {
  store: VisitStore;
  onClose: () => void;
  onDone: () => void;
}

export function Discard({ store, onClose, onDone }: Props) {
  const { discard: words } = useWords();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { id, patient_id } = store.whole;
      await store.exclusive(async (etag, visit) => {
        const params = { path: { id }, query: { reason: reason.trim() }, header: { "If-Match": etag } };
        await call(api.DELETE("/records/{id}", { params }));
        return snapshotOf({ visit, etag });
      });
      store.stop();
      forgetDraft(id);
      forgetLists(patient_id);
      toast(words.done);
      onDone();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={words.title}>
      <form className={css.dialog} onSubmit={(event) => void submit(event)}>
        <p>{words.text}</p>
        <ProblemNotice error={fault} />
        <TextField
          label={words.reason}
          required
          autoFocus
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <Actions>
          <Button type="submit" kind="danger" busy={busy} disabled={reason.trim() === ""}>
            {words.submit}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}

import { useRef, useState, type FormEvent } from "react";
import { api, call, idempotencyKey, isProblem, mergePatch, type Schemas } from "../../lib/api/index.ts";
import { dayAndTime } from "../../lib/format/index.ts";
import { Actions, Button, Dialog, Notice, ProblemNotice, SelectField, TextField, toast } from "../../ui/index.ts";
import type { User } from "./UsersPage.tsx";
import { useWords } from "./words.ts";
import css from "./Staff.module.css";

export interface Issued {
  code: string;
  expires_at: string;
  email: string;
}

type Role = Schemas["HospitalRole"];

interface Props {
  /** Without one somebody is invited. */
  user: User | undefined;
  onClose: () => void;
  onDone: (issued: Issued | undefined) => void;
}

export function PersonDialog({ user, onClose, onDone }: Props) {
  const words = useWords();
  const [name, setName] = useState(user?.display_name ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [role, setRole] = useState<Role>(user?.role ?? "doctor");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  // One intention, one invitation, also when the first answer is lost.
  const sent = useRef({ body: "", key: "" });
  const at = (pointer: string) => (isProblem(fault) ? fault.at(pointer) : undefined);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      if (user) {
        const params = { path: { id: user.id } };
        await call(api.PATCH("/users/{id}", { params, body: { display_name: name.trim(), role }, ...mergePatch }));
        toast(words.changed(name.trim()));
        return onDone(undefined);
      }
      const body = { email: email.trim(), display_name: name.trim(), role };
      const text = JSON.stringify(body);
      if (sent.current.body !== text) sent.current = { body: text, key: idempotencyKey() };
      const params = { header: { "Idempotency-Key": sent.current.key } };
      const made = await call(api.POST("/users", { params, body }));
      return onDone({ ...made, email: body.email });
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={user ? words.change : words.invite}>
      <form className={css.form} onSubmit={(event) => void submit(event)}>
        <ProblemNotice error={fault} />
        <TextField
          label={words.name}
          required
          autoFocus
          maxLength={200}
          value={name}
          fault={at("/display_name")}
          onChange={(event) => setName(event.target.value)}
        />
        {!user && (
          <TextField
            label={words.email}
            type="email"
            required
            value={email}
            fault={at("/email")}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
        <SelectField
          label={words.role}
          value={role}
          fault={at("/role")}
          onChange={(event) => setRole(event.target.value as Role)}
          options={(Object.keys(words.roles) as Role[]).map((value) => ({ value, label: words.roles[value] }))}
        />
        <Actions>
          <Button type="submit" kind="primary" busy={busy}>
            {user ? words.save : words.send}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}

/** The code is known only here and now. */
export function CodeDialog({ issued, onClose }: { issued: Issued; onClose: () => void }) {
  const { code: words } = useWords();
  const copy = async () => {
    await navigator.clipboard?.writeText(issued.code);
    toast(words.copied);
  };
  return (
    <Dialog open onClose={onClose} title={words.title}>
      <div className={css.form}>
        <p>{words.text(issued.email, dayAndTime(issued.expires_at))}</p>
        <p className={css.code}>{issued.code}</p>
        <Notice tone="info">{words.how}</Notice>
        <Actions>
          <Button icon="copy" onClick={() => void copy()}>
            {words.copy}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {words.done}
          </Button>
        </Actions>
      </div>
    </Dialog>
  );
}

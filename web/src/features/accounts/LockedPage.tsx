import { useEffect, useState, type FormEvent } from "react";
import type { Schemas } from "../../lib/api/index.ts";
import { signOut, unlock } from "../../lib/session/index.ts";
import { Button, Notice, TextField, forgetToasts, useTitle } from "../../ui/index.ts";
import { Frame } from "./Frame.tsx";
import { useFaultText } from "./faults.ts";
import { useWords } from "./words.ts";
import css from "./SignIn.module.css";

/** In the place of whatever page there is, while the session is locked. */
export function LockedPage({ user }: { user: Schemas["Caller"] | undefined }) {
  const words = useWords();
  const faultText = useFaultText();
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  useTitle(words.locking.title);
  useEffect(forgetToasts, []);

  const enter = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      await unlock(password);
    } catch (error) {
      setFault(error);
      setPassword("");
    } finally {
      setBusy(false);
    }
  };

  return (
    <Frame
      link={
        <Button small kind="quiet" onClick={() => void signOut()}>
          {words.locking.another}
        </Button>
      }
    >
      <h2>{words.locking.title}</h2>
      <form className={css.form} onSubmit={(event) => void enter(event)}>
        <p>{user ? words.locking.of(user.display_name) : words.locking.ofSomebody}</p>
        {fault !== undefined && (
          <Notice tone="danger" alert>
            {faultText(fault)}
          </Notice>
        )}
        {user && <input type="hidden" name="username" autoComplete="username" value={user.email} />}
        <TextField
          label={words.password}
          type="password"
          name="password"
          autoComplete="current-password"
          required
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" kind="primary" wide busy={busy}>
          {words.locking.unlock}
        </Button>
      </form>
    </Frame>
  );
}

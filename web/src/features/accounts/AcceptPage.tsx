import { useState, type FormEvent } from "react";
import { Link } from "react-router";
import { api, call, isProblem, type Schemas } from "../../lib/api/index.ts";
import { Button, Check, LinkButton, Notice, TextField, useProblemText, useTitle } from "../../ui/index.ts";
import { Frame } from "./Frame.tsx";
import { useWords } from "./words.ts";
import css from "./SignIn.module.css";

export function AcceptPage() {
  const words = useWords();
  const text = useProblemText();
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const [existing, setExisting] = useState(false);
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const [differ, setDiffer] = useState(false);
  const [done, setDone] = useState<Schemas["Accepted"]>();
  useTitle(words.accept.title);

  const accept = async (event: FormEvent) => {
    event.preventDefault();
    setDiffer(fresh !== again);
    if (fresh !== again) return;
    setBusy(true);
    setFault(undefined);
    try {
      const body = existing
        ? { email, code, password: current, new_password: fresh }
        : { email, code, password: fresh };
      setDone(await call(api.POST("/auth/accept", { body })));
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };

  const at = (pointer: string) => (isProblem(fault) ? fault.at(pointer) : undefined);
  return (
    <Frame link={<Link to="/sign-in">{words.accept.toSignIn}</Link>}>
      <h2>{words.accept.title}</h2>
      {done ? (
        <>
          <Notice tone="good" alert>
            {done.tenant ? words.accept.done(done.tenant.name) : words.accept.doneNoHospital}
          </Notice>
          <LinkButton kind="primary" to="/sign-in">
            {words.accept.toSignIn}
          </LinkButton>
        </>
      ) : (
        <form className={css.form} onSubmit={(event) => void accept(event)}>
          <p>{words.accept.intro}</p>
          {fault !== undefined && (
            <Notice tone="danger" alert>
              {isProblem(fault) && fault.status === 401 ? words.accept.wrong : text(fault)}
            </Notice>
          )}
          <TextField
            label={words.email}
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            fault={at("/email")}
            onChange={(event) => setEmail(event.target.value)}
          />
          <TextField
            label={words.accept.code}
            hint={words.accept.codeHint}
            required
            autoCapitalize="characters"
            spellCheck={false}
            value={code}
            fault={at("/code")}
            onChange={(event) => setCode(event.target.value)}
          />
          <Check
            label={words.accept.existing}
            checked={existing}
            onChange={(event) => setExisting(event.target.checked)}
          />
          {existing && (
            <TextField
              label={words.accept.currentPassword}
              type="password"
              autoComplete="current-password"
              required
              value={current}
              onChange={(event) => setCurrent(event.target.value)}
            />
          )}
          <TextField
            label={words.accept.newPassword}
            hint={words.accept.rules}
            type="password"
            autoComplete="new-password"
            required
            value={fresh}
            fault={at(existing ? "/new_password" : "/password")}
            onChange={(event) => setFresh(event.target.value)}
          />
          <TextField
            label={words.accept.repeat}
            type="password"
            autoComplete="new-password"
            required
            value={again}
            fault={differ ? words.accept.differ : undefined}
            onChange={(event) => setAgain(event.target.value)}
          />
          <Button type="submit" kind="primary" wide busy={busy}>
            {words.accept.submit}
          </Button>
        </form>
      )}
    </Frame>
  );
}

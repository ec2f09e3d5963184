import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { api, call, isProblem } from "../../lib/api/index.ts";
import { languages, setLanguage, useLanguage, type Language } from "../../lib/i18n/index.ts";
import { setSingleKeys, singleKeys } from "../../lib/keys/index.ts";
import { signOut, useSession } from "../../lib/session/index.ts";
import { Button, Card, Check, Notice, Page, SelectField, TextField, useProblemText, useTitle } from "../../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./SignIn.module.css";

function PasswordForm() {
  const words = useWords();
  const text = useProblemText();
  const session = useSession();
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const [differ, setDiffer] = useState(false);
  const [done, setDone] = useState(false);

  const change = async (event: FormEvent) => {
    event.preventDefault();
    setDone(false);
    setDiffer(fresh !== again);
    if (fresh !== again) return;
    setBusy(true);
    setFault(undefined);
    try {
      await call(api.POST("/auth/password", { body: { current_password: current, new_password: fresh } }));
      setDone(true);
      setCurrent("");
      setFresh("");
      setAgain("");
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };
  const at = (pointer: string) => (isProblem(fault) ? fault.at(pointer) : undefined);
  return (
    <form className={css.sections} onSubmit={(event) => void change(event)}>
      <input type="hidden" name="username" autoComplete="username" value={session.user.email} />
      {done && (
        <Notice tone="good" alert>
          {words.account.changed}
        </Notice>
      )}
      {fault !== undefined && (
        <Notice tone="danger" alert>
          {text(fault)}
        </Notice>
      )}
      <TextField
        label={words.accept.currentPassword}
        type="password"
        autoComplete="current-password"
        required
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <TextField
        label={words.accept.newPassword}
        hint={words.accept.rules}
        type="password"
        autoComplete="new-password"
        required
        value={fresh}
        fault={at("/new_password")}
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
      <div>
        <Button type="submit" kind="primary" busy={busy}>
          {words.account.change}
        </Button>
      </div>
    </form>
  );
}

type Theme = "system" | "light" | "dark";

function Preferences() {
  const words = useWords();
  const language = useLanguage();
  const root = document.documentElement;
  const [theme, setTheme] = useState<Theme>(() => (root.dataset["theme"] as Theme | undefined) ?? "system");
  const [singles, setSingles] = useState(singleKeys);
  const paint = (next: Theme) => {
    setTheme(next);
    if (next === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = next;
  };
  return (
    <div className={css.sections}>
      <SelectField
        label={words.language}
        value={language}
        onChange={(event) => setLanguage(event.target.value as Language)}
        options={(Object.keys(languages) as Language[]).map((code) => ({ value: code, label: languages[code] }))}
      />
      <SelectField
        label={words.account.theme}
        value={theme}
        onChange={(event) => paint(event.target.value as Theme)}
        options={[
          { value: "system", label: words.account.system },
          { value: "light", label: words.account.light },
          { value: "dark", label: words.account.dark },
        ]}
      />
      <Check
        label={words.account.singles}
        checked={singles}
        onChange={(event) => {
          setSingleKeys(event.target.checked);
          setSingles(event.target.checked);
        }}
      />
    </div>
  );
}

export function AccountPage() {
  const words = useWords();
  const { user, tenant } = useSession();
  const navigate = useNavigate();
  useTitle(words.account.title);
  const leave = async () => {
    await signOut();
    await navigate("/sign-in", { replace: true });
  };
  return (
    <Page
      narrow
      title={words.account.title}
      actions={
        <Button icon="out" onClick={() => void leave()}>
          {words.account.out}
        </Button>
      }
    >
      <Card label={words.account.title}>
        <dl className={css.facts}>
          <dt>{words.account.name}</dt>
          <dd>{user.display_name}</dd>
          <dt>{words.email}</dt>
          <dd>{user.email}</dd>
          <dt>{words.account.role}</dt>
          <dd>{words.roles[user.role]}</dd>
          {tenant && (
            <>
              <dt>{words.account.hospital}</dt>
              <dd>{tenant.name}</dd>
            </>
          )}
        </dl>
      </Card>
      <Card title={words.account.preferences}>
        <Preferences />
      </Card>
      <Card title={words.account.password}>
        <PasswordForm />
      </Card>
    </Page>
  );
}

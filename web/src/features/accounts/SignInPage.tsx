import { useQuery } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { Link } from "react-router";
import { api, call, isProblem, type Schemas } from "../../lib/api/index.ts";
import { focusAfter } from "../../lib/react/index.ts";
import { signIn } from "../../lib/session/index.ts";
import { Button, Notice, TextField, useTitle } from "../../ui/index.ts";
import { Frame } from "./Frame.tsx";
import { useFaultText } from "./faults.ts";
import { useWords } from "./words.ts";
import css from "./SignIn.module.css";

type Choice = Schemas["TenantChoice"];

export function SignInPage({ ended }: { ended?: boolean }) {
  const words = useWords();
  const faultText = useFaultText();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [choices, setChoices] = useState<readonly Choice[]>();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const field = useRef<HTMLFormElement>(null);
  const config = useQuery({
    queryKey: ["ui-config"],
    queryFn: ({ signal }) => call(api.GET("/ui-config", { signal })),
    staleTime: Infinity,
  });
  useTitle(words.signIn);

  const enter = async (tenant?: string) => {
    setBusy(true);
    setFault(undefined);
    try {
      await signIn({ email, password, ...(tenant ? { tenant } : {}) });
    } catch (error) {
      const offered = isProblem(error, "tenant_required") ? error.body.tenants : undefined;
      if (offered) {
        setChoices(offered);
      } else {
        const refused = () => {
          setBusy(false);
          setFault(error);
          setChoices(undefined);
          setPassword("");
        };
        focusAfter(refused, () => field.current?.querySelector<HTMLInputElement>("[type=password]"));
      }
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void enter();
  };

  return (
    <Frame link={<Link to="/accept">{words.haveCode}</Link>}>
      {ended && !fault && <Notice tone="info">{words.ended}</Notice>}
      {fault !== undefined && (
        <Notice tone="danger" alert>
          {faultText(fault)}
        </Notice>
      )}
      {choices ? (
        <div className={css.choices} role="group" aria-labelledby="which">
          <h2 id="which">{words.which}</h2>
          {choices.map((choice, index) => (
            <button
              key={choice.id}
              type="button"
              className={css.choice}
              disabled={busy}
              autoFocus={index === 0}
              onClick={() => void enter(choice.id)}
            >
              <strong>{choice.name}</strong>
              <span>{words.roles[choice.role]}</span>
            </button>
          ))}
          <Button kind="quiet" icon="back" onClick={() => setChoices(undefined)}>
            {words.back}
          </Button>
        </div>
      ) : (
        <form className={css.form} onSubmit={submit} ref={field}>
          <TextField
            label={words.email}
            type="email"
            name="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <TextField
            label={words.password}
            type="password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button type="submit" kind="primary" wide busy={busy}>
            {words.signIn}
          </Button>
          {config.data?.demo && <Notice tone="info">{words.demo}</Notice>}
        </form>
      )}
    </Frame>
  );
}

import type { ReactNode } from "react";
import { languages, setLanguage, useLanguage, type Language } from "../../lib/i18n/index.ts";
import { Button, Notice } from "../../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./SignIn.module.css";

/** Around what is seen before anybody is signed in. */
export function Frame({ children, link }: { children: ReactNode; link: ReactNode }) {
  const words = useWords();
  const language = useLanguage();
  return (
    <main className={css.page}>
      <div className={css.brand}>
        <img src="/favicon.svg" alt="" />
        <div>
          <h1>Wardbook</h1>
          <p>{words.tagline}</p>
        </div>
      </div>
      <div className={css.card}>
        {!window.isSecureContext && <Notice tone="danger">{words.insecure}</Notice>}
        {children}
      </div>
      <div className={css.foot}>
        {link}
        <div className={css.languages} role="group" aria-label={words.language}>
          {(Object.keys(languages) as Language[]).map((code) => (
            <Button
              key={code}
              small
              kind="quiet"
              lang={code}
              aria-pressed={code === language}
              disabled={code === language}
              onClick={() => setLanguage(code)}
            >
              {languages[code]}
            </Button>
          ))}
        </div>
      </div>
    </main>
  );
}

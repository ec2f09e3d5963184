import { useEffect, useState } from "react";
import { useLockNear } from "../lib/session/index.ts";
import { Icon } from "../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./Shell.module.css";

/** Any key or click keeps the page open; the line says so before it is too late. */
export function LockWarning() {
  const words = useWords();
  const at = useLockNear();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (at === undefined) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [at]);
  return (
    <div role="alert">
      {at !== undefined && (
        <p className={css.warning}>
          <Icon name="lock" />
          {words.locksSoon}
          <span aria-hidden="true">{words.inSeconds(Math.max(1, Math.round((at - now) / 1_000)))}</span>
        </p>
      )}
    </div>
  );
}

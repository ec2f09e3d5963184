import type { ReactNode } from "react";
import { isProblem } from "../lib/api/index.ts";
import { Button } from "./Button.tsx";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { useWords } from "./words.ts";
import css from "./States.module.css";

export function Loading({ lines = 4 }: { lines?: number }) {
  const words = useWords();
  return (
    <div className={css.skeleton} role="status" data-loading>
      <span className="visually-hidden">{words.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={css.bar} />
      ))}
    </div>
  );
}

interface EmptyProps {
  title: string;
  /** Stands for a whole page, so its title is the page's. */
  page?: boolean;
  icon?: IconName;
  children?: ReactNode;
}

/** Says what could be here and offers the way to it. */
export function Empty({ title, page, icon = "info", children }: EmptyProps) {
  const Title = page ? "h1" : "h2";
  return (
    <div className={css.state}>
      <Icon name={icon} size={32} />
      <Title>{title}</Title>
      {children}
    </div>
  );
}

/** What went wrong in a sentence for the person who sees it, in the language of the page. */
export function useProblemText(): (error: unknown) => string {
  const { problem } = useWords();
  return (error) => {
    if (!isProblem(error)) return problem.internal;
    if (error.code in problem) return problem[error.code as keyof typeof problem];
    if (error.status === 503) return problem.unavailable;
    if (error.status === 404) return problem.not_found;
    if (error.status === 403) return problem.forbidden;
    if (error.status >= 500) return problem.internal;
    // The service's own sentence, which holds nothing of a patient.
    return error.message;
  };
}

interface FailedProps {
  error: unknown;
  /** Stands for a whole page. */
  page?: boolean;
  onRetry?: () => void;
}

export function Failed({ error, page, onRetry }: FailedProps) {
  const Title = page ? "h1" : "h2";
  const words = useWords();
  const text = useProblemText();
  return (
    <div className={css.state} role="alert">
      <Icon name="warning" size={32} />
      <Title>{words.problem.title}</Title>
      <p>{text(error)}</p>
      {onRetry && (
        <Button kind="primary" onClick={onRetry}>
          {words.retry}
        </Button>
      )}
      {isProblem(error) && error.requestId && (
        <p className={css.reference}>
          {words.number}: {error.requestId}
        </p>
      )}
    </div>
  );
}

export type Tone = "danger" | "warning" | "info" | "good";
const toneIcons: Record<Tone, IconName> = {
  danger: "octagon",
  warning: "warning",
  info: "info",
  good: "check",
};

interface NoticeProps {
  tone: Tone;
  children: ReactNode;
  /** Read out at once. */
  alert?: boolean;
}

export function Notice({ tone, children, alert }: NoticeProps) {
  return (
    <div className={classes(css.notice, css[tone])} role={alert ? "alert" : undefined}>
      <Icon name={toneIcons[tone]} />
      <div>{children}</div>
    </div>
  );
}

/** A notice with the sentence for a problem; nothing without one. */
export function ProblemNotice({ error }: { error: unknown }) {
  const text = useProblemText();
  if (!error) return null;
  return (
    <Notice tone="danger" alert>
      {text(error)}
    </Notice>
  );
}

interface BadgeProps {
  tone?: Tone | "plain";
  icon?: IconName;
  children: ReactNode;
}

export function Badge({ tone = "plain", icon, children }: BadgeProps) {
  return (
    <span className={classes(css.badge, css[tone])}>
      {icon && <Icon name={icon} size={14} />}
      {children}
    </span>
  );
}

interface CardProps {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  label?: string;
}

export function Card({ title, actions, children, label }: CardProps) {
  return (
    <section className={css.card} aria-label={label ?? title}>
      {title && (
        <div className={css.cardHead}>
          <h2>{title}</h2>
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

interface PageProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
  narrow?: boolean;
  /** Wide enough for tables beside long texts. */
  reading?: boolean;
  hideTitle?: boolean;
}

export function Page({ title, actions, children, narrow, reading, hideTitle }: PageProps) {
  return (
    <div className={classes(css.page, narrow && css.narrow, reading && css.reading)}>
      {hideTitle ? (
        <h1 className="visually-hidden">{title}</h1>
      ) : (
        <div className={css.pageHead}>
          <h1>{title}</h1>
          {actions && <div>{actions}</div>}
        </div>
      )}
      {children}
    </div>
  );
}

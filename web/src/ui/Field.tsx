import { useId, type ComponentProps, type ReactNode } from "react";
import { classes } from "./classes.ts";
import { Icon } from "./Icon.tsx";
import { useWords } from "./words.ts";
import css from "./Field.module.css";

export const controlClass = css.control;

interface Frame {
  label: string;
  /** Beside the label: a unit, a bound. */
  aside?: ReactNode;
  hint?: ReactNode;
  fault?: string | undefined;
  /** Read to screen readers only. */
  hideLabel?: boolean;
  optional?: boolean;
}

interface FrameProps extends Frame {
  id: string;
  children: ReactNode;
}

export function FieldFrame({ id, label, aside, hint, fault, hideLabel, optional, children }: FrameProps) {
  const words = useWords();
  return (
    <div className={css.field}>
      <label htmlFor={id} className={classes(css.label, hideLabel && "visually-hidden")}>
        {label}
        {optional && <span className={css.aside}>{words.optional}</span>}
        {aside && <span className={css.aside}>{aside}</span>}
      </label>
      {children}
      {fault && (
        <p className={css.fault} id={`${id}-fault`}>
          <Icon name="warning" size={16} />
          {fault}
        </p>
      )}
      {hint && !fault && (
        <p className={css.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

function described(id: string, { fault, hint }: Frame) {
  return {
    id,
    "aria-invalid": fault ? (true as const) : undefined,
    "aria-describedby": fault ? `${id}-fault` : hint ? `${id}-hint` : undefined,
  };
}

type InputProps = Frame & Omit<ComponentProps<"input">, "className">;

export function TextField({ label, aside, hint, fault, hideLabel, optional, id, ...rest }: InputProps) {
  const made = useId();
  const own = id ?? made;
  const frame = { label, aside, hint, fault, hideLabel, optional };
  return (
    <FieldFrame id={own} {...frame}>
      <input type="text" className={css.control} autoComplete="off" {...rest} {...described(own, frame)} />
    </FieldFrame>
  );
}

type AreaProps = Frame & Omit<ComponentProps<"textarea">, "className">;

export function TextArea({ label, aside, hint, fault, hideLabel, optional, id, ...rest }: AreaProps) {
  const made = useId();
  const own = id ?? made;
  const frame = { label, aside, hint, fault, hideLabel, optional };
  return (
    <FieldFrame id={own} {...frame}>
      <textarea rows={3} dir="auto" className={css.control} {...rest} {...described(own, frame)} />
    </FieldFrame>
  );
}

type SelectProps = Frame &
  Omit<ComponentProps<"select">, "className" | "children"> & {
    options: readonly { value: string; label: string }[];
  };

/** The system's own list: at home on every device, and with every keyboard. */
export function SelectField({ label, aside, hint, fault, hideLabel, optional, options, id, ...rest }: SelectProps) {
  const made = useId();
  const own = id ?? made;
  const frame = { label, aside, hint, fault, hideLabel, optional };
  return (
    <FieldFrame id={own} {...frame}>
      <select className={css.control} {...rest} {...described(own, frame)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}

type CheckProps = Omit<ComponentProps<"input">, "className" | "type"> & { label: string };

export function Check({ label, ...rest }: CheckProps) {
  return (
    <label className={css.check}>
      <input type="checkbox" {...rest} />
      {label}
    </label>
  );
}

import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { FieldFrame, controlClass } from "./Field.tsx";
import { useWords } from "./words.ts";
import css from "./Suggest.module.css";

interface Props<T> {
  label: string;
  hideLabel?: boolean;
  value: string;
  onChange: (text: string) => void;
  /** What is offered for the text as it is; the caller has looked for it already. */
  items: readonly T[];
  keyOf: (item: T) => string | number;
  render: (item: T) => ReactNode;
  /** One was chosen; the caller sets the text. */
  onChoose: (item: T) => void;
  /** Instead of "nothing matches": that it is being looked for. */
  status?: string | undefined;
  placeholder?: string;
  fault?: string | undefined;
  hint?: string;
  id?: string;
  maxLength?: number;
  onBlur?: () => void;
}

/**
 * A text field that offers what fits: arrows and Enter choose, Escape keeps what was typed. Nothing is
 * hidden from screen readers while the list is open, and the focus stays in the field.
 */
export function Suggest<T>(props: Props<T>) {
  const words = useWords();
  const made = useId();
  const id = props.id ?? made;
  const [wanted, setWanted] = useState(false);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const { items } = props;
  const open = wanted && props.value.trim() !== "";
  const current = Math.min(at, items.length - 1);
  const status = items.length > 0 ? "" : (props.status ?? words.noMatch);
  const described = props.fault ? `${id}-fault` : props.hint ? `${id}-hint` : undefined;

  useEffect(() => {
    if (open) list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [open, current]);

  const choose = (item: T) => {
    setWanted(false);
    setAt(0);
    props.onChoose(item);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const item = items[current];
    if (event.altKey || event.ctrlKey || event.nativeEvent.isComposing) return;
    if (step !== undefined && items.length > 0) {
      setWanted(true);
      if (open) setAt((current + step + items.length) % items.length);
    } else if (event.key === "Enter" && open && item !== undefined) {
      choose(item);
    } else if (event.key === "Escape" && open) {
      setWanted(false);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <FieldFrame id={id} label={props.label} hideLabel={props.hideLabel} fault={props.fault} hint={props.hint}>
      <div className={css.root}>
        <input
          id={id}
          className={controlClass}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open && current >= 0 ? `${id}-${current}` : undefined}
          aria-invalid={props.fault ? true : undefined}
          aria-describedby={described}
          autoComplete="off"
          placeholder={props.placeholder}
          maxLength={props.maxLength}
          value={props.value}
          onChange={(event) => {
            setWanted(true);
            setAt(0);
            props.onChange(event.target.value);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => {
            setWanted(false);
            props.onBlur?.();
          }}
        />
        <div className={open ? css.popup : undefined} hidden={!open} onPointerDown={(event) => event.preventDefault()}>
          <div id={`${id}-list`} ref={list} role="listbox" aria-label={props.label} hidden={items.length === 0}>
            {open &&
              items.map((item, index) => (
                <div
                  key={props.keyOf(item)}
                  id={`${id}-${index}`}
                  role="option"
                  aria-selected={index === current}
                  className={css.item}
                  onPointerMove={() => setAt(index)}
                  onClick={() => choose(item)}
                >
                  {props.render(item)}
                </div>
              ))}
          </div>
          <p className={status ? css.status : undefined} role="status">
            {open ? status : ""}
          </p>
        </div>
      </div>
    </FieldFrame>
  );
}

import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./Icon.tsx";
import css from "./Menu.module.css";

export interface MenuItem {
  label: string;
  icon?: IconName;
  run: () => void;
  disabled?: boolean;
}

interface Props {
  /** What the button shows, and its name for screen readers. */
  children: ReactNode;
  label: string;
  className?: string | undefined;
  items: readonly MenuItem[];
  /** Opens upwards, at the foot of a page. */
  up?: boolean;
}

/** A button that discloses a few more. Arrows go through them, Escape and leaving it close it. */
export function Menu({ children, label, className = css.trigger, items, up }: Props) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const buttons = () => [...(root.current?.querySelectorAll<HTMLButtonElement>("ul button:enabled") ?? [])];

  useEffect(() => {
    if (!open) return undefined;
    buttons()[0]?.focus();
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && open) {
      setOpen(false);
      trigger.current?.focus();
    } else if (by !== undefined && open) {
      const all = buttons();
      const at = all.indexOf(document.activeElement as HTMLButtonElement);
      all[(at + by + all.length) % all.length]?.focus();
    } else if (by === 1) {
      setOpen(true);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={root}
      className={css.root}
      onKeyDown={onKeyDown}
      onBlur={(event) => {
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={trigger}
        type="button"
        className={className}
        aria-label={label}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {children}
      </button>
      <ul id={id} className={classes(css.popup, up && css.up)} hidden={!open}>
        {items.map((item) => (
          <li key={item.label}>
            <button
              type="button"
              className={css.item}
              disabled={item.disabled}
              onClick={() => {
                setOpen(false);
                trigger.current?.focus();
                item.run();
              }}
            >
              {item.icon && <Icon name={item.icon} size={18} />}
              {item.label}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

import type { ComponentProps, ReactNode } from "react";
import { Link } from "react-router";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./Icon.tsx";
import css from "./Button.module.css";

interface Look {
  kind?: "primary" | "danger" | "quiet" | "plain";
  small?: boolean;
  wide?: boolean;
  icon?: IconName;
}

function look({ kind = "plain", small, wide }: Look, bare: boolean): string {
  return classes(
    css.button,
    kind !== "plain" && css[kind],
    small && css.small,
    wide && css.wide,
    bare && css.icon,
  );
}

type ButtonProps = Look & Omit<ComponentProps<"button">, "className"> & { busy?: boolean };

export function Button({ kind, small, wide, icon, busy, children, type, ...rest }: ButtonProps) {
  return (
    <button
      type={type ?? "button"}
      className={look({ kind, small, wide }, !children)}
      aria-busy={busy || undefined}
      {...rest}
      disabled={rest.disabled || busy}
    >
      {icon && <Icon name={icon} size={18} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "className" | "children"> {
  icon: IconName;
  label: string;
  kind?: Look["kind"];
}

export function IconButton({ icon, label, kind = "quiet", type, ...rest }: IconButtonProps) {
  return (
    <button
      type={type ?? "button"}
      className={look({ kind }, true)}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}

type LinkButtonProps = Look & { to: string; children: ReactNode; replace?: boolean; "aria-label"?: string };

export function LinkButton({ kind, small, wide, icon, to, children, ...rest }: LinkButtonProps) {
  return (
    <Link to={to} className={look({ kind, small, wide }, false)} {...rest}>
      {icon && <Icon name={icon} size={18} />}
      {children}
    </Link>
  );
}

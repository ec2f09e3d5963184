import type { ReactNode } from "react";
import css from "./Table.module.css";

interface Props {
  label: string;
  /** Of each column; with `number` its values stand at the right. */
  columns: readonly (string | { label: string; number: true })[];
  children: ReactNode;
}

/** A table that becomes a list where the screen is narrow: its cells name themselves by `data-label`. */
export function Table({ label, columns, children }: Props) {
  return (
    <div className={css.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={css.table}>
        <thead>
          <tr>
            {columns.map((column) => {
              const text = typeof column === "string" ? column : column.label;
              return (
                <th key={text} scope="col" data-number={typeof column === "string" ? undefined : true}>
                  {text}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

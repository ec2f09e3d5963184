export interface Difference {
  field: string;
  before: string;
  after: string;
}

type Values = Readonly<Record<string, unknown>> | null | undefined;

function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value, null, 1) : String(value as string | number | boolean);
}

/** Field by field, in the order in which the entry has them. */
export function differences(before: Values, after: Values): Difference[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields
    .map((field) => ({ field, before: text(before?.[field]), after: text(after?.[field]) }))
    .filter((it) => it.before !== it.after);
}

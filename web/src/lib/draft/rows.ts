import { same } from "./paths.ts";

export type Row = Readonly<Record<string, unknown>>;

// What the service derives; it says nothing about what somebody wrote.
const DERIVED = new Set(["flag", "changed_in_version"]);

function written(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !DERIVED.has(name)));
}

const idOf = (row: Row) => row["id"];

/**
 * Rows of a list, changed here and elsewhere, put together by their ids; undefined when the same row
 * was changed on both sides, or when rows have no ids by which they could be told apart.
 */
export function mergeRows(base: readonly Row[], mine: readonly Row[], theirs: readonly Row[]): Row[] | undefined {
  if ([...base, ...theirs].some((row) => idOf(row) === undefined)) return undefined;
  const find = (rows: readonly Row[], id: unknown) => rows.find((row) => idOf(row) === id);
  const out: Row[] = [];
  for (const row of mine) {
    const before = idOf(row) === undefined ? undefined : find(base, idOf(row));
    if (!before) {
      out.push(row); // Added here.
      continue;
    }
    const other = find(theirs, idOf(row));
    const changedHere = !same(written(row), written(before));
    if (!other) {
      if (changedHere) return undefined; // Taken out there, changed here.
      continue;
    }
    const changedThere = !same(written(other), written(before));
    if (changedHere && changedThere && !same(written(row), written(other))) return undefined;
    out.push(changedHere ? row : other);
  }
  for (const row of theirs) {
    const before = find(base, idOf(row));
    if (!before) out.push(row); // Added there.
    else if (!find(mine, idOf(row)) && !same(written(row), written(before))) return undefined;
  }
  return out;
}

/** After a save: the rows as they stand here, with the ids and flags that the service gave them. */
export function adoptRows(mine: readonly Row[], answered: readonly Row[]): Row[] {
  return mine.map((row, index) => {
    const there = answered[index];
    if (!there || !same(without(row, there), without(there, there))) return row;
    return { ...row, ...there };
  });
}

/** What both sides were told by a person, without the members that the service adds. */
function without(row: Row, answered: Row): Row {
  const added = new Set(["id", ...DERIVED]);
  return Object.fromEntries(Object.entries(row).filter(([name]) => !added.has(name) && name in answered));
}

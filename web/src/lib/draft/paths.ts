/** A draft as fields by path: "chief_complaint", "vital_signs/pulse_bpm"; lists are one field. */
export type Fields = Readonly<Record<string, unknown>>;

const SPLIT = ["vital_signs"];

/** A record's writable fields by path. Members that are absent are not there either. */
export function flatten(record: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name of names) {
    const value = record[name];
    if (SPLIT.includes(name)) {
      for (const [member, inner] of Object.entries((value ?? {}) as object)) out[`${name}/${member}`] = inner;
    } else if (value !== undefined) {
      out[name] = value;
    }
  }
  return out;
}

/** The JSON merge patch (RFC 7396) that sets these paths. */
export function mergePatchOf(fields: Fields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(fields)) {
    const [name = path, member] = path.split("/");
    if (member === undefined) out[name] = value ?? null;
    else out[name] = { ...(out[name] as object | undefined), [member]: value ?? null };
  }
  return out;
}

/** Where a fault's JSON pointer belongs: the field itself, or the list that it lies in. */
export function pathOf(pointer: string): string {
  const [name = "", member] = pointer.slice(1).split("/");
  return member !== undefined && SPLIT.includes(name) ? `${name}/${member}` : name;
}

function plain(value: unknown): unknown {
  return value === undefined || value === "" ? null : value;
}

/** Equal as JSON. Nothing, null and the empty text are one: the service keeps no empty texts. */
export function same(a: unknown, b: unknown): boolean {
  const [left, right] = [plain(a), plain(b)];
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const name of names) {
    if (!same((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name])) return false;
  }
  return true;
}

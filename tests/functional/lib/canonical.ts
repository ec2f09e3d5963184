// The canonical form of a version, as docs/clinical-record.md has it (RFC 8785): JSON with the keys of
// every object sorted and no white space. Its SHA-256 is the content_hash.
import { createHash } from "node:crypto";
import type { Schemas } from "./client.ts";

export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`);
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value);
}

export function hashOf(version: Schemas["WholeVersion"]): string {
  const whole = {
    author: version.changed_by,
    content: version.content,
    record_id: version.record_id,
    status: version.status,
    time: version.changed_at,
    version: version.version,
  };
  return createHash("sha256").update(canonical(whole), "utf8").digest("hex");
}

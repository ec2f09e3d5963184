// The hash of a version, as docs/audit.md has it. What the version says goes in by its digest, in its
// canonical form (RFC 8785): JSON with the keys of every object sorted and no white space.
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

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const field = (text: string | null): string =>
  text === null ? "-," : `${Buffer.byteLength(text)}:${text},`;

/** Of an RFC 3339 time in UTC. */
function microseconds(time: string): string {
  const [, whole, fraction = ""] = /^([^.]*?)(?:\.(\d+))?Z$/.exec(time)!;
  return `${Date.parse(`${whole}Z`) / 1000}${fraction.padEnd(6, "0")}`;
}

export function hashOf(version: Schemas["WholeVersion"]): string {
  const salt = Buffer.from((version.content_salt ?? "").replaceAll("-", ""), "hex");
  const said = Buffer.from(field(version.reason ?? null) + canonical(version.content), "utf8");
  const digest = sha256(Buffer.concat([salt, said]));
  const line = [
    version.content_format,
    "record",
    version.record_id,
    version.version,
    version.revision,
    version.kind,
    version.status,
    (version.content as unknown as { patient_id: number }).patient_id,
    version.changed_by,
    microseconds(version.begun_at),
    microseconds(version.changed_at),
    digest,
  ].join(" ");
  return digest === version.content_digest ? sha256(Buffer.from(line, "utf8")) : "another digest";
}

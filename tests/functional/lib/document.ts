// openapi/wardbook.yaml as the judge: which operation an answer belongs to, and whether it keeps
// what the document promises of it.
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import type { Answer } from "./http.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Header {
  required?: boolean;
  schema: object;
}
interface Described {
  headers?: Record<string, Header | { $ref: string }>;
  content?: Record<string, { schema: object }>;
  "x-codes"?: string[];
}
interface OperationObject {
  operationId: string;
  "x-permission": string;
  responses: Record<string, Described | { $ref: string }>;
  parameters?: unknown[];
  requestBody?: { content: Record<string, unknown> };
}
type PathItem = Record<string, unknown> & { servers?: { url: string }[] };
interface Document {
  openapi: string;
  paths: Record<string, PathItem>;
  components: Record<string, Record<string, unknown>>;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  /** With the server's base, still with `{…}`. */
  template: string;
  permission: string;
  takesJson: boolean;
  object: OperationObject;
}

const METHODS = ["get", "put", "post", "patch", "delete"];
const file = new URL("../../../openapi/wardbook.yaml", import.meta.url);
export const text = readFileSync(file, "utf8");
export const document = parse(text) as Document;

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
(addFormats as unknown as (a: Ajv2020) => void)(ajv);
ajv.addSchema(document, "wardbook");
const compiled = new Map<string, ValidateFunction>();

function validator(pointer: string): ValidateFunction {
  let found = compiled.get(pointer);
  if (!found) {
    found = ajv.compile({ $ref: `wardbook#${pointer}` });
    compiled.set(pointer, found);
  }
  return found;
}

function escape(segment: string): string {
  return encodeURIComponent(segment.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function resolve<T extends object>(value: T | { $ref: string }, at: string): [T, string] {
  if ("$ref" in value && typeof value.$ref === "string") {
    const pointer = value.$ref.slice(1);
    let target: unknown = document;
    for (const part of pointer.split("/").slice(1)) {
      target = (target as Record<string, unknown>)[part];
    }
    return [target as T, pointer];
  }
  return [value as T, at];
}

export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, item]) => {
  const server = item.servers?.[0]?.url ?? "/api/v1";
  return METHODS.filter((method) => method in item).map((method) => {
    const object = item[method] as OperationObject;
    return {
      id: object.operationId,
      method: method.toUpperCase(),
      path,
      template: (server === "/" ? "" : server) + path,
      permission: object["x-permission"],
      takesJson: object.requestBody ? "application/json" in object.requestBody.content : false,
      object,
    };
  });
});

function pattern(template: string): RegExp {
  const parts = template
    .split(/\{[^}]+\}/)
    .map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`);
}
// Fixed paths before those with parameters: /attachments/policy is not an id.
const lookup = operations
  .map((operation) => ({ operation, pattern: pattern(operation.template) }))
  .sort((a, b) => a.operation.template.split("{").length - b.operation.template.split("{").length);

export function operationOf(method: string, pathname: string): Operation | undefined {
  return lookup.find((row) => row.operation.method === method && row.pattern.test(pathname))
    ?.operation;
}
export function isDocumented(pathname: string): boolean {
  return lookup.some((row) => row.pattern.test(pathname));
}

function describe(check: ValidateFunction): string[] {
  return (check.errors ?? []).map(
    (e) => `${e.instancePath || "(whole)"} ${e.message ?? ""} ${JSON.stringify(e.params)}`,
  );
}

export function matches(schema: string, value: unknown): string[] {
  const check = validator(`/components/schemas/${schema}`);
  return check(value) ? [] : describe(check);
}

function problemFaults(answer: Answer, codes: string[] | undefined): string[] {
  const faults: string[] = [];
  const type = answer.headers["content-type"] ?? "";
  if (!type.startsWith("application/problem+json")) {
    return [`content-type is ${type || "absent"} instead of application/problem+json`];
  }
  let problem: Record<string, unknown>;
  try {
    problem = JSON.parse(answer.text) as Record<string, unknown>;
  } catch {
    return ["the problem is not JSON"];
  }
  faults.push(...matches("Problem", problem));
  if (problem["status"] !== answer.status)
    faults.push("status of the body and of the answer differ");
  if (problem["request_id"] !== answer.headers["x-request-id"]) {
    faults.push("request_id and X-Request-ID differ");
  }
  if (codes && !codes.includes(String(problem["code"]))) {
    faults.push(`code ${String(problem["code"])} is none of ${codes.join(", ")}`);
  }
  if (problem["code"] === "invalid_fields" && !problem["errors"]) faults.push("422 without errors");
  if ((answer.status === 429 || answer.status === 503) && !answer.headers["retry-after"]) {
    faults.push("Retry-After is missing");
  }
  return faults;
}

function headerFaults(answer: Answer, described: Described, at: string): string[] {
  const faults: string[] = [];
  for (const [name, value] of Object.entries(described.headers ?? {})) {
    const [header, pointer] = resolve<Header>(value, `${at}/headers/${escape(name)}`);
    const values = answer.headers[name.toLowerCase()];
    const sent = Array.isArray(values) ? values.join(", ") : values;  // Set-Cookie
    if (sent === undefined) {
      if (header.required) faults.push(`header ${name} is missing`);
      continue;
    }
    const check = validator(`${pointer}/schema`);
    if (!check(sent)) faults.push(`header ${name}: ${describe(check).join("; ")}`);
  }
  return faults;
}

function bodyFaults(answer: Answer, described: Described, at: string): string[] {
  const kinds = Object.keys(described.content ?? {});
  if (kinds.length === 0) return answer.bytes.length > 0 ? ["a body where none belongs"] : [];
  const type = (answer.headers["content-type"] ?? "").split(";")[0]!.trim();
  if (kinds.includes("*/*")) return type ? [] : ["content-type is missing"];
  if (!kinds.includes(type)) return [`content-type ${type || "(none)"} is none of ${kinds.join()}`];
  if (!type.endsWith("json")) return [];
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch {
    return ["the body is not JSON"];
  }
  const check = validator(`${at}/content/${escape(type)}/schema`);
  return check(value) ? [] : describe(check);
}

/** Everything in which an answer differs from the document. */
export function faultsOf(answer: Answer): string[] {
  const where = answer.url.pathname;
  const faults: string[] = [];
  if (!answer.headers["x-request-id"]) faults.push("X-Request-ID is missing");
  if (answer.status >= 500 && answer.status !== 503) {
    return [`${answer.status} is never right: ${answer.text.slice(0, 300)}`];
  }
  if (answer.method === "HEAD") return faults;
  const operation = operationOf(answer.method, where);
  if (!operation) {
    const expected = isDocumented(where) ? 405 : 404;
    const html = (answer.headers["content-type"] ?? "").startsWith("text/html");
    if (!where.startsWith("/api/") && answer.status === 200 && html) return faults;
    if (answer.status !== expected && answer.status !== 401 && answer.status !== 400) {
      faults.push(`${answer.status} on what the document does not have`);
    }
    if (answer.status === 405 && !answer.headers["allow"]) faults.push("405 without Allow");
    return [...faults, ...problemFaults(answer, undefined)];
  }
  const listed = operation.object.responses[String(answer.status)];
  if (!listed) {
    // What the connection itself refuses may happen to any request.
    if ([408, 413, 417, 431].includes(answer.status)) {
      return [...faults, ...problemFaults(answer, undefined)];
    }
    return [`${answer.status} is not in the document: ${answer.text.slice(0, 300)}`];
  }
  const base =
    `/paths/${escape(operation.path)}/${operation.method.toLowerCase()}` +
    `/responses/${answer.status}`;
  const [described, at] = resolve<Described>(listed, base);
  faults.push(...headerFaults(answer, described, at), ...bodyFaults(answer, described, at));
  if (answer.status >= 400) faults.push(...problemFaults(answer, described["x-codes"]));
  return faults;
}

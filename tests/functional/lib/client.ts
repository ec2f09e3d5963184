// The client of the tests: typed from the document, and every answer is held against it.
import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import type { components, paths } from "../generated/api.ts";
import { faultsOf } from "./document.ts";
import { send, type Answer } from "./http.ts";

export type Schemas = components["schemas"];

type Verb = "get" | "put" | "post" | "patch" | "delete";
export type VerbOf<P extends keyof paths> = {
  [V in Verb]: paths[P][V] extends { responses: unknown } ? V : never;
}[Verb];
type Op<P extends keyof paths, V extends VerbOf<P>> = paths[P][V];
type Responses<O> = O extends { responses: infer R } ? R : never;
type JsonOf<T> = T extends { content: infer C }
  ? C extends { "application/json": infer J }
    ? J
    : C extends { "application/problem+json": infer J }
      ? J
      : string
  : undefined;
/** What an operation answers with a status; conditional, so that no union of all routes is made. */
type AnswerOf<O, S> = O extends { responses: infer R }
  ? S extends keyof R
    ? JsonOf<R[S]>
    : never
  : never;
type Part<O, K extends string> = O extends { parameters: { [key in K]?: infer T } }
  ? unknown extends T
    ? undefined
    : T
  : undefined;
type BodyOf<O> = O extends { requestBody: { content: infer C } }
  ? C extends { "application/json": infer J }
    ? J
    : unknown
  : undefined;

export interface Options<O> {
  path?: Part<O, "path">;
  query?: Part<O, "query">;
  headers?: Record<string, string>;
  body?: BodyOf<O>;
  ifMatch?: string | number;
}
export interface Anything {
  query?: Record<string, string | number>;
  headers?: Record<string, string>;
  /** Sent as JSON; a string or a Buffer is sent as it is. */
  body?: unknown;
  type?: string;
  ifMatch?: string | number;
  signal?: AbortSignal;
}
export interface Result<T> {
  status: number;
  headers: IncomingHttpHeaders;
  body: T;
  text: string;
  bytes: Buffer;
  /** Of `ETag: "3"`; 0 when there is none. */
  version: number;
  requestId: string;
}

/** The fields that a problem is told apart by. */
export type Problem = Schemas["Problem"];

function toResult<T>(answer: Answer): Result<T> {
  const type = answer.headers["content-type"] ?? "";
  const body = type.includes("json") && answer.text !== "" ? JSON.parse(answer.text) : answer.text;
  return {
    status: answer.status,
    headers: answer.headers,
    body: (answer.bytes.length === 0 ? undefined : body) as T,
    text: answer.text,
    bytes: answer.bytes,
    version: Number(/^"(\d+)"$/.exec(answer.headers.etag ?? "")?.[1] ?? 0),
    requestId: String(answer.headers["x-request-id"] ?? ""),
  };
}

export class Client {
  constructor(
    readonly base: string,
    readonly token?: string,
    readonly fixed: Record<string, string> = {},
  ) {}

  with(headers: Record<string, string>): Client {
    return new Client(this.base, this.token, { ...this.fixed, ...headers });
  }

  /** Any request at all; below /api/v1 unless `path` starts with two slashes. */
  async any(method: string, path: string, options: Anything = {}): Promise<Result<any>> {
    const url = new URL(path.startsWith("//") ? path.slice(1) : `/api/v1${path}`, this.base);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { ...this.fixed };
    if (this.token) headers["authorization"] = `Bearer ${this.token}`;
    if (options.ifMatch !== undefined) {
      const value = options.ifMatch;
      headers["if-match"] = typeof value === "number" ? `"${value}"` : value;
    }
    let body: string | Buffer | undefined;
    if (options.body !== undefined) {
      const plain = typeof options.body === "string" || Buffer.isBuffer(options.body);
      body = plain ? (options.body as string | Buffer) : JSON.stringify(options.body);
      const json = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      headers["content-type"] = options.type ?? json;
    } else if (options.type) {
      headers["content-type"] = options.type;
    }
    Object.assign(headers, options.headers);
    const answer = await send({ method, url, headers, body, signal: options.signal });
    const faults = faultsOf(answer);
    assert.equal(
      faults.length,
      0,
      `${method} ${url.pathname}${url.search} -> ${answer.status} breaks the document:\n  ` +
        `${faults.join("\n  ")}\n  answer: ${answer.text.slice(0, 1_000)}`,
    );
    return toResult(answer);
  }

  /** A request of the document, with the status that must come back. */
  async expect<
    P extends keyof paths & string,
    V extends VerbOf<P>,
    S extends number & keyof Responses<Op<P, V>>,
  >(
    status: S,
    verb: V,
    path: P,
    options: Options<Op<P, V>> = {},
  ): Promise<Result<AnswerOf<Op<P, V>, S>>> {
    const given = (options.path ?? {}) as Record<string, string | number>;
    const concrete = path.replace(/\{([^}]+)\}/g, (_, name: string) => {
      const value = given[name];
      assert.ok(value !== undefined, `${path} needs ${name}`);
      return encodeURIComponent(String(value));
    });
    const query: Record<string, string | number> = {};
    for (const [name, value] of Object.entries((options.query ?? {}) as object)) {
      if (value !== undefined) query[name] = value as string | number;
    }
    const root = ["/healthz", "/readyz", "/metrics", "/openapi.json"].includes(path) ? "/" : "";
    const result = await this.any(String(verb).toUpperCase(), root + concrete, {
      query,
      headers: options.headers,
      body: options.body,
      ifMatch: options.ifMatch,
    });
    assert.equal(
      result.status,
      status,
      `${String(verb).toUpperCase()} ${concrete}: ${result.status} instead of ${String(status)}: ` +
        result.text.slice(0, 1_000),
    );
    return result as Result<AnswerOf<Op<P, V>, S>>;
  }

  /** A request that must be refused with this status and code. */
  async refused(
    status: number,
    code: Problem["code"],
    method: string,
    path: string,
    options: Anything = {},
  ): Promise<Problem> {
    const result = await this.any(method, path, options);
    assert.equal(result.status, status, `${method} ${path}: ${result.status} ${result.text}`);
    const problem = result.body as Problem;
    assert.equal(problem.code, code, `${method} ${path}: ${result.text}`);
    return problem;
  }
}

/** The pointers of a 422, sorted. */
export function pointers(problem: Problem): string[] {
  return (problem.errors ?? []).map((fault) => fault.pointer).sort();
}

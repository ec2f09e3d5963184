import type { components } from "./schema";

type ProblemBody = components["schemas"]["Problem"];
export type Fault = components["schemas"]["Fault"];

/** A refusal or a fault of a request. `code` is stable; "offline" when nothing answered. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly faults: readonly Fault[];
  readonly requestId: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly etag: string | undefined;
  readonly body: Partial<ProblemBody> & Record<string, unknown>;

  constructor(
    code: string,
    status: number,
    body: Partial<ProblemBody> & Record<string, unknown> = {},
    headers?: Headers,
  ) {
    super(body.detail ?? code);
    this.name = "Problem";
    this.code = code;
    this.status = status;
    this.body = body;
    this.faults = body.errors ?? [];
    this.requestId = body.request_id ?? headers?.get("X-Request-ID") ?? undefined;
    const wait = Number(headers?.get("Retry-After"));
    this.retryAfterS = Number.isFinite(wait) && wait > 0 ? wait : undefined;
    this.etag = headers?.get("ETag") ?? undefined;
  }

  /** Whether the same request may succeed a moment later. */
  get passing(): boolean {
    return this.code === "offline" || this.status === 503 || this.status === 429;
  }

  /** The message of the fault at this place in the body, if there is one. */
  at(pointer: string): string | undefined {
    return this.faults.find((fault) => fault.pointer === pointer)?.message;
  }
}

export function problemOf(response: Response, body: unknown): Problem {
  const parsed = (typeof body === "object" && body !== null ? body : {}) as Partial<ProblemBody> &
    Record<string, unknown>;
  return new Problem(parsed.code ?? `http_${response.status}`, response.status, parsed, response.headers);
}

export function isProblem(error: unknown, code?: string): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}

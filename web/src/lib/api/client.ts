import createClient from "openapi-fetch";
import { Problem, problemOf } from "./problem.ts";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** What the session adds to requests. It is handed in, so that api does not know the session. */
export interface Authority {
  /** The access token for the next request; undefined when nobody is signed in. */
  token(): string | undefined;
  /** Gets another token after the service refused `refused`; false when there is none to be had. */
  renew(refused: string | undefined): Promise<boolean>;
}

let authority: Authority = { token: () => undefined, renew: () => Promise.resolve(false) };

export function setAuthority(next: Authority): void {
  authority = next;
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Problem("offline", 0);
  }
}

function signed(request: Request): Request {
  const token = authority.token();
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

/** One try, and another one after a refused token: with the same body and key, so done once. */
async function sendSigned(request: Request): Promise<Response> {
  const again = request.clone();
  const used = authority.token();
  const answer = await send(signed(request));
  if (answer.status !== 401 || new URL(request.url).pathname.startsWith("/api/v1/auth/")) return answer;
  return (await authority.renew(used)) ? send(signed(again)) : answer;
}

export const api = createClient<paths>({ baseUrl: "/api/v1", fetch: sendSigned });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws a Problem for everything that is not a success. */
export async function call<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await callWithEtag(answer)).data;
}

/** As `call`, with the ETag, which the next change of the same thing has to name. */
export async function callWithEtag<T>(answer: Promise<Answer<T>>): Promise<{ data: T; etag: string }> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return { data: data as T, etag: response.headers.get("ETag") ?? "" };
}

/** Names one intention, so that a repeated POST is done once. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}

/** PATCH bodies are merge patches; `bodySerializer` keeps the type that the header names. */
export const mergePatch = {
  headers: { "Content-Type": "application/merge-patch+json" },
} as const;

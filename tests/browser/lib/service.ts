// What a test needs of the service before it looks at the pages: people, patients, visits.
import assert from "node:assert/strict";
import { base, hospital, password } from "./browser.ts";

export interface Answer {
  status: number;
  etag: string;
  body: any; // eslint-disable-line -- held against the OpenAPI file by the functional tests
}

export class Person {
  private constructor(
    readonly token: string,
    readonly id: number,
  ) {}

  static async signIn(email: string): Promise<Person> {
    const body = { email, password, tenant: hospital };
    const { body: session, status } = await send("POST", "/auth/login", {}, body);
    assert.equal(status, 200);
    return new Person(session.access_token as string, session.user.id as number);
  }

  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return send(method, path, { Authorization: `Bearer ${this.token}`, ...headers }, body);
  }
  async get(path: string): Promise<any> {
    const answer = await this.send("GET", path);
    assert.equal(answer.status, 200, path);
    return answer.body;
  }
  async create(path: string, body: unknown, headers: Record<string, string> = {}): Promise<any> {
    const answer = await this.send("POST", path, body, headers);
    assert.ok(answer.status === 201 || answer.status === 200, JSON.stringify(answer.body));
    return answer.body;
  }
}

async function send(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    etag: answer.headers.get("ETag") ?? "",
    body: text === "" ? undefined : JSON.parse(text),
  };
}

let count = 0;

/** A patient whom no other test knows. */
export async function newPatient(doctor: Person, more: object = {}): Promise<any> {
  const name = `Prueba${Date.now().toString(36)}${++count}`.replace(/\d/g, (digit) => "abcdefghij"[Number(digit)]!);
  const body = { first_name: "Ana María", last_name: name, date_of_birth: "1984-06-02", sex: "female", ...more };
  return doctor.create("/patients", body);
}

export function newDraft(doctor: Person, patient: number, more: object = {}): Promise<any> {
  const body = { patient_id: patient, visit_type: "consultation", visit_date: "2026-03-04T09:30:00Z", ...more };
  return doctor.create("/records", body);
}

/** Asks until the answer is as it has to be. */
export async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean, what: string): Promise<T> {
  for (let i = 0; i < 150; i++) {
    const answer = await ask();
    if (good(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`never: ${what}`);
}

// Random work of two doctors on the same visits, against a model: versions without gaps, hashes that
// can be taken again, ETags that are the version, no update lost, nothing done twice.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { hashOf } from "../lib/canonical.ts";
import type { Client, Result, Schemas } from "../lib/client.ts";
import {
  as,
  doctorId,
  HOME,
  newAccount,
  newPatient,
  newRecord,
  VISIT,
  wardbook,
} from "../lib/world.ts";

const SEED = Number(process.env["WARDBOOK_SEED"] ?? 20261122);
const STEPS = Number(process.env["WARDBOOK_STEPS"] ?? 220);
const CODES = ["E11.9", "I10", "J45.909", "N39.0", "R07.9"];

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a record must look like. */
interface Model {
  id: number;
  revision: number;
  status: "draft" | "finalized" | "amended";
  notes: string | null;
  complaint: string | null;
  codes: Map<number, string>;
  wasSigned: boolean;
  voided: boolean;
  /** The notes after each accepted write, from the first. */
  history: (string | null)[];
}

interface Attempt {
  method: string;
  path: string;
  body?: unknown;
  /** The answer's status if the ETag is right. */
  expected: number;
  apply: (answer: Result<any>) => void;
}

interface Actor {
  client: Client;
  password: string;
}

test(`${STEPS} random steps of two doctors (seed ${SEED})`, async () => {
  const random = randomNumbers(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const doctors: Actor[] = [];
  for (let i = 0; i < 2; i += 1) {
    const made = await newAccount("doctor");
    doctors.push({ client: made.client, password: made.password });
  }
  const admin = await as("hospital_admin");
  const first = doctors[0]!.client;
  const patient = (await newPatient(first)).id;
  const author = await doctorId(first);
  const models: Model[] = [];

  const create = async (): Promise<void> => {
    const record = await newRecord(first, patient, { notes: "first" });
    models.push({
      id: record.id,
      revision: 1,
      status: "draft",
      notes: "first",
      complaint: record.chief_complaint,
      codes: new Map(),
      wasSigned: false,
      voided: false,
      history: ["first"],
    });
  };
  for (let i = 0; i < 3; i += 1) await create();

  const accepted = (model: Model): void => {
    model.revision += 1;
    model.history.push(model.notes);
  };
  const draft = (model: Model): boolean => model.status === "draft";

  function attempt(model: Model, actor: Actor, n: number): Attempt {
    const at = `/records/${model.id}`;
    const text = `${n} ${randomUUID()}`;
    const ids = [...model.codes.keys()];
    const unused = CODES.filter((code) => ![...model.codes.values()].includes(code));
    const kinds = ["patch", "put", "add", "change", "remove", "finalize", "amend", "reopen", "void"];
    // Finalized visits are worth more steps than they would get.
    const kind = draft(model) ? pick(kinds) : pick(["amend", "reopen", "patch", "finalize"]);
    const ok = (status: number): number => (draft(model) ? status : 409);
    switch (kind) {
      case "put": {
        const body = {
          patient_id: patient,
          doctor_id: author,
          visit_date: VISIT,
          visit_type: "consultation",
          chief_complaint: text,
        };
        const apply = (): void => {
          model.notes = null;
          model.complaint = text;
        };
        return { method: "PUT", path: at, body, expected: ok(200), apply };
      }
      case "add":
        if (unused.length > 0) {
          const body = { icd_code: pick(unused), diagnosis_type: "secondary" };
          const apply = (answer: Result<any>): void => {
            model.codes.set(answer.body.id, answer.body.icd_code);
          };
          return { method: "POST", path: `${at}/diagnoses`, body, expected: ok(201), apply };
        }
        break;
      case "change":
        if (ids.length > 0) {
          const path = `/diagnoses/${pick(ids)}`;
          const body = { notes: text };
          return { method: "PATCH", path, body, expected: ok(200), apply: () => undefined };
        }
        break;
      case "remove":
        if (ids.length > 0) {
          const id = pick(ids);
          const apply = (): void => void model.codes.delete(id);
          return { method: "DELETE", path: `/diagnoses/${id}`, expected: ok(204), apply };
        }
        break;
      case "finalize": {
        const apply = (): void => {
          model.status = "finalized";
          model.wasSigned = true;
        };
        const body = { password: actor.password };
        return { method: "POST", path: `${at}/finalize`, body, expected: ok(200), apply };
      }
      case "amend": {
        const body = { reason: "late result", changes: { notes: text } };
        const apply = (): void => {
          model.status = "amended";
          model.notes = text;
        };
        const expected = draft(model) ? 409 : 201;
        return { method: "POST", path: `${at}/amendments`, body, expected, apply };
      }
      case "reopen": {
        const apply = (): void => void (model.status = "draft");
        const expected = draft(model) ? 409 : 200;
        const body = { reason: "wrong patient's result" };
        return { method: "POST", path: `${at}/reopen`, body, expected, apply };
      }
      case "void": {
        const apply = (): void => void (model.voided = true);
        const expected = draft(model) && !model.wasSigned ? 204 : 409;
        return { method: "DELETE", path: `${at}?reason=duplicate`, expected, apply };
      }
      default:
        break;
    }
    const apply = (): void => void (model.notes = text);
    return { method: "PATCH", path: at, body: { notes: text }, expected: ok(200), apply };
  }

  async function isAsModelled(model: Model): Promise<void> {
    const seen = await first.any("GET", `/records/${model.id}`);
    if (model.voided) return assert.equal(seen.status, 404, seen.text);
    const record = seen.body as Schemas["Record"];
    assert.equal(seen.status, 200, seen.text);
    assert.equal(seen.headers["etag"], `"${model.revision}"`);
    assert.equal(record.revision, model.revision);
    assert.equal(record.status, model.status);
    assert.equal(record.notes, model.notes);
    assert.equal(record.chief_complaint, model.complaint);
    const codes = record.diagnoses.map((one) => [one.id, one.icd_code]);
    assert.deepEqual(codes.sort(), [...model.codes].sort());
  }

  for (let n = 0; n < STEPS; n += 1) {
    if (models.every((model) => model.voided) || random() < 0.02) await create();
    const model = pick(models.filter((one) => !one.voided));
    const actor = pick(doctors);
    const todo = attempt(model, actor, n);
    const client = todo.path.endsWith("/reopen") ? admin : actor.client;
    const roll = random();
    const where = `step ${n}: ${todo.method} ${todo.path}`;
    const key = todo.method === "POST" && random() < 0.5 ? randomUUID() : undefined;
    const headers: Record<string, string> = key ? { "idempotency-key": key } : {};
    const send = (by: Client, version: number): Promise<Result<any>> =>
      by.any(todo.method, todo.path, { ifMatch: version, headers, body: todo.body });

    if (roll < 0.2) {
      // A stale or a future version never changes anything.
      const answer = await send(client, random() < 0.5 ? model.revision - 1 : model.revision + 1);
      assert.ok([409, 412].includes(answer.status), `${where}: ${answer.text}`);
    } else if (roll < 0.35 && todo.expected < 300 && !key && client !== admin) {
      // Both at once with the same version: one of them, whichever it is.
      const bodies = todo.path.endsWith("/finalize");
      const other = bodies ? client : doctors.find((one) => one !== actor)!.client;
      const both = await Promise.all([send(client, model.revision), send(other, model.revision)]);
      const done = both.filter((answer) => answer.status === todo.expected);
      assert.equal(done.length, 1, `${where}: ${both.map((one) => one.status).join()}`);
      const refused = both.find((answer) => answer !== done[0])!;
      assert.ok([404, 409, 412].includes(refused.status), `${where}: ${refused.text}`);
      todo.apply(done[0]!);
      accepted(model);
    } else {
      const answer = await send(client, model.revision);
      assert.equal(answer.status, todo.expected, `${where}: ${answer.text}`);
      if (answer.status < 300) {
        todo.apply(answer);
        accepted(model);
        if (key) {
          const again = await send(client, model.revision - 1);
          assert.equal(again.status, answer.status, `${where}: ${again.text}`);
          assert.deepEqual(again.body, answer.body);
        }
      }
    }
    await isAsModelled(model);
  }

  for (const model of models) {
    const list = await first.expect(200, "get", "/records/{id}/versions", {
      path: { id: model.id },
      query: { limit: 200 },
    });
    const numbers = list.body.items.map((item) => item.version);
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, i) => i + 1),
    );
    assert.equal(list.body.items.at(-1)!.revision, model.revision, "every write is in a version");
    let before: string | null = null;
    for (const { version: n, revision } of list.body.items) {
      const path = { id: model.id, n };
      const { body } = await first.expect(200, "get", "/records/{id}/versions/{n}", { path });
      assert.ok("content" in body);
      assert.equal(hashOf(body), body.content_hash);
      const now = model.history[revision - 1] ?? null;
      assert.equal((body.content as { notes?: unknown }).notes, now);
      if (n > 1) {
        const { body: changed } = await first.expect(200, "get", "/records/{id}/versions/{n}", {
          path,
          query: { diff: n - 1 },
        });
        assert.ok("changes" in changed);
        const notes = changed.changes.find((change) => change.pointer === "/notes");
        if (now === before) assert.equal(notes, undefined);
        else assert.deepEqual([notes?.before ?? null, notes?.after ?? null], [before, now]);
      }
      before = now;
    }
  }

  const verified = await wardbook(["audit", "verify", "--tenant", HOME, "--output", "json"]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

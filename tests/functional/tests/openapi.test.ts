// The document against the program: what is served is what is in the repository, every route is in
// it, and everything in it is a route.
import assert from "node:assert/strict";
import { test } from "node:test";
import { document, matches, operations, text } from "../lib/document.ts";
import { as, nobody, ROLES, wardbook } from "../lib/world.ts";

test("/openapi.json is openapi/wardbook.yaml", async () => {
  const served = await nobody.expect(200, "get", "/openapi.json");
  assert.deepEqual(served.body, document);
});

test("every path and method of the document is a route", async () => {
  const doctor = await as("doctor");
  for (const operation of operations) {
    const path = operation.template.replace(/\{[^}]+\}/g, "999999999999");
    const client = operation.permission === "open" ? nobody : doctor;
    const body = operation.takesJson ? {} : undefined;
    const answer = await client.any(operation.method, `/${path}`, { body });
    const code = (answer.body as { code?: string } | undefined)?.code;
    assert.ok(
      answer.status !== 405 && code !== "not_found",
      `${operation.method} ${path}: ${answer.status} ${answer.text}`,
    );
  }
});

test("every route of the program is in the document, with its permission", async () => {
  const listed = await wardbook(["routes", "--output", "json"]);
  assert.equal(listed.code, 0, listed.stderr);
  const routes = JSON.parse(listed.stdout) as { method: string; path: string; access: string }[];
  const pages = (path: string): boolean => path === "/" || /^\/(docs|ui|assets)\b/.test(path);
  const ours = new Map(
    operations.map((operation) => [
      `${operation.method} ${operation.template}`,
      operation.permission,
    ]),
  );
  const program = new Map(
    routes
      .filter((route) => !pages(route.path))
      .map((route) => [`${route.method} ${route.path}`, route.access]),
  );
  assert.deepEqual([...program.keys()].sort(), [...ours.keys()].sort());
  for (const [route, access] of program) assert.equal(access, ours.get(route), route);
});

test("the document is whole", () => {
  assert.equal(document.openapi, "3.1.0");
  const ids = operations.map((operation) => operation.id);
  assert.equal(new Set(ids).size, ids.length, "operationIds are unique");
  const schemas = Object.keys(document.components["schemas"] ?? {});
  for (const name of schemas) {
    assert.ok(text.includes(`#/components/schemas/${name}"`), `${name} is used`);
  }
  const roles = (document.components["schemas"]!["Role"] as { enum: string[] }).enum;
  assert.deepEqual([...roles].sort(), [...ROLES].sort());
  for (const operation of operations) {
    const success = Object.keys(operation.object.responses).some((status) => status < "400");
    assert.ok(success, operation.id);
    if (operation.permission !== "open") {
      assert.ok(
        operation.object.responses["401"] && operation.object.responses["403"],
        operation.id,
      );
    }
  }
});

test("examples are what they are examples of", () => {
  let seen = 0;
  for (const [name, schema] of Object.entries(document.components["schemas"] ?? {})) {
    for (const example of (schema as { examples?: unknown[] }).examples ?? []) {
      seen += 1;
      assert.deepEqual(matches(name, example), [], name);
    }
  }
  assert.ok(seen > 5);
});

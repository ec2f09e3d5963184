import assert from "node:assert/strict";
import { test } from "node:test";
import { base } from "../lib/browser.ts";

const html = { Accept: "text/html" };
const get = (path: string, headers: Record<string, string> = html) => fetch(base + path, { headers });

test("a page is not kept, and may reach the service and its store only", async () => {
  const answer = await get("/patients/17/overview");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("Cache-Control"), "no-store");
  const policy = answer.headers.get("Content-Security-Policy") ?? "";
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' http:\/\/127\.0\.0\.1:\d+;/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
});

test("files are kept for ever, compressed, and known again by their ETag", async () => {
  const page = await (await get("/")).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1];
  assert.ok(script, page);
  const answer = await get(script, { "Accept-Encoding": "br" });
  await answer.arrayBuffer();
  assert.equal(answer.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
  assert.equal(answer.headers.get("Content-Encoding"), "br");
  const known = { "Accept-Encoding": "br", "If-None-Match": answer.headers.get("ETag") ?? "" };
  assert.equal((await get(script, known)).status, 304);
});

test("paths of programs are answered for programs", async () => {
  for (const path of ["/api/v1/nothing", "/api/v2", "/assets/gone.js", "/docs/nothing", "/wp-login.php"]) {
    const answer = await get(path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers.get("Content-Type"), "application/problem+json", path);
  }
  assert.equal((await get("/healthz")).headers.get("Content-Type"), "application/json");
  assert.equal((await get("/patients", { Accept: "application/json" })).status, 404);
});

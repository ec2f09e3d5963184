// The README's shell session, as it stands there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { root } from "../lib/program.ts";
import { base, password } from "../lib/world.ts";

test("the README's session runs from sign-in to the audit log", async () => {
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  const session = /```sh\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(session, "the README has a shell session");
  const folder = await mkdtemp(path.join(tmpdir(), "wardbook-readme-"));
  try {
    const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", session], {
      cwd: folder,
      env: { ...process.env, WARDBOOK: new URL(base).origin, PASSWORD: password },
    });
    assert.match(stdout, /"revision": 2/);
    assert.match(stdout, /"code": "version_conflict"/);
    assert.match(stdout, /"state": "available"/);
    assert.match(stdout, /"status": "finalized"/);
    assert.match(stdout, /"record\.finalize"/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

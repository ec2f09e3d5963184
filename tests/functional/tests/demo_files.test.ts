// The files that the demo comes with: real ones, filed the way a user files them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type Schemas } from "../lib/client.ts";
import { sha256 } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { allPages, as, emailOf, HOME, psql } from "../lib/world.ts";

const HOSPITALS = [
  HOME,
  "demo_hospital_002",
  "demo_hospital_003",
  "demo_hospital_004",
  "demo_hospital_005",
  "tenant_1762083064503",
];

interface Kind {
  type: string;
  name: string; // as in LIKE
  role: Schemas["Role"];
  most: number;
  is: (bytes: Buffer) => boolean;
}
const starts = (mark: string, at = 0) => (bytes: Buffer) =>
  bytes.subarray(at, at + mark.length).toString("latin1") === mark;
const KINDS: Kind[] = [
  {
    type: "application/pdf",
    name: "lab-report-%.pdf",
    role: "lab_technician",
    most: 24,
    is: starts("%PDF-"),
  },
  { type: "image/png", name: "ecg-%.png", role: "nurse", most: 10, is: starts("\x89PNG") },
  {
    type: "text/plain",
    name: "instructions-%.txt",
    role: "nurse",
    most: 10,
    is: (bytes) => bytes.toString("utf8").includes("Instructions for"),
  },
  {
    type: "application/dicom",
    name: "radiograph-%.dcm",
    role: "lab_technician",
    most: 6,
    is: starts("DICM", 128),
  },
];

/** The demo's own files of a kind: ids and records. */
async function filesOf(hospital: string, kind: Kind): Promise<[number, number][]> {
  const out = await psql(
    `SET ROLE wbt_${hospital}; SELECT id, record_id FROM ${hospital}.record_attachments ` +
      `WHERE file_name LIKE '${kind.name}' AND file_type = '${kind.type}' AND version = 1 ` +
      `AND state = 'available' ORDER BY id`,
  );
  assert.equal(out.code, 0, out.stderr);
  const lines = out.stdout.split("\n").filter((line) => line.includes("|"));
  return lines.map((line) => line.split("|").map(Number) as [number, number]);
}

for (const hospital of HOSPITALS) {
  test(`${hospital}: of every kind some, whole both ways`, async () => {
    const doctor = await as("doctor", hospital);
    let all = 0;
    for (const kind of KINDS) {
      const files = await filesOf(hospital, kind);
      assert.ok(files.length > 0 && files.length <= kind.most, `${files.length} ${kind.name}`);
      all += files.length;
      const [id, record] = files[Math.floor(files.length / 2)]!;
      const listed = await doctor.expect(200, "get", "/records/{id}/attachments", {
        path: { id: record },
      });
      const file = listed.body.items.find((one) => one.id === id);
      assert.ok(file?.sha256 && file.verified_at, `${kind.name} ${id}`);
      const content = await doctor.any("GET", `/attachments/${id}/content`);
      assert.equal(content.status, 200, content.text);
      assert.ok(kind.is(content.bytes), `${kind.name} ${id}`);
      assert.equal(content.bytes.length, file.file_size);
      assert.equal(sha256(content.bytes), file.sha256);
      const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", {
        path: { id },
      });
      const fetched = await send({ method: "GET", url: link.body.url });
      assert.equal(sha256(fetched.bytes), file.sha256);
    }
    assert.equal(all, 50);
  });
}

test("the audit log says who filed them", async () => {
  const auditor = await as("auditor");
  const admin = await as("hospital_admin");
  const users = await allPages<Schemas["User"]>(admin, "/users");
  for (const kind of KINDS) {
    const [first] = await filesOf(HOME, kind);
    const who = users.find((user) => user.email === emailOf(kind.role));
    assert.ok(first && who);
    const query = { resource: "attachment", user_id: who.id };
    const entries = await allPages<Schemas["AuditEntry"]>(auditor, "/audit", query);
    const of = entries.filter((entry) => entry.resource_id === first[0]);
    const actions = of.map((entry) => entry.action).sort();
    assert.deepEqual(actions, ["attachment.publish", "attachment.start"], kind.name);
  }
});

test("they need a sign-in", async () => {
  const [first] = await filesOf(HOME, KINDS[0]!);
  const base = (await as("doctor")).base;
  await new Client(base).expect(401, "get", "/attachments/{id}", { path: { id: first![0] } });
});

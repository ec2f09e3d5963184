// What files take and cost: usage, the bill, and estimates by the rules of the store's prices.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client } from "../lib/client.ts";
import { pdf, upload } from "../lib/files.ts";
import { as, HOME, newPatient, newRecord, OTHER } from "../lib/world.ts";

const GIB = 1024 ** 3;
const near = (found: number, expected: number): void =>
  assert.ok(Math.abs(found - expected) <= 1e-9 + expected * 1e-6, `${found}, not ${expected}`);

let manager: Client;
before(async () => {
  manager = await as("manager");
});

test("an estimate of a gigabyte for a year, part by part", async () => {
  const query = { bytes: GIB, days: 365 };
  const e = (await manager.expect(200, "get", "/storage/cost/estimate", { query })).body;
  near(e.parts.storage_usd, (30 * 0.023 + 60 * 0.0125 + 90 * 0.004 + 185 * 0.0036) / 30);
  near(e.parts.monitoring_usd, ((0.0025 / 1000) * 365) / 30);
  near(e.parts.requests_usd, ((GIB / (8 * 1024 ** 2) + 2) * 0.005) / 1000);
  near(e.cost_usd, Object.values(e.parts).reduce((sum, part) => sum + part, 0));
  near(e.standard_usd, (0.023 * 365) / 30 + e.parts.requests_usd);
  assert.deepEqual(
    e.by_tier.map((stay) => [stay.tier, stay.days]),
    [
      ["frequent", 30],
      ["infrequent", 60],
      ["archive_instant", 90],
      ["archive", 185],
    ],
  );
});

test("a small file stays in frequent access and is not monitored", async () => {
  const query = { bytes: 128 * 1024 - 1, days: 365 };
  const e = (await manager.expect(200, "get", "/storage/cost/estimate", { query })).body;
  assert.deepEqual(
    e.by_tier.map((stay) => [stay.tier, stay.days]),
    [["frequent", 365]],
  );
  assert.equal(e.parts.monitoring_usd, 0);
  assert.equal(e.put_requests, 1);
});

test("an estimate needs both its numbers, within bounds", async () => {
  const wrong: Record<string, string>[] = [
    {},
    { bytes: "1" },
    { days: "1" },
    { bytes: "0", days: "1" },
    { bytes: "1", days: "-1" },
    { bytes: "x", days: "1" },
  ];
  for (const query of wrong) {
    const answer = await manager.any("GET", "/storage/cost/estimate", { query });
    assert.equal(answer.status, 400, `${JSON.stringify(query)}: ${answer.text}`);
  }
});

test("an upload adds to usage and cost", async () => {
  const doctor = await as("doctor");
  const before = (await manager.expect(200, "get", "/storage/usage")).body;
  const record = await newRecord(doctor, (await newPatient(doctor)).id);
  const bytes = pdf(200 * 1024);
  const file = await upload(doctor, record.id, "counted.pdf", "application/pdf", bytes);
  const after = (await manager.expect(200, "get", "/storage/usage")).body;
  assert.equal(after.tenant, HOME);
  assert.equal(after.files, before.files + 1);
  assert.equal(after.file_bytes, before.file_bytes + bytes.length);
  assert.equal(after.stored_bytes, before.stored_bytes + file.stored_size);
  const total = after.by_tier.reduce((sum, tier) => sum + tier.stored_bytes, 0);
  assert.equal(total, after.stored_bytes);
  const cost = (await manager.expect(200, "get", "/storage/cost")).body;
  near(cost.cost_usd, Object.values(cost.parts).reduce((sum, part) => sum + part, 0));
  near(cost.saved_usd, cost.standard_usd - cost.cost_usd);
  assert.equal(cost.projection.length, 12);
  assert.ok(cost.projection.every((month, i, all) => i === 0 || month.month > all[i - 1]!.month));
  assert.deepEqual(cost.alerts, [], "no threshold is configured");
});

test("an operator says which hospital; nobody sees another's", async () => {
  const operator = await as("platform_admin");
  const none = await operator.any("GET", "/storage/usage");
  assert.equal(none.status, 400, none.text);
  const query = { tenant: HOME };
  const own = (await operator.expect(200, "get", "/storage/usage", { query })).body;
  assert.equal(own.tenant, HOME);
  const nowhere = { query: { tenant: "no_such_hospital" } };
  await operator.refused(404, "tenant_not_found", "GET", "/storage/usage", nowhere);
  const other = { query: { tenant: OTHER } };
  await manager.refused(404, "tenant_not_found", "GET", "/storage/cost", other);
});

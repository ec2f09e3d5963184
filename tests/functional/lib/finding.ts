// Full text: what a search finds of a few records, and no others.
import assert from "node:assert/strict";
import type { Client, Schemas } from "./client.ts";
import { allPages, newPatient, newRecord } from "./world.ts";

/** Each text is the notes of a record of one patient; `typed` must find exactly those, marked. */
export async function findsExactly(
  doctor: Client,
  texts: string[],
  typed: [string, number[]][],
): Promise<void> {
  const patient = (await newPatient(doctor)).id;
  const made: number[] = [];
  for (const notes of texts) made.push((await newRecord(doctor, patient, { notes })).id);
  for (const [q, wanted] of typed) {
    const query = { q, patient_id: patient };
    const hits = await allPages<Schemas["RecordListItem"]>(doctor, "/records", query);
    const found = hits.map((hit) => made.indexOf(hit.id)).sort((a, b) => a - b);
    assert.deepEqual(found, wanted, q);
    for (const hit of hits) {
      assert.ok(hit.highlights?.some((text) => text.includes("<mark>")), `${q}: no highlight`);
    }
  }
}

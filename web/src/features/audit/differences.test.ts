import { expect, test } from "vitest";
import { differences } from "./differences.ts";

test("fields that differ, on either side, each as text", () => {
  expect(differences({ notes: "old", plan: null, same: 1 }, { notes: "new", rows: [{ id: 1 }], same: 1 })).toEqual([
    { field: "notes", before: "old", after: "new" },
    { field: "rows", before: "", after: '[\n {\n  "id": 1\n }\n]' },
  ]);
});

test("an entry without content has none", () => expect(differences(null, null)).toEqual([]));

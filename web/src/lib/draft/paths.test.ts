import { expect, test } from "vitest";
import { flatten, mergePatchOf, pathOf, same } from "./paths.ts";

test("a record becomes fields, and changed fields a merge patch", () => {
  const record = { notes: "x", vital_signs: { pulse_bpm: 70 }, rows: [1], id: 3 };
  expect(flatten(record, ["notes", "vital_signs", "rows", "absent"])).toEqual({
    notes: "x",
    "vital_signs/pulse_bpm": 70,
    rows: [1],
  });
  expect(mergePatchOf({ notes: "", "vital_signs/pulse_bpm": undefined, "vital_signs/weight_kg": 70 })).toEqual({
    notes: "",
    vital_signs: { pulse_bpm: null, weight_kg: 70 },
  });
});

test("a fault in a row belongs to its list, one of a vital sign to the sign", () => {
  expect(pathOf("/prescriptions/0/dosage")).toBe("prescriptions");
  expect(pathOf("/vital_signs/pulse_bpm")).toBe("vital_signs/pulse_bpm");
  expect(pathOf("/notes")).toBe("notes");
});

test("nothing, null and the empty text are the same", () => {
  expect(same("", null)).toBe(true);
  expect(same({ a: null, b: 1 }, { b: 1 })).toBe(true);
  expect(same([1, 2], [1])).toBe(false);
  expect(same({ a: 1 }, [1])).toBe(false);
  expect(same("a", "b")).toBe(false);
});

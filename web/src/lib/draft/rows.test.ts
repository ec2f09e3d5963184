import { expect, test } from "vitest";
import { adoptRows, mergeRows } from "./rows.ts";

const a = { id: 1, name: "a", dose: "1" };
const b = { id: 2, name: "b", dose: "1" };

test.each([
  ["both sides add", [a], [a, { name: "m" }], [a, b], [a, { name: "m" }, b]],
  ["changed here", [a, b], [{ ...a, dose: "2" }, b], [a, b], [{ ...a, dose: "2" }, b]],
  ["changed there", [a, b], [a, b], [a, { ...b, dose: "2" }], [a, { ...b, dose: "2" }]],
  ["different rows", [a, b], [{ ...a, dose: "2" }, b], [a, { ...b, dose: "3" }], [{ ...a, dose: "2" }, { ...b, dose: "3" }]],
  ["taken out here", [a, b], [b], [a, b], [b]],
  ["taken out there", [a, b], [a, b], [a], [a]],
  ["the same change", [a], [{ ...a, dose: "2" }], [{ ...a, dose: "2" }], [{ ...a, dose: "2" }]],
  ["the same row, differently", [a], [{ ...a, dose: "2" }], [{ ...a, dose: "3" }], undefined],
  ["changed here, taken out there", [a], [{ ...a, dose: "2" }], [], undefined],
  ["taken out here, changed there", [a], [], [{ ...a, dose: "2" }], undefined],
  ["rows without ids", [{ name: "a" }], [{ name: "b" }], [{ name: "c" }], undefined],
])("%s", (_, base, mine, theirs, merged) => {
  expect(mergeRows(base, mine, theirs)).toEqual(merged);
});

test("a flag that the service derives is no change", () => {
  const before = { id: 1, value: 5, flag: "normal" };
  expect(mergeRows([before], [{ id: 1, value: 9 }], [{ ...before, flag: "low" }])).toEqual([{ id: 1, value: 9 }]);
});

test("rows keep their place and get the ids that the service gave them", () => {
  expect(adoptRows([{ name: "a" }, { name: "typing" }], [{ id: 7, name: "a" }])).toEqual([
    { id: 7, name: "a" },
    { name: "typing" },
  ]);
  // It was changed meanwhile: the answer is about something else.
  expect(adoptRows([{ name: "ab" }], [{ id: 7, name: "a" }])).toEqual([{ name: "ab" }]);
});

import { expect, test } from "vitest";
import { wordDiff } from "./words.ts";

const side = (before: string, after: string, drop: "added" | "removed") =>
  wordDiff(before, after)
    .filter((it) => it.kind !== drop)
    .map((it) => it.text)
    .join("");

test.each([
  ["", ""],
  ["same words", "same words"],
  ["cough for three days", "dry cough for five days"],
  ["", "all new"],
  ["all gone", ""],
  ["a b a b a", "b a b"],
])("%j to %j: each side reads as it is", (before, after) => {
  expect(side(before, after, "added")).toBe(before);
  expect(side(before, after, "removed")).toBe(after);
});

test("only what differs is marked", () => {
  expect(wordDiff("left knee pain", "right knee pain")).toEqual([
    { kind: "removed", text: "left" },
    { kind: "added", text: "right" },
    { kind: "same", text: " knee pain" },
  ]);
});

test("very long texts are shown whole on both sides", () => {
  const long = "word ".repeat(2_000);
  expect(wordDiff(long, `${long}more`).map((it) => it.kind)).toEqual(["removed", "added"]);
});

import { expect, test } from "vitest";
import { pieces } from "./highlight.ts";

test("marks are taken from the extract, and nothing else is markup", () => {
  expect(pieces("a <mark>cough</mark> &lt;b&gt; &amp; 3 &#39;days&#39;")).toEqual([
    { text: "a ", marked: false },
    { text: "cough", marked: true },
    { text: " <b> & 3 'days'", marked: false },
  ]);
});

test("what is escaped twice is unescaped once", () => {
  expect(pieces("&amp;lt;mark&amp;gt;")).toEqual([{ text: "&lt;mark&gt;", marked: false }]);
});

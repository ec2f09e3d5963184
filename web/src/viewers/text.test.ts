import { describe, expect, test } from "vitest";
import { decode, pretty } from "./text.ts";

describe("texts in whatever encoding", () => {
  test.each([
    ["UTF-8", [0xc3, 0xa9, 0x41], "éA"],
    ["UTF-8, cut off within a character", [0x41, 0xc3], "A"],
    ["UTF-16, little end first", [0xff, 0xfe, 0xe9, 0x00], "é"],
    ["UTF-16, big end first", [0xfe, 0xff, 0x00, 0xe9], "é"],
    ["Windows-1252", [0xe9, 0x41], "éA"],
  ])("%s", (_, bytes, text) => expect(decode(new Uint8Array(bytes))).toBe(text));

  test("JSON is laid out, and left as it is when it is none", () => {
    expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(pretty("{")).toBe("{");
  });
});

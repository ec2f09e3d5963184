import { afterEach, expect, test, vi } from "vitest";
import { age, bytes, isoDay, localDateTime, momentOf, parseNumber, setHospitalZone } from "./format.ts";

afterEach(() => {
  setHospitalZone(undefined);
  vi.useRealTimers();
});

test.each([
  ["37.5", 37.5],
  ["37,5", 37.5],
  [" 120 ", 120],
  ["-3", -3],
  [".5", 0.5],
  ["37.", 37],
  ["", undefined],
  ["abc", undefined],
  ["1.2.3", undefined],
  ["1e3", undefined],
  ["<5", undefined],
])("%j is typed for %s", (text, value) => expect(parseNumber(text)).toBe(value));

test("times are those of the hospital's clock", () => {
  setHospitalZone("America/New_York");
  expect(localDateTime(new Date("2026-03-04T03:30:00Z"))).toBe("2026-03-03T22:30");
  expect(isoDay(new Date("2026-03-04T03:30:00Z"))).toBe("2026-03-03");
  expect(momentOf("2026-03-03T22:30").toISOString()).toBe("2026-03-04T03:30:00.000Z");
});

test("times around a change of the clocks come back as they were", () => {
  setHospitalZone("Europe/Berlin");
  for (const local of ["2026-03-29T01:30", "2026-03-29T03:30", "2026-10-25T01:30", "2026-10-25T04:00"]) {
    expect(localDateTime(momentOf(local))).toBe(local);
  }
});

test("somebody is a year older on the birthday, not before", () => {
  setHospitalZone("UTC");
  expect(age("1980-03-04", new Date("2026-03-03T12:00:00Z")).years).toBe(45);
  expect(age("1980-03-04", new Date("2026-03-04T12:00:00Z")).years).toBe(46);
  expect(age("2026-01-31", new Date("2026-03-01T12:00:00Z"))).toEqual({ years: 0, months: 1 });
});

test("sizes are short", () => {
  expect(bytes(0)).toBe("0 B");
  expect(bytes(999)).toBe("999 B");
  expect(bytes(48_213)).toBe("48.2 kB");
  expect(bytes(2_147_483_648)).toBe("2.1 GB");
});

import { describe, expect, test } from "vitest";
import { open, seal } from "./seal.ts";

const newKey = () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

describe("sealing", () => {
  test("what was sealed opens again, and shows nothing in between", async () => {
    const key = await newKey();
    const sealed = await seal(key, "hospital/1/draft/7", { text: "Fever, فاطمة" });
    expect(new TextDecoder().decode(sealed.data)).not.toContain("Fever");
    expect(await open(key, "hospital/1/draft/7", sealed)).toEqual({ text: "Fever, فاطمة" });
  });
  test("the same value is never the same bytes", async () => {
    const key = await newKey();
    const [a, b] = [await seal(key, "x", "same"), await seal(key, "x", "same")];
    expect(new Uint8Array(a.data)).not.toEqual(new Uint8Array(b.data));
  });
  test("neither another key nor another record opens it", async () => {
    const key = await newKey();
    const sealed = await seal(key, "hospital/1/draft/7", "text");
    await expect(open(await newKey(), "hospital/1/draft/7", sealed)).rejects.toThrow();
    await expect(open(key, "hospital/1/draft/8", sealed)).rejects.toThrow();
  });
});

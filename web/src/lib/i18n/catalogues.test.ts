import { expect, test } from "vitest";
import type { Catalogue } from "./language.ts";

const modules = import.meta.glob<Record<string, Catalogue<object>>>(["../../**/words.ts", "../clinical/*.ts", "!../diff/*"], {
  eager: true,
});
const catalogues = Object.entries(modules).flatMap(([file, exports]) =>
  Object.values(exports)
    .filter((it) => typeof it === "function" && "all" in it)
    .map((it) => ({ file, all: it.all })),
);

type Leaf = [path: string, text: string, takes: number];

function leaves(words: object, path = ""): Leaf[] {
  return Object.entries(words).flatMap(([name, word]): Leaf[] => {
    const at = `${path}/${name}`;
    if (typeof word === "string") return [[at, word, 0]];
    if (typeof word === "function") {
      const samples = Array.from({ length: word.length }, (_, index) => index + 2);
      return [[at, (word as (...args: unknown[]) => string)(...samples), word.length]];
    }
    return leaves(word as object, at);
  });
}

test("there are catalogues", () => expect(catalogues.length).toBeGreaterThan(5));

test.each(catalogues)("$file has the same words in both languages, none of them empty", ({ all }) => {
  const [en, es] = [leaves(all.en), leaves(all.es)];
  expect(es.map(([path]) => path)).toEqual(en.map(([path]) => path));
  expect([...en, ...es].filter(([, text]) => text.trim() === "")).toEqual([]);
  // What a sentence is given is in it, in both languages.
  for (const [index, [path, text, takes]] of en.entries()) {
    for (let i = 0; i < takes; i++) {
      if (text.includes(String(i + 2))) expect(es[index]![1], path).toContain(String(i + 2));
    }
  }
});

// After `vite build`: holds what pages load against the budgets, and lays beside every file what gzip
// and brotli make of it. A page over its budget fails the build.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const KIB = 1024;
const root = fileURLToPath(new URL("../../build/web/", import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(root, "manifest.json"), "utf8"));

// What a page loads before it shows something: the entry, and the modules of its route.
const budgets = [
  { page: "first load", modules: ["index.html"], kib: 130 },
  { page: "with the chart", modules: ["index.html", "src/features/chart/index.ts"], kib: 200 },
  {
    page: "with the editor",
    modules: ["index.html", "src/features/chart/index.ts", "src/features/records/editor.ts"],
    kib: 250,
  },
];

const gzipped = (file) => gzipSync(readFileSync(path.join(root, file)), { level: 9 });

function files(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`the build has no module ${key}`);
  if (seen.has(key)) return [];
  seen.add(key);
  const own = [chunk.file, ...(chunk.css ?? [])];
  return [...own, ...(chunk.imports ?? []).flatMap((next) => files(next, seen))];
}

let over = 0;
for (const { page, modules, kib } of budgets) {
  const all = new Set(modules.flatMap((key) => files(key)));
  const size = [...all].reduce((sum, file) => sum + gzipped(file).length, 0);
  const good = size <= kib * KIB;
  if (!good) over++;
  console.log(
    `${page.padEnd(16)} ${(size / KIB).toFixed(1).padStart(7)} of ${kib} KiB gzip${good ? "" : "  OVER"}`,
  );
}
rmSync(path.join(root, "manifest.json"));

for (const file of readdirSync(root, { recursive: true })) {
  const full = path.join(root, file);
  if (!statSync(full).isFile() || !/\.(js|css|html|svg|json|txt)$/.test(file)) continue;
  const bytes = readFileSync(full);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const gzip = gzipSync(bytes, { level: 9 });
  if (brotli.length < bytes.length) writeFileSync(`${full}.br`, brotli);
  if (gzip.length < bytes.length) writeFileSync(`${full}.gz`, gzip);
}
process.exitCode = over > 0 ? 1 : 0;

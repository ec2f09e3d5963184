// The plans of the statements that one request makes PostgreSQL run, by its auto_explain.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { pause } from "./process.mjs";

async function logText(demo) {
  const folder = path.join(demo.data, "postgres", "log");
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
  return texts.join("");
}

async function explaining(demo, on) {
  const set = (name, value) => `ALTER SYSTEM ${on ? `SET ${name} = ${value}` : `RESET ${name}`};`;
  await demo.superuser(
    [
      set("auto_explain.log_min_duration", 0),
      set("auto_explain.log_analyze", "on"),
      set("auto_explain.log_buffers", "on"),
      "SELECT pg_reload_conf();",
    ].join("\n"),
  );
  await pause(500); // each backend takes the new settings before its next statement
}

/** GET `target` once; the text of the plans, with times and buffers. */
export async function plansOf(demo, target, token) {
  await explaining(demo, true);
  const before = (await logText(demo)).length;
  await demo.get(target, token);
  await pause(500);
  const after = await logText(demo);
  await explaining(demo, false);
  return after.slice(before);
}

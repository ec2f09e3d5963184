// The statements that the service runs, read out of its sources, so that pgbench cannot run others.
import { readFile } from "node:fs/promises";
import { run } from "./process.mjs";

const LITERAL = /^\s*(?:R"sql\(([\s\S]*?)\)sql"|"((?:[^"\\]|\\.)*)")/;

/**
 * The texts of the named queries in a header of queries: what the compiler's own preprocessor makes
 * of the macros, with adjacent literals joined. Fails unless the program holds each text as it is.
 */
export async function queriesOf(header, names, program) {
  // The headers that it includes are not wanted, only its own macros.
  const source = (await readFile(header, "utf8")).replace(/^#(include|pragma).*$/gm, "");
  const { out } = await run("c++", ["-E", "-P", "-x", "c++", "-"], { input: source });
  const binary = await readFile(program);
  const found = {};
  for (const name of names) {
    const quoted = `"${name}"`;
    const at = out.indexOf(quoted);
    if (at < 0) throw new Error(`no query ${name} in ${header}`);
    let rest = out.slice(at + quoted.length).replace(/^\s*,/, "");
    let text = "";
    for (let part = LITERAL.exec(rest); part; part = LITERAL.exec(rest)) {
      text += part[1] ?? JSON.parse(`"${part[2]}"`);
      rest = rest.slice(part[0].length);
    }
    if (!text.includes("{tenant}") || !binary.includes(text)) {
      throw new Error(`${name} is not in ${program} as it is in ${header}: build it anew`);
    }
    found[name] = text;
  }
  return found;
}

/** The tenant's schema in its place; `parameters[0]` names the pgbench variable for $1. */
export function forPgbench(sql, tenant, parameters) {
  return (
    sql
      .replaceAll("{tenant}", `"${tenant}"`)
      // pgbench takes `:MI` for a variable, in a literal too; the server reads the escape.
      .replace(/'([^']*)'/g, (literal, text) =>
        /:[A-Za-z_]/.test(text)
          ? `E'${text.replaceAll("\\", "\\\\").replaceAll(":", "\\072")}'`
          : literal,
      )
      .replace(/\$(\d+)/g, (_, number) => `:${parameters[number - 1]}`)
      .replace(/\s*\n\s*/g, " ")
  );
}

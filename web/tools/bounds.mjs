// Writes src/lib/api/bounds.ts: the bounds and lengths of what forms send, out of the OpenAPI file.
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

const schemas = parse(readFileSync(new URL("../../openapi/wardbook.yaml", import.meta.url), "utf8"))
  .components.schemas;
const wanted = {
  vitals: "VitalSignsInput",
  record: "RecordPatch",
  prescription: "Prescription",
  lab: "LabResultInput",
  patient: "PatientCreate",
  amend: "AmendRequest",
};

function resolve(schema) {
  return schema.$ref ? resolve(schemas[schema.$ref.split("/").at(-1)]) : schema;
}

const out = {};
for (const [name, schema] of Object.entries(wanted)) {
  out[name] = {};
  const { properties } = resolve(schemas[schema]);
  for (const [field, of] of Object.entries(properties)) {
    const { minimum, maximum, maxLength, maxItems } = resolve(of);
    const bounds = { min: minimum, max: maximum, length: maxLength, items: maxItems };
    for (const key of Object.keys(bounds)) if (bounds[key] === undefined) delete bounds[key];
    if (Object.keys(bounds).length > 0) out[name][field] = bounds;
  }
}
writeFileSync(
  new URL("../src/lib/api/bounds.ts", import.meta.url),
  `// Made by tools/bounds.mjs.\nexport const bounds = ${JSON.stringify(out, null, 2)} as const;\n`,
);

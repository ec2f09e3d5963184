// Makes the readable page out of /openapi.json. Text goes in as text nodes only.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function resolver(doc) {
  return function resolve(value) {
    let seen = 0;
    while (value && value.$ref && seen++ < 20) {
      value = value.$ref.slice(2).split("/").reduce((at, key) => at && at[key], doc);
    }
    return value || {};
  };
}

function refName(schema) {
  return schema && schema.$ref ? schema.$ref.split("/").pop() : null;
}

// One line for a schema: its name or its type.
function brief(schema) {
  if (!schema) return "";
  const name = refName(schema);
  if (name) return name;
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  for (const key of ["oneOf", "anyOf", "allOf"]) {
    if (schema[key]) return schema[key].map(brief).join(key === "allOf" ? " & " : " | ");
  }
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type || "any";
  return type === "array" ? brief(schema.items) + "[]" : type;
}

function limits(schema) {
  const parts = [];
  for (const key of ["format", "pattern", "minLength", "maxLength", "minimum", "maximum",
                     "maxItems", "default"]) {
    if (schema[key] !== undefined) parts.push(key + " " + schema[key]);
  }
  return parts.join(", ");
}

function linked(schema) {
  const text = brief(schema);
  const name = refName(schema) || (schema && schema.items && refName(schema.items));
  return name ? element("a", { href: "#schema-" + name, textContent: text })
              : element("code", { textContent: text });
}

function table(heads, rows) {
  const head = element("tr", {}, ...heads.map((h) => element("th", { textContent: h })));
  const body = rows.map((row) =>
    element("tr", {}, ...row.map((cell) => element("td", {}, cell))));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

function operationView(resolve, path, method, shared, operation) {
  const box = element("details", { id: operation.operationId || method + path },
    element("summary", {},
      element("span", { className: "method", textContent: method.toUpperCase() }),
      element("code", { textContent: path }), " " + (operation.summary || ""),
      element("span", { className: "permission", textContent: operation["x-permission"] || "" })));
  if (operation.description) box.append(element("p", { textContent: operation.description }));
  const parameters = [...shared, ...(operation.parameters || [])].map(resolve);
  if (parameters.length > 0) {
    box.append(table(["parameter", "in", "type", ""], parameters.map((p) => [
      p.name + (p.required ? " *" : ""), p.in, linked(p.schema), p.description || ""])));
  }
  const body = resolve(operation.requestBody);
  for (const [type, media] of Object.entries(body.content || {})) {
    box.append(element("p", {}, "Body, " + type + ": ", linked(media.schema)));
  }
  const answers = Object.entries(operation.responses || {}).map(([status, given]) => {
    const response = resolve(given);
    const schemas = Object.values(response.content || {}).map((media) => linked(media.schema));
    return [status, response.description || "", schemas[0] || ""];
  });
  box.append(table(["status", "", "body"], answers));
  return box;
}

function schemaView(resolve, name, schema) {
  const box = element("details", { id: "schema-" + name },
    element("summary", {}, element("code", { textContent: name }), " " + (schema.description || "")));
  const needed = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([key, property]) => [
    key + (needed.has(key) ? " *" : ""), linked(property), limits(property),
    property.description || ""]);
  if (rows.length > 0) box.append(table(["field", "type", "limits", ""], rows));
  else box.append(element("p", {}, element("code", { textContent: brief(schema) }), " ", limits(schema)));
  for (const example of schema.examples || []) {
    box.append(element("pre", { textContent: JSON.stringify(example, null, 2) }));
  }
  return box;
}

function show(doc) {
  const main = document.getElementById("main");
  const resolve = resolver(doc);
  document.getElementById("state").replaceChildren(
    doc.info.summary + " ", doc.info.description || "", " The document: ",
    element("a", { href: "/openapi.json", textContent: "/openapi.json" }), ".");
  const sections = new Map((doc.tags || []).map((tag) => [tag.name, [tag]]));
  for (const [path, item] of Object.entries(doc.paths)) {
    const base = item.servers ? "" : doc.servers[0].url;
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const tag = (operation.tags || ["other"])[0];
      if (!sections.has(tag)) sections.set(tag, [{ name: tag }]);
      sections.get(tag).push(
        operationView(resolve, base + path, method, item.parameters || [], operation));
    }
  }
  for (const [name, [tag, ...views]] of sections) {
    if (views.length === 0) continue;
    main.append(element("h2", { textContent: tag.description || name }), ...views);
  }
  main.append(element("h2", { textContent: "What is sent and answered" }));
  for (const [name, schema] of Object.entries(doc.components.schemas)) {
    main.append(schemaView(resolve, name, schema));
  }
}

// A link to a closed entry opens it.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

window.addEventListener("hashchange", openTarget);
fetch("/openapi.json")
  .then((response) => response.json())
  .then((doc) => { show(doc); openTarget(); })
  .catch((error) => { document.getElementById("state").textContent = "It cannot be read: " + error; });

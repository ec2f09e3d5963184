export * from "./signs.ts";
export * from "./visits.ts";

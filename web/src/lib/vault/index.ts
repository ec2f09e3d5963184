export { allKept, cannotKeep, drop, keep, kept, type Kept } from "./vault.ts";

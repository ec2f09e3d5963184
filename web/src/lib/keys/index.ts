export { setSingleKeys, singleKeys, useShortcuts, type Shortcut } from "./keys.ts";

export { extensionsOf, typeOf, type Refusal } from "./kinds.ts";
export { Unreadable } from "./prepare.ts";
export {
  addFiles,
  cancelUpload,
  clearEnded,
  isRunning,
  readPolicy,
  restoreUploads,
  retryUpload,
  onPublished,
  useUploads,
  type Phase,
  type Upload,
} from "./queue.ts";

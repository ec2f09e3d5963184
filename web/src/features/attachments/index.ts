export { Files } from "./Files.tsx";
export { AddFiles } from "./AddFiles.tsx";
export { UploadList } from "./UploadList.tsx";
export { Viewer } from "./Viewer.tsx";

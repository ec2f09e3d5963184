export { AmendPage } from "./AmendPage.tsx";
export { EditPage } from "./EditPage.tsx";

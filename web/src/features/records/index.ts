export { VersionsPage } from "./VersionsPage.tsx";
export { VisitPage } from "./VisitPage.tsx";
export { VisitSheet } from "./VisitSheet.tsx";

/** The dialog that begins a visit; loaded when it is opened. */
export const loadNewVisit = () => import("./NewVisit.tsx");

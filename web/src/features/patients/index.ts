export * from "./find.ts";
export { DetailsPage } from "./DetailsPage.tsx";
export { FindPage } from "./FindPage.tsx";
export { NewPage } from "./NewPage.tsx";
export { PatientBar } from "./PatientBar.tsx";
export { useAge } from "./useAge.ts";

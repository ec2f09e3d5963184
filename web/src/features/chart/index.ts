export { ChartIndex, ChartLayout } from "./ChartLayout.tsx";
export { FilesPage } from "./FilesPage.tsx";
export { LabsPage } from "./LabsPage.tsx";
export { MedicationPage } from "./MedicationPage.tsx";
export { OverviewPage } from "./OverviewPage.tsx";
export { VisitsPage } from "./VisitsPage.tsx";
export { VitalsPage } from "./VitalsPage.tsx";

export const ChartLayout = () => null;
export const ChartIndex = () => null;
export const OverviewPage = () => null;
export const VisitsPage = () => null;
export const LabsPage = () => null;
export const VitalsPage = () => null;
export const MedicationPage = () => null;
export const FilesPage = () => null;

export const VisitPage = () => null;
export const VersionsPage = () => null;

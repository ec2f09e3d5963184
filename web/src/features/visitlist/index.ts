export { Highlight } from "./Highlight.tsx";
export { StatusBadge, VisitRow } from "./VisitRow.tsx";

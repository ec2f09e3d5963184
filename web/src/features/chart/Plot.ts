import { lazy } from "react";

/** Curves come with a library of their own, which no other page of the chart needs. */
export const Plot = lazy(async () => ({ default: (await import("../../ui/Plot.tsx")).Plot }));

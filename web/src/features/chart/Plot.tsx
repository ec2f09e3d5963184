import { Suspense, lazy, type ComponentProps } from "react";
import { Loading } from "../../ui/index.ts";

/** Curves come with a library of their own, which no other page of the chart needs. */
const Lazy = lazy(async () => ({ default: (await import("../../ui/Plot.tsx")).Plot }));

export function Plot(props: ComponentProps<typeof Lazy>) {
  return (
    <Suspense fallback={<Loading />}>
      <Lazy {...props} />
    </Suspense>
  );
}

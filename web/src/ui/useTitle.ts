import { useEffect } from "react";

/** The tab's title: whose page it is comes first, so that two tabs can be told apart. */
export function useTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), "Wardbook"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}

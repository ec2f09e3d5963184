import { useQuery } from "@tanstack/react-query";
import { api, call, type Schemas } from "../../lib/api/index.ts";

export type Template = Schemas["Template"];

/** All templates of the hospital; there are few, and they change seldom. */
export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    queryFn: ({ signal }) => call(api.GET("/templates", { params: { query: { limit: 200 } }, signal })),
    staleTime: 10 * 60_000,
  });
}

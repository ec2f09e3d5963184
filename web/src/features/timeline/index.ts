import { useInfiniteQuery } from "@tanstack/react-query";
import { api, call, type Schemas } from "../../lib/api/index.ts";

export type Timeline = Schemas["Timeline"];
export type Visit = Timeline["visits"][number];

const PAGE = 50;

/** The chart: its first page has all that the overview shows; later ones are read for their visits. */
export function useTimeline(id: number, enabled = true) {
  return useInfiniteQuery({
    queryKey: ["timeline", id],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return call(api.GET("/patients/{id}/timeline", { params: { path: { id }, query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled,
  });
}

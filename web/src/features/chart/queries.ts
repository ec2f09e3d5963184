import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, call, type Schemas } from "../../lib/api/index.ts";

export function useVitals(id: number, from?: string, enabled = true) {
  return useQuery({
    queryKey: ["vitals", id, from ?? ""],
    queryFn: ({ signal }) =>
      call(api.GET("/patients/{id}/vitals", { params: { path: { id }, query: from ? { from } : {} }, signal })),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useLabs(id: number) {
  return useQuery({
    queryKey: ["labs", id],
    queryFn: ({ signal }) => call(api.GET("/patients/{id}/labs", { params: { path: { id } }, signal })),
  });
}

export interface VisitFilter {
  q?: string;
  visit_type?: Schemas["VisitType"];
  status?: Schemas["RecordStatus"];
  from?: string;
  to?: string;
}

export function useVisits(patient: number, filter: VisitFilter) {
  return useInfiniteQuery({
    queryKey: ["visits", patient, filter],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        ...filter,
        patient_id: patient,
        limit: 30,
        ...(pageParam ? { cursor: pageParam } : { count: "exact" as const }),
      };
      // Whole records: the page shows their coded diagnoses.
      return call(api.GET("/records", { params: { query }, signal })) as Promise<Schemas["RecordListItemPage"]>;
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

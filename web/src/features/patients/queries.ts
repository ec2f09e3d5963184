import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, call, callWithEtag, queryClient, type Schemas } from "../../lib/api/index.ts";

export type Patient = Schemas["Patient"];

export const patientKey = (id: number) => ["patient", id] as const;

/** The first of those who match; nobody is looked for without a query. */
export function usePatients(q: string, limit: number) {
  return useQuery({
    queryKey: ["patients", "first", q, limit],
    queryFn: ({ signal }) => call(api.GET("/patients", { params: { query: { q, limit } }, signal })),
    enabled: q !== "",
    placeholderData: keepPreviousData,
  });
}

/** All who match, page by page; without a query everybody by name. */
export function usePatientPages(q: string) {
  return useInfiniteQuery({
    queryKey: ["patients", "pages", q],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: 50,
        ...(q ? { q } : {}),
        ...(pageParam ? { cursor: pageParam } : { count: "exact" as const }),
      };
      return call(api.GET("/patients", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export interface Held {
  patient: Patient;
  etag: string;
}

/** One patient with the ETag that a change has to name. */
export function usePatient(id: number, enabled = true) {
  return useQuery({
    queryKey: patientKey(id),
    queryFn: async ({ signal }): Promise<Held> => {
      const { data, etag } = await callWithEtag(
        api.GET("/patients/{id}", { params: { path: { id } }, signal }),
      );
      return { patient: data, etag };
    },
    enabled,
  });
}

/** After a change: what shows this patient is read again when it is looked at next. */
export function patientChanged(held: Held): void {
  queryClient.setQueryData(patientKey(held.patient.id), held);
  void queryClient.invalidateQueries({ queryKey: ["patients"], refetchType: "none" });
  void queryClient.invalidateQueries({ queryKey: ["timeline", held.patient.id], refetchType: "active" });
}

import { useQuery } from "@tanstack/react-query";
import { api, call, callWithEtag, queryClient, type Schemas } from "../../lib/api/index.ts";

export type Visit = Schemas["Record"];

export interface HeldVisit {
  visit: Visit;
  etag: string;
}

export const visitKey = (id: number) => ["record", id] as const;

export async function readVisit(id: number, signal?: AbortSignal): Promise<HeldVisit> {
  const options = { params: { path: { id } }, ...(signal ? { signal } : {}) };
  const { data, etag } = await callWithEtag(api.GET("/records/{id}", options));
  return { visit: data, etag };
}

export function useVisit(id: number) {
  return useQuery({ queryKey: visitKey(id), queryFn: ({ signal }) => readVisit(id, signal) });
}

/** After a change: this visit is known, and what lists it is read again when it is looked at next. */
export function visitChanged(held: HeldVisit): void {
  queryClient.setQueryData(visitKey(held.visit.id), held);
  forgetLists(held.visit.patient_id);
}

export function forgetLists(patient: number): void {
  for (const key of ["timeline", "vitals", "labs", "visits"]) queryClient.removeQueries({ queryKey: [key, patient] });
  queryClient.removeQueries({ queryKey: ["worklist"] });
}

export function useDoctors() {
  return useQuery({
    queryKey: ["doctors"],
    queryFn: ({ signal }) => call(api.GET("/doctors", { params: { query: { limit: 200 } }, signal })),
    staleTime: 10 * 60_000,
  });
}

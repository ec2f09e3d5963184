import { api, call } from "../lib/api/index.ts";

export interface Viewed {
  id: number;
  file_name: string;
  file_type: string;
}

/** The answer of the store for the original bytes of a file; it decodes what was compressed. */
export async function open({ id }: Viewed, signal: AbortSignal): Promise<Response> {
  const params = { path: { id } };
  const { url } = await call(api.POST("/attachments/{id}/download-url", { params, body: {}, signal }));
  const answer = await fetch(url, { signal, credentials: "omit", referrerPolicy: "no-referrer" });
  if (!answer.ok) throw new Error(`the store answered ${answer.status}`);
  return answer;
}

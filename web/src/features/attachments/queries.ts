import { useInfiniteQuery } from "@tanstack/react-query";
import { api, call, queryClient, type Schemas } from "../../lib/api/index.ts";
import { onPublished } from "../../lib/uploads/index.ts";

export type Attachment = Schemas["Attachment"];

const PAGE = 100;
const keyOf = (record: number) => ["attachments", record] as const;

export function useAttachments(record: number) {
  return useInfiniteQuery({
    queryKey: keyOf(record),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return call(api.GET("/records/{id}/attachments", { params: { path: { id: record }, query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

type Pages = NonNullable<ReturnType<typeof useAttachments>["data"]>;

/** What is known of a record's files changes as they do; the list is not read again for it. */
function changeList(record: number, change: (items: Attachment[]) => Attachment[]): void {
  queryClient.setQueryData<Pages>(keyOf(record), (old) => {
    if (!old) return old;
    const pages = old.pages.map((page, index) => ({ ...page, items: index === 0 ? change(page.items) : page.items }));
    return { ...old, pages };
  });
}

function put(file: Attachment): void {
  changeList(file.record_id, (items) => [file, ...items.filter((it) => it.id !== file.id)]);
}

onPublished((_upload, file) => put(file));

export async function removeFile(file: Attachment, patient: number): Promise<void> {
  await call(api.DELETE("/attachments/{id}", { params: { path: { id: file.id } } }));
  queryClient.setQueryData<Pages>(keyOf(file.record_id), (old) => {
    if (!old) return old;
    const pages = old.pages.map((page) => ({ ...page, items: page.items.filter((it) => it.id !== file.id) }));
    return { ...old, pages };
  });
  queryClient.removeQueries({ queryKey: ["timeline", patient] });
}

export async function restoreFile(file: Attachment, patient: number): Promise<void> {
  put(await call(api.POST("/attachments/{id}/restore", { params: { path: { id: file.id } }, body: {} })));
  queryClient.removeQueries({ queryKey: ["timeline", patient] });
}

/** Follows a short-lived address; the store sends the file as a download. */
export async function download(id: number): Promise<void> {
  const { url } = await call(api.POST("/attachments/{id}/download-url", { params: { path: { id } }, body: {} }));
  location.assign(url);
}

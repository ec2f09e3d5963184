import { catalogue, plural } from "../../lib/i18n/index.ts";

export const useWords = catalogue(
  {
    attachments: (count: number) => plural(count, "file", "files"),
  },
  {
    attachments: (count: number) => plural(count, "archivo", "archivos"),
  },
);

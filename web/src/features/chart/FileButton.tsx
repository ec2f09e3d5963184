import { Suspense, lazy, useState } from "react";
import type { Timeline } from "../timeline/index.ts";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

const Viewer = lazy(async () => ({ default: (await import("../attachments/index.ts")).Viewer }));

type File = Timeline["files"][number];

interface Props {
  file: File;
  /** Those that can be turned over to. */
  files: readonly File[];
}

/** Shows the file over the page. */
export function FileButton({ file, files }: Props) {
  const words = useWords();
  const [open, setOpen] = useState<number>();
  return (
    <>
      <button type="button" className={css.link} title={words.file.open(file.file_name)} onClick={() => setOpen(file.id)}>
        <bdi>{file.file_name}</bdi>
      </button>
      <Suspense>
        {open !== undefined && <Viewer files={files} open={open} onOpen={setOpen} onClose={() => setOpen(undefined)} />}
      </Suspense>
    </>
  );
}

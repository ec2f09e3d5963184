import { useState } from "react";
import { api, call } from "../../lib/api/index.ts";
import { Notice, useProblemText } from "../../ui/index.ts";
import type { Timeline } from "../timeline/index.ts";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

/** Asks for a short-lived address and follows it; the store sends the file as a download. */
export function FileButton({ file }: { file: Pick<Timeline["files"][number], "id" | "file_name"> }) {
  const words = useWords();
  const text = useProblemText();
  const [fault, setFault] = useState<unknown>();
  const open = async () => {
    setFault(undefined);
    try {
      const params = { path: { id: file.id } };
      const { url } = await call(api.POST("/attachments/{id}/download-url", { params, body: {} }));
      location.assign(url);
    } catch (error) {
      setFault(error);
    }
  };
  return (
    <>
      <button type="button" className={css.link} title={words.file.open(file.file_name)} onClick={() => void open()}>
        <bdi>{file.file_name}</bdi>
      </button>
      {fault !== undefined && (
        <Notice tone="danger" alert>
          {text(fault)}
        </Notice>
      )}
    </>
  );
}

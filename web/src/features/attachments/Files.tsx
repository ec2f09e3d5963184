import { useState } from "react";
import { bytes, day } from "../../lib/format/index.ts";
import { useMay } from "../../lib/session/index.ts";
import { Badge, Button, Failed, Icon, Loading, Menu, ProblemNotice, toast, type MenuItem } from "../../ui/index.ts";
import { AddFiles } from "./AddFiles.tsx";
import { UploadList } from "./UploadList.tsx";
import { Viewer } from "./Viewer.tsx";
import { download, removeFile, restoreFile, useAttachments, type Attachment } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Files.module.css";

interface RowProps {
  file: Attachment;
  items: MenuItem[];
  onOpen: () => void;
}

function Row({ file, items, onOpen }: RowProps) {
  const words = useWords();
  return (
    <li className={css.file}>
      <Icon name={file.file_type.startsWith("image/") ? "camera" : "file"} />
      <div className={css.body}>
        <button type="button" className={css.open} aria-label={words.open(file.file_name)} onClick={onOpen}>
          <bdi>{file.file_name}</bdi>
        </button>
        <span className={css.muted}>
          {bytes(file.file_size)} · {words.by(file.uploaded_by_name, day(file.created_at))}
        </span>
      </div>
      {file.version > 1 && <Badge>{words.version(file.version)}</Badge>}
      {file.added_after_finalization && <Badge tone="info">{words.late}</Badge>}
      <Menu label={words.actionsOf(file.file_name)} items={items}>
        <Icon name="more" />
      </Menu>
    </li>
  );
}

interface Props {
  visit: { id: number; patient_id: number; status: string };
}

/** The files of a visit: what there is, what is under way, and how more are added. */
export function Files({ visit }: Props) {
  const words = useWords();
  const mayAdd = useMay("attachments:write");
  const list = useAttachments(visit.id);
  const [open, setOpen] = useState<number>();
  const [fault, setFault] = useState<unknown>();
  const files = list.data?.pages.flatMap((page) => page.items) ?? [];

  const remove = async (file: Attachment) => {
    setFault(undefined);
    try {
      await removeFile(file, visit.patient_id);
      const back = () => {
        restoreFile(file, visit.patient_id).then(() => toast(words.restored(file.file_name)), setFault);
      };
      toast(words.removed(file.file_name), back);
    } catch (error) {
      setFault(error);
    }
  };
  const itemsOf = (file: Attachment): MenuItem[] => [
    { label: words.download, icon: "download", run: () => void download(file.id).catch(setFault) },
    // What was there when the visit was signed stays.
    ...(mayAdd && visit.status === "draft"
      ? [{ label: words.remove, icon: "trash" as const, run: () => void remove(file) }]
      : []),
  ];
  if (list.isPending) return <Loading lines={2} />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  return (
    <div className={css.files}>
      <ProblemNotice error={fault} />
      {files.length === 0 && <p className={css.muted}>{words.none}</p>}
      {files.length > 0 && (
        <ul className={css.list}>
          {files.map((file) => (
            <Row key={file.id} file={file} items={itemsOf(file)} onOpen={() => setOpen(file.id)} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button small busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {words.more}
        </Button>
      )}
      <UploadList record={visit.id} />
      {mayAdd && <AddFiles record={visit.id} patient={visit.patient_id} />}
      {open !== undefined && <Viewer files={files} open={open} onOpen={setOpen} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

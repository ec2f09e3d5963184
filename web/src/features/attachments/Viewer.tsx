import { Suspense, lazy, useEffect, useState } from "react";
import { Button, Dialog, Empty, IconButton, Loading, ProblemNotice } from "../../ui/index.ts";
import type { Viewed } from "../../viewers/bytes.ts";
import { download } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Files.module.css";

const Pdf = lazy(async () => ({ default: (await import("../../viewers/PdfView.tsx")).PdfView }));
const Image = lazy(async () => ({ default: (await import("../../viewers/ImageView.tsx")).ImageView }));
const Text = lazy(async () => ({ default: (await import("../../viewers/TextView.tsx")).TextView }));

const ZOOMS = [1, 1.5, 2, 3, 4];
const texts = ["text/", "application/json", "application/xml", "application/hl7-v2"];

function viewOf(type: string) {
  if (type === "application/pdf") return Pdf;
  if (type.startsWith("image/") && type !== "image/tiff") return Image;
  if (texts.some((it) => type.startsWith(it)) && type !== "text/rtf") return Text;
  return undefined;
}

interface Props {
  files: readonly Viewed[];
  /** The id of the one that is looked at. */
  open: number;
  onOpen: (id: number) => void;
  onClose: () => void;
}

/** A file over the whole page; arrows go to the one before and after. */
export function Viewer({ files, open, onOpen, onClose }: Props) {
  const { viewer: words, download: word } = useWords();
  const [look, setLook] = useState({ zoom: 0, turn: 0 });
  const [fault, setFault] = useState<unknown>();
  const at = files.findIndex((it) => it.id === open);
  const file = files[at];
  const show = (by: number) => {
    const next = files[at + by];
    if (!next) return;
    setLook({ zoom: 0, turn: 0 });
    setFault(undefined);
    onOpen(next.id);
  };
  useEffect(() => {
    const onKeyDown = ({ key, ctrlKey, altKey, metaKey }: KeyboardEvent) => {
      // Enlarged, the arrows move what is seen.
      if (look.zoom > 0 || ctrlKey || altKey || metaKey) return;
      if (key === "ArrowLeft") show(-1);
      else if (key === "ArrowRight") show(1);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  });
  if (!file) return null;
  const View = viewOf(file.file_type);
  const zoom = ZOOMS[look.zoom]!;
  const save = () => download(file.id).catch(setFault);
  const step = (by: number) => setLook({ ...look, zoom: Math.min(ZOOMS.length - 1, Math.max(0, look.zoom + by)) });
  return (
    <Dialog
      open
      full
      onClose={onClose}
      title={file.file_name}
      tools={
        <>
          {files.length > 1 && (
            <>
              <IconButton icon="back" label={words.previous} disabled={at === 0} onClick={() => show(-1)} />
              <span className={css.place}>{words.place(at + 1, files.length)}</span>
              <IconButton icon="chevron" label={words.next} disabled={at === files.length - 1} onClick={() => show(1)} />
            </>
          )}
          {View && (
            <>
              <IconButton icon="minus" label={words.smaller} disabled={look.zoom === 0} onClick={() => step(-1)} />
              <IconButton icon="plus" label={words.larger} disabled={look.zoom === ZOOMS.length - 1} onClick={() => step(1)} />
            </>
          )}
          {View === Image && (
            <IconButton icon="turn" label={words.turn} onClick={() => setLook({ ...look, turn: (look.turn + 1) % 4 })} />
          )}
          <IconButton icon="download" label={word} onClick={() => void save()} />
        </>
      }
    >
      <div className={css.stage} tabIndex={0} role="group" aria-label={file.file_name}>
        <ProblemNotice error={fault} />
        {View ? (
          <Suspense fallback={<Loading lines={8} />}>
            <View key={file.id} file={file} zoom={zoom} turn={look.turn} />
          </Suspense>
        ) : (
          <Empty title={words.none} icon="file">
            <p>{words.noneHint}</p>
            <Button icon="download" kind="primary" onClick={() => void save()}>
              {word}
            </Button>
          </Empty>
        )}
      </div>
    </Dialog>
  );
}

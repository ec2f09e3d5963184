import { useEffect, useRef, useState } from "react";

const MOST_OF_A_FOLDER = 5_000;

function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return new Promise((resolve, reject) => (entry as FileSystemFileEntry).file((file) => resolve([file]), reject));
  }
  return filesIn((entry as FileSystemDirectoryEntry).createReader());
}

async function filesIn(reader: FileSystemDirectoryReader): Promise<File[]> {
  const out: File[] = [];
  for (;;) {
    // A reader answers with a hundred at most, and with none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || out.length >= MOST_OF_A_FOLDER) return out;
    for (const entry of some) out.push(...(await filesOf(entry)));
  }
}

async function dropped(data: DataTransfer): Promise<File[]> {
  // The entries have to be taken before anything is waited for.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((it) => it !== null);
  const files = [...data.files];
  if (!entries.some((it) => it.isDirectory)) return files;
  return (await Promise.all(entries.map(filesOf))).flat();
}

/** Files that are dropped anywhere on the page or pasted; true while some are held over it. */
export function useDropped(take: (files: File[]) => void, enabled: boolean): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    if (!enabled) return undefined;
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files");
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hold = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      void dropped(event.dataTransfer!).then((files) => files.length > 0 && latest.current(files));
    };
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      // Word and Excel put a picture of a text beside the text.
      if (files.length === 0 || event.clipboardData?.types.includes("text/plain")) return;
      event.preventDefault();
      latest.current(files);
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", hold);
    window.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", hold);
      window.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, [enabled]);
  return over;
}

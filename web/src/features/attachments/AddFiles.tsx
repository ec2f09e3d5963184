import { useEffect, useRef, useState } from "react";
import { useMedia } from "../../lib/react/index.ts";
import { addFiles, extensionsOf, readPolicy, restoreUploads } from "../../lib/uploads/index.ts";
import { Button, ProblemNotice, toast } from "../../ui/index.ts";
import { useDropped } from "./drop.ts";
import { useWords } from "./words.ts";
import css from "./Files.module.css";

interface Props {
  record: number;
  patient: number;
}

/** The ways in which files come: chosen, dropped anywhere, pasted, photographed. */
export function AddFiles({ record, patient }: Props) {
  const words = useWords();
  const chooser = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const touch = useMedia("(pointer: coarse)");
  const [fault, setFault] = useState<unknown>();
  const [accept, setAccept] = useState("");

  useEffect(() => {
    const tell = (count: number) => count > 0 && toast(useWords.now().interrupted(count));
    restoreUploads(record).then(tell, () => undefined);
  }, [record]);
  const take = (files: File[]) => {
    setFault(undefined);
    addFiles(record, patient, files).catch(setFault);
  };
  const over = useDropped(take, true);
  const taken = ({ currentTarget: input }: React.ChangeEvent<HTMLInputElement>) => {
    take([...(input.files ?? [])]);
    input.value = ""; // So that the same file can be chosen again.
  };
  const choose = async () => {
    try {
      if (accept === "") setAccept(extensionsOf((await readPolicy()).allowed_types));
    } catch {
      // Then the service says what it does not take.
    }
    chooser.current?.click();
  };
  return (
    <div className={css.add}>
      <Button small icon="clip" onClick={() => void choose()}>
        {words.add}
      </Button>
      {touch && (
        <Button small icon="camera" onClick={() => camera.current?.click()}>
          {words.photo}
        </Button>
      )}
      {!touch && <span className={css.muted}>{words.hint}</span>}
      <input ref={chooser} type="file" multiple hidden accept={accept} onChange={taken} data-choose />
      <input ref={camera} type="file" hidden accept="image/*" capture="environment" onChange={taken} />
      {over && (
        <div className={css.over} aria-hidden="true">
          <p>{words.dropHere}</p>
        </div>
      )}
      <ProblemNotice error={fault} />
    </div>
  );
}

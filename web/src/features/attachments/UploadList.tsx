import { bytes, number } from "../../lib/format/index.ts";
import { Unreadable, cancelUpload, clearEnded, isRunning, retryUpload, useUploads, type Upload } from "../../lib/uploads/index.ts";
import { Button, Icon, IconButton, useProblemText } from "../../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./Files.module.css";

const SHOWN = 40;

function useTimeLeft(): (seconds: number) => string {
  const words = useWords();
  return (seconds) =>
    seconds < 60 ? words.seconds(Math.max(1, Math.round(seconds))) : words.minutes(Math.round(seconds / 60));
}

function useLine(upload: Upload): string {
  const words = useWords();
  const problem = useProblemText();
  const timeLeft = useTimeLeft();
  const { phase, sent, total, bytesPerSecond: speed } = upload;
  if (phase === "refused") return words.refusal[upload.refusal ?? "type"];
  if (phase === "failed") return upload.error instanceof Unreadable ? words.unreadable : problem(upload.error);
  if (phase !== "sending") return words.phase[phase];
  const parts = [words.ofBytes(bytes(sent), bytes(total))];
  if (speed) parts.push(words.perSecond(bytes(speed)), words.left(timeLeft((total - sent) / speed)));
  return parts.join(" · ");
}

function Row({ upload }: { upload: Upload }) {
  const words = useWords();
  const line = useLine(upload);
  const { id, name, phase, sent, total } = upload;
  const bad = phase === "failed" || phase === "refused";
  return (
    <li className={css.upload} data-phase={phase}>
      <Icon name={bad ? "octagon" : phase === "done" ? "check" : phase === "missing" ? "warning" : "file"} />
      <div className={css.body}>
        <bdi className={css.name}>{name}</bdi>
        <span className={css.muted}>{line}</span>
        {isRunning(phase) && (
          <progress
            aria-label={words.progressOf(name)}
            max={total}
            {...(phase === "sending" || phase === "paused" ? { value: sent } : {})}
          >
            {number((sent / total) * 100, 0)} %
          </progress>
        )}
      </div>
      {phase === "failed" && <IconButton icon="history" label={words.retry(name)} onClick={() => retryUpload(id)} />}
      {phase !== "done" && (
        <IconButton
          icon="close"
          label={isRunning(phase) || phase === "missing" ? words.cancel(name) : words.dismiss(name)}
          onClick={() => void cancelUpload(id)}
        />
      )}
    </li>
  );
}

/** What is under way for a record; thousands of files are summed up behind the first ones. */
export function UploadList({ record }: { record: number }) {
  const words = useWords();
  const mine = useUploads().filter((it) => it.record === record);
  const open = mine.filter((it) => it.phase !== "done");
  const done = mine.length - open.length;
  return (
    <>
      <p className="visually-hidden" role="status">
        {done > 0 && words.added(done)}
      </p>
      {open.length > 0 && (
        <section aria-label={words.progress} className={css.uploads}>
          <ul>
            {open.slice(0, SHOWN).map((upload) => (
              <Row key={upload.id} upload={upload} />
            ))}
          </ul>
          {open.length > SHOWN && <p className={css.muted}>{words.waitingMore(open.length - SHOWN)}</p>}
          {open.every((it) => it.phase === "refused" || it.phase === "failed") && open.length > 1 && (
            <Button small kind="quiet" onClick={() => clearEnded(record)}>
              {words.clear}
            </Button>
          )}
        </section>
      )}
    </>
  );
}

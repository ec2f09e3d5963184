import { useRouteError } from "react-router";
import { Button, Empty, useTitle } from "../ui/index.ts";
import { useWords } from "./words.ts";

/** A page of an older build that asks for a file which the program does not have any more. */
function stale(error: unknown): boolean {
  return error instanceof TypeError && /import|module/i.test(error.message);
}

export function Crashed() {
  const { crashed } = useWords();
  const error = useRouteError();
  useTitle(crashed.title);
  return (
    <Empty page title={crashed.title} icon="warning">
      <p role="alert">{stale(error) ? crashed.stale : crashed.text}</p>
      <Button kind="primary" onClick={() => location.reload()}>
        {crashed.reload}
      </Button>
    </Empty>
  );
}

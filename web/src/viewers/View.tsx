import { useEffect, useState, type ReactNode } from "react";
import { Failed, Loading } from "../ui/index.ts";
import type { Viewed } from "./bytes.ts";
import css from "./Viewers.module.css";

export interface ViewProps {
  file: Viewed;
  /** 1: as large as there is room for. */
  zoom: number;
  /** Quarters to the right. */
  turn: number;
}

interface Props<T> {
  file: Viewed;
  load: (file: Viewed, signal: AbortSignal) => Promise<T>;
  children: (loaded: T) => ReactNode;
  /** Instead of "try again", where that is of no use. */
  failed?: ReactNode;
}

/** Reads a file once, and says how that went. */
export function View<T>({ file, load, children, failed }: Props<T>) {
  const [state, setState] = useState<{ loaded?: T; error?: unknown }>({});
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState({});
    load(file, stop.signal).then(
      (loaded) => !stop.signal.aborted && setState({ loaded }),
      (error: unknown) => !stop.signal.aborted && setState({ error }),
    );
    return () => stop.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a file is what its id says
  }, [file.id, load, tries]);
  if (state.error !== undefined) {
    return (
      <div className={css.middle}>
        {failed ?? <Failed error={state.error} onRetry={() => setTries(tries + 1)} />}
      </div>
    );
  }
  if (state.loaded === undefined) return <Loading lines={8} />;
  return children(state.loaded);
}

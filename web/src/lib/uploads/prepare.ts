export interface Asked {
  id: number;
  file: Blob;
  gzip: boolean;
  /** Bodies below this many bytes are hashed. */
  hashBelow: number;
}

export interface Prepared {
  id: number;
  gzipped?: Blob | undefined;
  sha256?: string | undefined;
  /** The file could not be read. */
  fault?: string;
}

/** The file cannot be read any more: it was moved, changed or taken away. */
export class Unreadable extends Error {}

let worker: Worker | undefined;
let count = 0;
const waiting = new Map<number, { resolve: (it: Prepared) => void; reject: (error: unknown) => void }>();

function start(): Worker {
  const made = new Worker(new URL("../../workers/files-worker.ts", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data }: MessageEvent<Prepared>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.fault) asked?.reject(new Unreadable(data.fault));
    else asked?.resolve(data);
  });
  made.addEventListener("error", () => {
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new Error("the worker has failed"));
    waiting.clear();
  });
  return made;
}

/** What is sent of a file: its bytes as they are, or compressed; with a hash where that is cheap. */
export function prepare(file: Blob, gzip: boolean, hashBelow: number): Promise<Prepared> {
  worker ??= start();
  const id = ++count;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker!.postMessage({ id, file, gzip, hashBelow } satisfies Asked);
  });
}

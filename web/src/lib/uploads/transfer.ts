import type { Schemas } from "../api/index.ts";
import { patiently, StoreFault } from "./patience.ts";

const AT_ONCE = 4;

type Part = Schemas["PartToSend"];

export interface Parts {
  part_bytes: number;
  headers: Record<string, string>;
  /** Those that have not arrived. */
  parts: readonly Part[];
}

interface Way {
  signal: AbortSignal;
  /** Bytes of this body that have left, counted again after a break. */
  onSent: (bytes: number) => void;
  onWait: () => void;
}

/** One PUT. Only XMLHttpRequest tells how much has left, and it sends a slice without reading it into memory. */
function put(url: string, body: Blob, headers: Record<string, string>, { signal, onSent }: Way): Promise<void> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const stop = () => xhr.abort();
    const settle = (end: () => void) => () => {
      signal.removeEventListener("abort", stop);
      end();
    };
    xhr.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
    xhr.addEventListener("abort", settle(() => reject(signal.reason as Error)));
    xhr.addEventListener("error", settle(() => reject(new StoreFault(0))));
    xhr.addEventListener("timeout", settle(() => reject(new StoreFault(0))));
    xhr.addEventListener(
      "load",
      settle(() => (xhr.status >= 200 && xhr.status < 300 ? resolve() : reject(new StoreFault(xhr.status)))),
    );
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    xhr.send(body);
  });
}

/** A file in one request; `fresh` signs its URL anew once it is refused. */
export async function sendWhole(
  body: Blob,
  upload: { url: string; headers: Record<string, string> },
  fresh: () => Promise<{ url: string; headers: Record<string, string> }>,
  way: Way,
): Promise<void> {
  let target = upload;
  let renewed = false;
  const once = async () => {
    try {
      await put(target.url, body, target.headers, way);
    } catch (error) {
      way.onSent(0);
      if (!(error instanceof StoreFault) || !error.refused || renewed) throw error;
      renewed = true;
      target = await fresh();
      await put(target.url, body, target.headers, way);
    }
  };
  try {
    await patiently(once, way.signal, way.onWait);
  } catch (error) {
    // "Precondition failed": an earlier try had arrived, only its answer was lost.
    if (!(error instanceof StoreFault) || error.status !== 412) throw error;
  }
}

/** The parts that are missing, some at once; `fresh` asks again which those are, with new URLs. */
export async function sendParts(body: Blob, first: Parts, fresh: () => Promise<Parts>, way: Way): Promise<void> {
  const sizeOf = (number: number) => Math.min(first.part_bytes, body.size - (number - 1) * first.part_bytes);
  const sent = new Map<number, number>();
  const missing = first.parts.reduce((sum, { number }) => sum + sizeOf(number), 0);
  const arrived = body.size - missing;
  const tell = () => way.onSent(arrived + [...sent.values()].reduce((sum, it) => sum + it, 0));
  const stop = new AbortController();
  const signal = AbortSignal.any([way.signal, stop.signal]);
  let current = first;
  let renewing: Promise<Parts> | undefined;
  const left = first.parts.map(({ number }) => number);

  const sendOne = async (number: number) => {
    const from = (number - 1) * first.part_bytes;
    const slice = body.slice(from, from + sizeOf(number));
    let renewed = false;
    const once = async (): Promise<void> => {
      const used = current;
      const part = used.parts.find((it) => it.number === number);
      if (!part) return; // It had arrived; only the answer was lost.
      const onSent = (bytes: number) => {
        sent.set(number, bytes);
        tell();
      };
      try {
        await put(part.url, slice, { ...used.headers, ...part.headers }, { ...way, signal, onSent });
      } catch (error) {
        onSent(0);
        if (!(error instanceof StoreFault) || !error.refused || renewed) throw error;
        renewed = true;
        if (current === used) {
          renewing ??= fresh().finally(() => (renewing = undefined));
          current = await renewing;
        }
        await once();
      }
    };
    await patiently(once, signal, way.onWait);
    sent.set(number, slice.size);
    tell();
  };
  const worker = async () => {
    for (let number = left.shift(); number !== undefined; number = left.shift()) await sendOne(number);
  };
  tell();
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

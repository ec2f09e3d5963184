import { open, type Viewed } from "./bytes.ts";

const MOST_BYTES = 512 * 1024;

/** UTF-8, UTF-16 by its mark, else what Windows wrote in Western Europe. */
export function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    // A character that is cut off at the end is no fault.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

export interface Text {
  text: string;
  whole: boolean;
}

/** The beginning of a text; no more of it is fetched than is shown. */
export async function readText(file: Viewed, signal: AbortSignal): Promise<Text> {
  const reader = (await open(file, signal)).body!.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  let whole = false;
  while (size < MOST_BYTES) {
    const { done, value } = await reader.read();
    if (done) {
      whole = true;
      break;
    }
    chunks.push(value);
    size += value.length;
  }
  if (!whole) await reader.cancel();
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  const text = decode(bytes);
  return { text: file.file_type.endsWith("json") && whole ? pretty(text) : text, whole };
}

export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

// Reads files away from the page: compresses those that it pays for, and hashes small ones.
import type { Asked, Prepared } from "../lib/uploads/prepare.ts";

const WORTH = 0.9;

async function compressed(file: Blob): Promise<Blob | undefined> {
  const stream = file.stream().pipeThrough(new CompressionStream("gzip"));
  const out = await new Response(stream).blob();
  return out.size <= file.size * WORTH ? out : undefined;
}

async function sha256(blob: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function prepare({ id, file, gzip, hashBelow }: Asked): Promise<Prepared> {
  try {
    const smaller = gzip ? await compressed(file) : undefined;
    const body = smaller ?? file;
    const hash = crypto.subtle && body.size < hashBelow ? await sha256(body) : undefined;
    return { id, gzipped: smaller, sha256: hash };
  } catch (error) {
    return { id, fault: String(error) };
  }
}

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  void prepare(data).then((answer) => postMessage(answer));
});

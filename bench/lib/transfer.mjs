// Requests over node:http that stream what they send and count what they get.
import { request } from "node:http";

export const MIB = 1024 * 1024;

/** Until more may be written, or nothing any more. */
function writable(outgoing) {
  return new Promise((resolve) => {
    const go = () => {
      outgoing.off("drain", go).off("close", go);
      resolve();
    };
    outgoing.on("drain", go).on("close", go);
  });
}

async function send(outgoing, size, chunk, onChunk) {
  for (let left = size; left > 0; ) {
    const piece = left >= chunk.length ? chunk : chunk.subarray(0, left);
    left -= piece.length;
    onChunk?.(piece);
    if (outgoing.destroyed) return;
    if (!outgoing.write(piece)) await writable(outgoing);
  }
  outgoing.end();
}

/**
 * One request. `size` bytes of `first` and then `chunk`, over and over, are sent; resolves with the
 * number of bytes that came back, and their text where they are few. Rejects unless it is a 2xx.
 */
export function transfer(url, method, options = {}) {
  const { agent, size = 0, first, chunk, headers = {}, onSent, onReceived } = options;
  return new Promise((resolve, reject) => {
    const length = method === "GET" ? {} : { "Content-Length": size };
    const outgoing = request(url, { method, agent, headers: { ...headers, ...length } });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let bytes = 0;
      const kept = [];
      incoming.on("data", (piece) => {
        bytes += piece.length;
        onReceived?.(piece);
        if (bytes < MIB / 4) kept.push(piece);
      });
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = bytes < MIB / 4 ? Buffer.concat(kept).toString() : "";
        const good = incoming.statusCode >= 200 && incoming.statusCode < 300;
        if (good) return resolve({ bytes, text, status: incoming.statusCode });
        const where = new URL(url).pathname;
        reject(new Error(`${method} ${where}: ${incoming.statusCode} ${text.slice(0, 500)}`));
        outgoing.destroy();
      });
    });
    if (method === "GET") return outgoing.end();
    if (first) {
      onSent?.(first);
      outgoing.write(first);
    }
    send(outgoing, size - (first?.length ?? 0), chunk, onSent).catch(reject);
  });
}

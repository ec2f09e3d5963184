// Plain HTTP/1.1 over node:http and node:net, nothing hidden: no redirects, decoding, retries.
import http from "node:http";
import net from "node:net";

export interface Answer {
  method: string;
  url: URL;
  status: number;
  headers: http.IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
}

export interface Sent {
  method: string;
  url: string | URL;
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
  agent?: http.Agent;
}

const shared = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** One request. The answer counts even when the server closes while the body is being sent. */
export function send(request: Sent): Promise<Answer> {
  const url = new URL(request.url);
  const headers: Record<string, string> = { ...request.headers };
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  const named = Object.keys(headers).map((name) => name.toLowerCase());
  if (body && !named.includes("content-length") && !named.includes("transfer-encoding")) {
    headers["content-length"] = String(body.length);
  }
  return new Promise((resolve, reject) => {
    let answered = false;
    const out = http.request(
      url,
      { method: request.method, headers, agent: request.agent ?? shared, signal: request.signal },
      (incoming) => {
        answered = true;
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("aborted", () => reject(new Error("the answer was cut off")));
        incoming.on("end", () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            method: request.method,
            url,
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            bytes,
            text: bytes.toString("utf8"),
          });
        });
      },
    );
    out.on("error", (error) => {
      if (!answered) reject(error);
    });
    out.setTimeout(60_000, () => out.destroy(new Error(`no answer within 60 s: ${url.pathname}`)));
    out.end(body);
  });
}

export interface RawAnswer {
  status: number;
  text: string;
  closed: boolean;
}

/** Bytes on a socket as they are; reads until the server closes or has been quiet for a while. */
export function sendRaw(base: string, bytes: string | Buffer, quietMs = 1_500): Promise<RawAnswer> {
  const url = new URL(base);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let closed = false;
    const socket = net.connect(Number(url.port), url.hostname, () => socket.write(bytes));
    const done = (): void => {
      socket.destroy();
      const text = Buffer.concat(chunks).toString("latin1");
      resolve({ status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0), text, closed });
    };
    socket.setTimeout(quietMs, done);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => {
      closed = true;
      done();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET" || error.code === "EPIPE") {
        closed = true;
        done();
      } else {
        reject(error);
      }
    });
  });
}

// A store that misbehaves on command: what it is told to let through goes to the real store behind
// it, byte by byte, so that the same upload meets a fault and then a store that is well again.
import assert from "node:assert/strict";
import http from "node:http";
import type net from "node:net";
import { s3, type Bucket } from "./s3.ts";

export type Fault =
  | "none"
  | "500" // an error of the store's own
  | "slow-down" // 503 SlowDown
  | "cut-head" // the connection ends within the answer's head
  | "cut-body" // ... within its body
  | "hang" // no answer at all
  | "nonsense" // no HTTP
  | "wrong-checksum" // HEAD and GET name another checksum
  | "other-bytes" // one byte of a body is another, both ways; no checksum is named
  | "takes-again" // If-None-Match: * is ignored: what is under the key is replaced
  | "short"; // fewer bytes than there are, and the head says so

/** A request that waits at the store's door. */
export interface Held {
  /** It has arrived, and nothing else happens with it. */
  arrived: Promise<void>;
  /** Lets it in; what happens to it then is the fault that it was held with. */
  letGo: () => void;
}
interface Hold {
  wanted: (request: http.IncomingMessage) => boolean;
  fault: Fault;
  arrived: () => void;
  released: Promise<void>;
}

const XML = "application/xml";
const errorXml = (code: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;

export class BadStore {
  fault: Fault = "none";
  /** Requests that met the fault. */
  met = 0;
  private readonly sockets = new Set<net.Socket>();
  private readonly server: http.Server;
  port = 0;
  private holds: Hold[] = [];
  /** Keys that are in the archive, and how S3 would say so. */
  readonly archive = new Map<string, "archived" | "restoring">();
  /** Bodies of the requests to bring one back. */
  readonly restores: string[] = [];

  constructor(
    readonly real: string,
    /** For "takes-again". */
    readonly bucket?: Bucket,
  ) {
    this.server = http.createServer((request, response) => {
      void this.receive(request, response);
    });
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => undefined);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.port, "127.0.0.1", () => {
        this.port = (this.server.address() as net.AddressInfo).port;
        resolve();
      });
    });
  }

  /** Connections are refused from now on, until it listens again on its port. */
  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** Holds the next request that is wanted; those behind it go on. */
  hold(wanted: (request: http.IncomingMessage) => boolean, fault: Fault = "none"): Held {
    let arrived: () => void = () => undefined;
    let letGo: () => void = () => undefined;
    const here = new Promise<void>((resolve) => (arrived = resolve));
    const released = new Promise<void>((resolve) => (letGo = resolve));
    this.holds.push({ wanted, fault, arrived, released });
    return { arrived: here, letGo };
  }

  private async receive(
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const hold = this.holds.find(({ wanted }) => wanted(request));
    if (hold) {
      this.holds = this.holds.filter((other) => other !== hold);
      hold.arrived();
      await hold.released;
    }
    const fault = hold ? hold.fault : this.fault;
    if (this.fromArchive(request, response)) return;
    if (fault === "takes-again" && request.headers["if-none-match"] === "*") {
      assert.ok(this.bucket);
      const key = decodeURIComponent(request.url!.split("?")[0]!).split("/").slice(2).join("/");
      await s3(this.bucket, "DELETE", key);
    }
    this.serve(request, response, fault);
  }

  /** What S3 answers for INTELLIGENT_TIERING in an archive tier. */
  private fromArchive(request: http.IncomingMessage, response: http.ServerResponse): boolean {
    const [where, query] = request.url!.split("?") as [string, string | undefined];
    const key = decodeURIComponent(where).split("/").slice(2).join("/");
    const state = this.archive.get(key);
    if (!state) return false;
    if (request.method === "POST" && query === "restore=") {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        this.restores.push(body);
        const again = state === "restoring";
        this.archive.set(key, "restoring");
        response.writeHead(again ? 409 : 202, { "content-type": XML });
        response.end(again ? errorXml("RestoreAlreadyInProgress") : undefined);
      });
      return true;
    }
    if (request.method === "GET") {
      request.resume();
      response.writeHead(403, { "content-type": XML });
      response.end(errorXml("InvalidObjectState"));
      return true;
    }
    return false;
  }

  private serve(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    fault: Fault,
  ): void {
    if (fault !== "none") this.met += 1;
    request.on("error", () => undefined);
    switch (fault) {
      case "hang":
        request.resume();
        return;
      case "500":
      case "slow-down": {
        const status = fault === "500" ? 500 : 503;
        request.resume();
        const code = fault === "500" ? "InternalError" : "SlowDown";
        request.on("end", () => {
          response.writeHead(status, { "content-type": XML });
          response.end(request.method === "HEAD" ? undefined : errorXml(code));
        });
        return;
      }
      case "cut-head":
      case "nonsense": {
        const bytes = fault === "nonsense" ? "220 smtp ready\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Le";
        request.resume();
        request.on("end", () => request.socket.end(bytes, () => request.socket.destroy()));
        return;
      }
      default:
        this.pass(request, response, fault);
    }
  }

  private pass(request: http.IncomingMessage, response: http.ServerResponse, fault: Fault): void {
    const target = new URL(request.url ?? "/", this.real);
    const options = { method: request.method, headers: request.headers };
    const onward = http.request(target, options, (answer) => {
      const headers = { ...answer.headers };
      const checksum = "x-amz-checksum-sha256";
      if (fault === "wrong-checksum" && headers[checksum]) {
        headers[checksum] = Buffer.alloc(32, 7).toString("base64");
      }
      if (fault === "other-bytes") delete headers[checksum];
      const length = Number(headers["content-length"] ?? 0);
      const reading = request.method === "GET" && answer.statusCode! < 300 && length > 0;
      const short = fault === "short" && length > 1 && request.method !== "PUT";
      if (short) headers["content-length"] = String(length - 1);
      const archived = this.archive.get(decodeURIComponent(target.pathname).split("/").slice(2).join("/"));
      if (archived) headers["x-amz-archive-status"] = "ARCHIVE_ACCESS";
      if (archived === "restoring") headers["x-amz-restore"] = 'ongoing-request="true"';
      response.writeHead(answer.statusCode!, headers);
      response.flushHeaders();
      let at = 0;
      answer.on("data", (chunk: Buffer) => {
        let piece = chunk;
        if (fault === "other-bytes" && reading && at === 0) piece = flipped(chunk);
        if (short) piece = chunk.subarray(0, Math.max(0, length - 1 - at));
        if (fault === "cut-body" && reading && at + chunk.length > length / 2) {
          const half = chunk.subarray(0, Math.max(0, Math.floor(length / 2) - at));
          response.write(half, () => request.socket.destroy());
          onward.destroy();
          return;
        }
        at += chunk.length;
        response.write(piece);
      });
      answer.on("end", () => {
        if (fault === "cut-body" && !reading) request.socket.destroy();
        else response.end();
      });
      answer.on("error", () => undefined);
    });
    onward.on("error", () => request.socket.destroy());
    request.on("close", () => {
      if (!request.complete) onward.destroy();
    });
    let first = true;
    request.on("data", (chunk: Buffer) => {
      onward.write(first && fault === "other-bytes" ? flipped(chunk) : chunk);
      first = false;
    });
    request.on("end", () => onward.end());
  }
}

/** The same bytes but for one in the middle. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = Math.floor(copy.length / 2);
  copy[middle] = copy[middle] === 0x61 ? 0x62 : 0x61;
  return copy;
}

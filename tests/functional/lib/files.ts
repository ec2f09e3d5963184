// Files that are what they claim to be, and uploads of them.
import { createHash } from "node:crypto";
import { deflateSync, gunzipSync } from "node:zlib";
import type { Client, Result, Schemas } from "./client.ts";
import { send, type Answer } from "./http.ts";

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A PDF of one empty page, with as much padding in a comment as is asked for. */
export function pdf(padding = 0): Buffer {
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
  ];
  let text = "%PDF-1.4\n";
  if (padding > 0) text += `%${"x".repeat(padding)}\n`;
  const offsets = objects.map((object, i) => {
    const at = text.length;
    text += `${i + 1} 0 obj${object}endobj\n`;
    return at;
  });
  const start = text.length;
  text += `xref\n0 4\n0000000000 65535 f \n`;
  for (const at of offsets) text += `${String(at).padStart(10, "0")} 00000 n \n`;
  text += `trailer<</Size 4/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A PNG of one grey pixel. */
export function png(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from([0, 128]))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export type Started = Schemas["UploadStarted"];

export async function startUpload(
  client: Client,
  record: number,
  body: Schemas["UploadStart"],
): Promise<Started> {
  const path = { id: record };
  return (await client.expect(201, "post", "/records/{id}/attachments", { path, body })).body;
}

/** PUTs to the presigned URL as it was told; `changed` replaces headers, null leaves one out. */
export function put(
  started: Started,
  bytes: Buffer,
  changed: Record<string, string | null> = {},
  url?: string,
): Promise<Answer> {
  const { upload } = started;
  if (upload.mode !== "single") throw new Error("not a single upload");
  const headers: Record<string, string> = { ...upload.headers };
  for (const [name, value] of Object.entries(changed)) {
    for (const known of Object.keys(headers)) {
      if (known.toLowerCase() === name.toLowerCase()) delete headers[known];
    }
    if (value !== null) headers[name] = value;
  }
  return send({ method: "PUT", url: url ?? upload.url, headers, body: bytes });
}

export function complete(client: Client, id: number): Promise<Result<any>> {
  return client.any("POST", `/attachments/${id}/complete`, { body: {} });
}

/** Start, PUT, complete. */
export async function upload(
  client: Client,
  record: number,
  name: string,
  type: string,
  bytes: Buffer,
  extra: Partial<Schemas["UploadStart"]> = {},
): Promise<Schemas["Attachment"]> {
  const started = await startUpload(client, record, {
    file_name: name,
    file_type: type,
    file_size: bytes.length,
    ...extra,
  });
  const sent = await put(started, bytes);
  if (sent.status !== 200) throw new Error(`PUT: ${sent.status} ${sent.text}`);
  const done = await complete(client, started.attachment.id);
  if (done.status !== 200) throw new Error(`complete: ${done.status} ${done.text}`);
  return done.body as Schemas["Attachment"];
}

export type PartsUpload = Schemas["MultipartUpload"];
export type StartedParts = { attachment: Schemas["Attachment"]; upload: PartsUpload };
type PartToSend = Schemas["PartToSend"];

export async function startParts(
  client: Client,
  record: number,
  body: Schemas["UploadStart"],
): Promise<StartedParts> {
  const { attachment, upload } = await startUpload(client, record, body);
  if (upload.mode !== "multipart") throw new Error("not an upload in parts");
  return { attachment, upload };
}

export function partsOf(bytes: Buffer, size: number): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(bytes.subarray(at, at + size));
  return out;
}

/** PUTs one part of the whole file `bytes`. */
export function putPart(
  upload: Pick<PartsUpload, "headers" | "part_bytes">,
  part: PartToSend,
  bytes: Buffer,
): Promise<Answer> {
  const from = (part.number - 1) * upload.part_bytes;
  const headers = { ...upload.headers, ...part.headers };
  const body = bytes.subarray(from, from + upload.part_bytes);
  return send({ method: "PUT", url: part.url, headers, body });
}

/** All that are to be sent, four at a time. */
export async function putParts(
  upload: Pick<PartsUpload, "headers" | "part_bytes" | "parts">,
  bytes: Buffer,
): Promise<void> {
  const left = [...upload.parts];
  const work = async (): Promise<void> => {
    for (let part = left.shift(); part; part = left.shift()) {
      const sent = await putPart(upload, part, bytes);
      if (sent.status !== 200) throw new Error(`part ${part.number}: ${sent.status} ${sent.text}`);
    }
  };
  await Promise.all([1, 2, 3, 4].map(work));
}

/** A body without its encoding, as a browser has it. */
export function unpacked(answer: Answer): Buffer {
  return answer.headers["content-encoding"] === "gzip" ? gunzipSync(answer.bytes) : answer.bytes;
}

// A small S3 client for looking at the store behind the service: what the demo wrote into
// object-store.env, signed by header (AWS Signature Version 4).
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { send, type Answer } from "./http.ts";

export interface Bucket {
  endpoint: string;
  region: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
}

/**
 * Whether the store is Ceph's radosgw (16.2), which takes other bytes than a signed
 * x-amz-checksum-sha256 names, takes x-amz- headers that were not signed, and tells neither the
 * checksum nor the encryption of an object. docs/object-store.md says what follows from that.
 */
export const onRadosgw = process.env["WARDBOOK_TEST_STORE"] === "radosgw";

/** The demo's bucket. */
export function demoBucket(dataDir: string): Bucket {
  const values = new Map<string, string>();
  for (const line of readFileSync(path.join(dataDir, "object-store.env"), "utf8").split("\n")) {
    const match = /^([A-Z_]+)='(.*)'$/.exec(line.trim());
    if (match) values.set(match[1]!, match[2]!);
  }
  const of = (name: string): string => {
    const value = values.get(name);
    assert.ok(value, `object-store.env has no ${name}`);
    return value;
  };
  return {
    endpoint: of("AWS_ENDPOINT_URL"),
    region: of("AWS_REGION"),
    bucket: of("WARDBOOK_BUCKET"),
    accessKey: of("AWS_ACCESS_KEY_ID"),
    secretKey: of("AWS_SECRET_ACCESS_KEY"),
  };
}

const hex = (text: string): string => createHash("sha256").update(text).digest("hex");
const mac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** A request; `key` empty is the bucket itself. `extra` headers are sent without being signed. */
export function s3(
  at: Bucket,
  method: string,
  key: string,
  query: Record<string, string> = {},
  body?: Buffer,
  extra: Record<string, string> = {},
): Promise<Answer> {
  const keyPath = key.split("/").map(escaped).join("/");
  const pathname = `/${at.bucket}${key ? `/${keyPath}` : ""}`;
  const search = Object.entries(query)
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join("&");
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const host = new URL(at.endpoint).host;
  const scope = `${day}/${at.region}/s3/aws4_request`;
  const payload = createHash("sha256").update(body ?? "").digest("hex");
  const signed = "host;x-amz-content-sha256;x-amz-date";
  const lines = `host:${host}\nx-amz-content-sha256:${payload}\nx-amz-date:${time}\n`;
  const canonical = [method, pathname, search, lines, signed, payload].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, hex(canonical)].join("\n");
  const signing = [day, at.region, "s3", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => mac(secret, part),
    `AWS4${at.secretKey}`,
  );
  const signature = mac(signing, toSign).toString("hex");
  const credential = `Credential=${at.accessKey}/${scope}`;
  const headers = {
    ...extra,
    host,
    "x-amz-content-sha256": payload,
    "x-amz-date": time,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  };
  const url = `${at.endpoint}${pathname}${search ? `?${search}` : ""}`;
  return send({ method, url, headers, ...(body ? { body } : {}) });
}

/** All keys that start with `prefix`, page by page. */
export async function keysOf(at: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let token = "";
  do {
    const query: Record<string, string> = { "list-type": "2", prefix };
    if (token) query["continuation-token"] = token;
    const page = await s3(at, "GET", "", query);
    assert.equal(page.status, 200, page.text);
    for (const match of page.text.matchAll(/<Key>([^<]*)<\/Key>/g)) {
      keys.push(match[1]!.replaceAll("&amp;", "&"));
    }
    token = /<NextContinuationToken>([^<]*)</.exec(page.text)?.[1] ?? "";
  } while (token !== "");
  return keys;
}

/** Whether there is an object under this key. */
export async function exists(at: Bucket, key: string): Promise<boolean> {
  const answer = await s3(at, "HEAD", key);
  assert.ok(answer.status === 200 || answer.status === 404, `HEAD: ${answer.status}`);
  return answer.status === 200;
}

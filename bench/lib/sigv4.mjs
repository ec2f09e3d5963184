// Presigned URLs for the measurements of stores, so that they need no package.
import { createHash, createHmac } from "node:crypto";

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const percent = (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
const escaped = (text) => encodeURIComponent(text).replace(/[!'()*]/g, percent);

export function presign({ endpoint, region, accessKey, secretKey }, method, target, params = {}) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const host = new URL(endpoint).host;
  const canonicalPath = target.split("/").map(escaped).join("/");
  const query = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    `X-Amz-Credential=${escaped(`${accessKey}/${scope}`)}`,
    `X-Amz-Date=${time}`,
    "X-Amz-Expires=3600",
    "X-Amz-SignedHeaders=host",
    ...Object.entries(params).map(([name, value]) => `${name}=${escaped(`${value}`)}`),
  ]
    .sort()
    .join("&");
  const parts = [method, canonicalPath, query, `host:${host}\n`, "host", "UNSIGNED-PAYLOAD"];
  const digest = createHash("sha256").update(parts.join("\n")).digest("hex");
  let key = Buffer.from(`AWS4${secretKey}`);
  for (const step of [day, region, "s3", "aws4_request"]) key = hmac(key, step);
  const text = ["AWS4-HMAC-SHA256", time, scope, digest].join("\n");
  const signature = hmac(key, text).toString("hex");
  return `${endpoint}${canonicalPath}?${query}&X-Amz-Signature=${signature}`;
}

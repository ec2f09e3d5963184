// What bench/presign_bench.cpp measures, with the AWS SDK for JavaScript. Prints JSON.
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const SECONDS = 2;
const Bucket = "wardbook";
const Key = "tenant_1762083064503/medical-records/2026/03/123456/laboratory-report.pdf";
const client = new S3Client({
  region: "eu-central-1",
  endpoint: "http://127.0.0.1:9000",
  forcePathStyle: true,
  requestChecksumCalculation: "WHEN_REQUIRED",
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
});

const upload = () =>
  new PutObjectCommand({
    Bucket,
    Key,
    ContentType: "application/pdf",
    ContentLength: 123456,
    IfNoneMatch: "*",
    ChecksumSHA256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    Metadata: {
      "record-id": "123456",
      "tenant-id": "tenant_1762083064503",
      "uploaded-at": "2026-03-04T05:06:07Z",
    },
    ServerSideEncryption: "AES256",
    StorageClass: "INTELLIGENT_TIERING",
  });
const signed = [
  "content-type",
  "if-none-match",
  "x-amz-checksum-sha256",
  "x-amz-meta-record-id",
  "x-amz-meta-tenant-id",
  "x-amz-meta-uploaded-at",
  "x-amz-server-side-encryption",
  "x-amz-storage-class",
];
const download = () =>
  new GetObjectCommand({
    Bucket,
    Key,
    ResponseContentDisposition: 'attachment; filename="laboratory-report.pdf"',
    ResponseContentType: "application/pdf",
  });
// Bound as headers, as ours are.
const bound = { signableHeaders: new Set(signed), unhoistableHeaders: new Set(signed) };

async function measure(what, make, options) {
  const once = () => getSignedUrl(client, make(), { expiresIn: 900, ...options });
  for (let i = 0; i < 500; ++i) await once();
  let count = 0;
  const begun = process.cpuUsage();
  const until = performance.now() + SECONDS * 1000;
  while (performance.now() < until) {
    await once();
    ++count;
  }
  const { user, system } = process.cpuUsage(begun);
  const us = (user + system) / count;
  return { program: "@aws-sdk/s3-request-presigner", what, per_second: 1e6 / us, us };
}

const rows = [
  await measure("PUT, 8 bound headers", upload, bound),
  await measure("GET", download, {}),
];
process.stdout.write(`${JSON.stringify(rows)}\n`);

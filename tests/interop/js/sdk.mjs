// The AWS SDK for JavaScript v3 with its defaults: sdk.mjs ENDPOINT KEY SECRET. One line a case.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const [endpoint, accessKeyId, secretAccessKey] = process.argv.slice(2);
const make = (secret = secretAccessKey) =>
  new s3.S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: secret },
  });
const client = make();
const Bucket = "js-sdk";
const send = (command) => client.send(command);
const bytes = async (object) => Buffer.from(await object.Body.transformToByteArray());
const codeOf = async (promise) => promise.then(() => "", (error) => error.name);

const cases = {
  async "objects with the default checksum"() {
    await send(new s3.CreateBucketCommand({ Bucket }));
    const put = await send(
      new s3.PutObjectCommand({ Bucket, Key: "a/ü b.txt", Body: "hello", Metadata: { m: "1" } }),
    );
    assert.equal(put.ChecksumCRC32, "NhCmhg==");
    const got = await send(new s3.GetObjectCommand({ Bucket, Key: "a/ü b.txt" }));
    assert.equal((await bytes(got)).toString(), "hello");
    assert.deepEqual([got.Metadata, got.ChecksumCRC32], [{ m: "1" }, "NhCmhg=="]);
    const none = send(new s3.GetObjectCommand({ Bucket, Key: "none" }));
    assert.equal(await codeOf(none), "NoSuchKey");
  },

  async "every checksum"() {
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
      const Key = `sum/${ChecksumAlgorithm}`;
      const put = new s3.PutObjectCommand({ Bucket, Key, Body: "hello", ChecksumAlgorithm });
      const stored = (await send(put))[`Checksum${ChecksumAlgorithm}`];
      assert.ok(stored, ChecksumAlgorithm);
      const got = await send(new s3.GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
      assert.equal(got[`Checksum${ChecksumAlgorithm}`], stored);
      assert.equal((await bytes(got)).toString(), "hello");
    }
    const wrong = { Bucket, Key: "sum/wrong", Body: "hello", ChecksumSHA256: "A".repeat(43) + "=" };
    assert.equal(await codeOf(send(new s3.PutObjectCommand(wrong))), "BadDigest");
  },

  async "a stream in aws-chunked pieces"() {
    const body = randomBytes(3_000_000);
    const pieces = Array.from({ length: 30 }, (_, i) => body.subarray(i * 1e5, (i + 1) * 1e5));
    const Body = Readable.from(pieces);
    await send(new s3.PutObjectCommand({ Bucket, Key: "stream", Body, ContentLength: body.length }));
    const got = await send(new s3.GetObjectCommand({ Bucket, Key: "stream" }));
    assert.ok((await bytes(got)).equals(body));
    assert.equal(got.ContentEncoding, undefined);
  },

  async "multipart by lib-storage"() {
    const body = randomBytes(12_000_001);
    const Body = Readable.from([body.subarray(0, 7e6), body.subarray(7e6)]);
    const params = { Bucket, Key: "large", Body, ContentType: "application/dicom" };
    const done = await new Upload({ client, params }).done();
    assert.match(done.ETag, /-3"$/);
    const got = await send(new s3.GetObjectCommand({ Bucket, Key: "large" }));
    const digest = (data) => createHash("sha256").update(data).digest("hex");
    assert.equal(digest(await bytes(got)), digest(body));
    assert.equal(got.ContentType, "application/dicom");
  },

  async "multipart with a checksum of the whole object"() {
    const target = { Bucket, Key: "whole" };
    const { UploadId } = await send(
      new s3.CreateMultipartUploadCommand({
        ...target,
        ChecksumAlgorithm: "CRC64NVME",
        ChecksumType: "FULL_OBJECT",
      }),
    );
    const part = Buffer.alloc(5 * 1024 * 1024, "a");
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const upload = { ...target, UploadId, PartNumber, Body: part, ChecksumAlgorithm: "CRC64NVME" };
      const { ETag, ChecksumCRC64NVME } = await send(new s3.UploadPartCommand(upload));
      Parts.push({ PartNumber, ETag, ChecksumCRC64NVME });
    }
    const complete = { ...target, UploadId, MultipartUpload: { Parts } };
    const done = await send(new s3.CompleteMultipartUploadCommand(complete));
    const Body = Buffer.concat([part, part]);
    const put = { Bucket, Key: "single", Body, ChecksumAlgorithm: "CRC64NVME" };
    const single = await send(new s3.PutObjectCommand(put));
    assert.equal(done.ChecksumCRC64NVME, single.ChecksumCRC64NVME);
  },

  async "headers that are kept with an object"() {
    const kept = {
      CacheControl: "no-store",
      ContentDisposition: "inline",
      ContentLanguage: "de",
      ContentType: "text/plain",
      Expires: new Date("2030-01-01T00:00:00Z"),
      StorageClass: "INTELLIGENT_TIERING",
      ServerSideEncryption: "AES256",
      ACL: "private",
    };
    const expected = { ...kept, ExpectedBucketOwner: "wardbook" };
    await send(new s3.PutObjectCommand({ Bucket, Key: "kept", Body: "x", ...expected }));
    const got = await send(new s3.HeadObjectCommand({ Bucket, Key: "kept" }));
    for (const name of ["CacheControl", "ContentDisposition", "ContentLanguage", "ContentType"]) {
      assert.equal(got[name], kept[name]);
    }
    const refused = (more) =>
      codeOf(send(new s3.PutObjectCommand({ Bucket, Key: "kept", Body: "y", ...more })));
    assert.equal(await refused({ ExpectedBucketOwner: "other" }), "AccessDenied");
    assert.equal(await refused({ ACL: "public-read" }), "NotImplemented");
    assert.equal(await refused({ Tagging: "a=b&a=c" }), "InvalidTag");
    assert.equal(await refused({ ObjectLockLegalHoldStatus: "ON" }), "NotImplemented");
    assert.equal(await (await bytes(await send(new s3.GetObjectCommand({ Bucket, Key: "kept" })))).toString(), "x");
  },

  async "conditional deletes"() {
    const { ETag } = await send(new s3.PutObjectCommand({ Bucket, Key: "held", Body: "x" }));
    const remove = (more) => codeOf(send(new s3.DeleteObjectCommand({ Bucket, Key: "held", ...more })));
    assert.equal(await remove({ IfMatch: '"other"' }), "PreconditionFailed");
    assert.equal(await remove({ IfMatchSize: 7 }), "PreconditionFailed");
    assert.equal(await remove({ VersionId: "none" }), "");
    const many = (object) =>
      send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "held", ...object }] } }));
    assert.equal((await many({ ETag: '"other"' })).Errors[0].Code, "PreconditionFailed");
    assert.equal((await many({ VersionId: "none" })).Deleted[0].VersionId, "none");
    const LastModifiedTime = (await send(new s3.HeadObjectCommand({ Bucket, Key: "held" }))).LastModified;
    assert.equal((await many({ ETag, Size: 1, LastModifiedTime })).Deleted[0].Key, "held");
  },

  async "versions and delete markers"() {
    const target = { Bucket: "js-versions", Key: "k" };
    await send(new s3.CreateBucketCommand({ Bucket: target.Bucket }));
    const VersioningConfiguration = { Status: "Enabled" };
    await send(
      new s3.PutBucketVersioningCommand({ Bucket: target.Bucket, VersioningConfiguration }),
    );
    const put = async (Body) => (await send(new s3.PutObjectCommand({ ...target, Body }))).VersionId;
    const first = await put("one");
    const body = Buffer.alloc(11e6, "v");
    const large = await new Upload({ client, params: { ...target, Body: body } }).done();
    assert.notEqual(large.VersionId, first);
    const gone = await send(new s3.DeleteObjectCommand(target));
    assert.equal(gone.DeleteMarker, true);
    assert.equal(await codeOf(send(new s3.GetObjectCommand(target))), "NoSuchKey");
    const old = await send(new s3.GetObjectCommand({ ...target, VersionId: first }));
    assert.equal((await bytes(old)).toString(), "one");
    const whole = await send(new s3.GetObjectCommand({ ...target, VersionId: large.VersionId }));
    assert.ok((await bytes(whole)).equals(body));
    const list = (more) =>
      send(new s3.ListObjectVersionsCommand({ Bucket: target.Bucket, MaxKeys: 2, ...more }));
    const page = await list({});
    assert.deepEqual([page.DeleteMarkers.length, page.Versions.length], [1, 1]);
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    const rest = await list({ KeyMarker, VersionIdMarker });
    assert.deepEqual(rest.Versions.map((one) => one.VersionId), [first]);
    const Objects = [gone.VersionId, first, large.VersionId].map((VersionId) => ({
      Key: target.Key,
      VersionId,
    }));
    const removed = await send(
      new s3.DeleteObjectsCommand({ Bucket: target.Bucket, Delete: { Objects } }),
    );
    assert.equal(removed.Deleted.length, 3);
    await send(new s3.DeleteBucketCommand({ Bucket: target.Bucket }));
  },

  async "tags"() {
    const target = { Bucket, Key: "tagged" };
    const TagSet = [{ Key: "colour", Value: "red & blue" }];
    await send(new s3.PutObjectCommand({ ...target, Body: "x", Tagging: "a=1&b=2" }));
    const tags = async () => (await send(new s3.GetObjectTaggingCommand(target))).TagSet;
    assert.deepEqual(await tags(), [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }]);
    await send(new s3.PutObjectTaggingCommand({ ...target, Tagging: { TagSet } }));
    assert.deepEqual(await tags(), TagSet);
    assert.equal((await send(new s3.GetObjectCommand(target))).TagCount, 1);
    await send(new s3.DeleteObjectTaggingCommand(target));
    assert.deepEqual(await tags(), []);
    await send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    assert.deepEqual((await send(new s3.GetBucketTaggingCommand({ Bucket }))).TagSet, TagSet);
  },

  async "buckets in pages"() {
    const { Buckets, ContinuationToken, Prefix } = await send(
      new s3.ListBucketsCommand({ Prefix: "js-", MaxBuckets: 1 }),
    );
    assert.deepEqual([Buckets.length, ContinuationToken, Prefix], [1, undefined, "js-"]);
  },

  async "presigned URLs"() {
    const put = new s3.PutObjectCommand({ Bucket, Key: "up", ContentType: "text/plain" });
    const url = await getSignedUrl(client, put, {
      expiresIn: 60,
      signableHeaders: new Set(["content-type"]),
    });
    const upload = (type, body) =>
      fetch(url, { method: "PUT", headers: { "Content-Type": type }, body });
    assert.equal((await upload("text/html", "data")).status, 403);
    assert.equal((await upload("text/plain", "data")).status, 200);
    const get = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: "up" }));
    assert.equal(await (await fetch(get)).text(), "data");
    assert.equal((await fetch(get.replace("up?", "single?"))).status, 403);
  },

  async "conditional writes"() {
    const put = () =>
      send(new s3.PutObjectCommand({ Bucket, Key: "once", Body: "x", IfNoneMatch: "*" }));
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(put())));
    assert.equal(codes.filter((code) => code === "").length, 1);
    assert.equal(codes.filter((code) => code === "PreconditionFailed").length, 9);
  },

  async "lists, copies and deletes"() {
    await send(
      new s3.CopyObjectCommand({ Bucket, Key: "sum/copy", CopySource: `${Bucket}/sum/SHA256` }),
    );
    const keys = [];
    const pages = s3.paginateListObjectsV2({ client, pageSize: 4 }, { Bucket });
    for await (const page of pages) keys.push(...(page.Contents ?? []).map((object) => object.Key));
    assert.deepEqual(keys, [...keys].sort());
    assert.ok(keys.includes("sum/copy") && keys.includes("a/ü b.txt"));
    const Objects = keys.map((Key) => ({ Key }));
    const gone = await send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.equal(gone.Deleted.length, keys.length);
    await send(new s3.DeleteBucketCommand({ Bucket }));
  },

  async "a wrong secret"() {
    const refused = make("wrong").send(new s3.ListBucketsCommand({}));
    assert.equal(await codeOf(refused), "SignatureDoesNotMatch");
  },
};

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
    console.log(`ok      js: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  js: ${name}\n${error.stack}`);
  }
}
process.exit(failed ? 1 : 0);

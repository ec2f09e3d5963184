"""boto3, as Debian has it."""

import base64
import concurrent.futures
import hashlib
import io
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import store

ODD_KEYS = [" ", "a b", "a+b", "a%20b", "a&b=c?d#e", "ümläut/日本語/💉", "..", "../../etc/passwd", ".",
            "//double//", "trailing/", "quote'\"<>&", "tab\there", "x" * 1024, "~-_.!*()'",
            "back\\slash", "a:b@c$d,e;f", "new\nline"]


def client(server, key=store.KEY, secret=store.SECRET, **config):
    return boto3.client("s3", endpoint_url=server.url, aws_access_key_id=key,
                        aws_secret_access_key=secret, region_name=store.REGION,
                        config=Config(signature_version="s3v4", retries={"max_attempts": 1},
                                      s3={"addressing_style": "path"}, **config))


def code_of(work):
    try:
        work()
        return ""
    except ClientError as error:
        return error.response["Error"]["Code"]


def expect(actual, wanted):
    if actual != wanted:
        raise AssertionError(f"{actual!r}, not {wanted!r}")


def buckets(server):
    s3 = client(server)
    s3.create_bucket(Bucket="boto")
    s3.create_bucket(Bucket="boto")  # in the first region, as at AWS
    expect(code_of(lambda: s3.create_bucket(Bucket="BAD_name".lower())), "InvalidBucketName")
    s3.head_bucket(Bucket="boto")
    expect(code_of(lambda: s3.head_bucket(Bucket="nothing")), "404")
    expect(s3.get_bucket_location(Bucket="boto")["LocationConstraint"], None)
    expect("boto" in [b["Name"] for b in s3.list_buckets()["Buckets"]], True)
    s3.put_object(Bucket="boto", Key="k", Body=b"x")
    expect(code_of(lambda: s3.delete_bucket(Bucket="boto")), "BucketNotEmpty")
    s3.delete_object(Bucket="boto", Key="k")
    s3.delete_bucket(Bucket="boto")
    expect(code_of(lambda: s3.list_objects_v2(Bucket="boto")), "NoSuchBucket")
    s3.create_bucket(Bucket="boto")


def an_object(server):
    s3 = client(server)
    put = s3.put_object(Bucket="boto", Key="dir/a.txt", Body=b"hello", ContentType="text/plain",
                        ContentEncoding="identity", ContentDisposition="inline",
                        CacheControl="no-store", Metadata={"tenant-id": "t1", "b": "2"},
                        StorageClass="INTELLIGENT_TIERING", ServerSideEncryption="AES256")
    expect(put["ETag"], '"' + hashlib.md5(b"hello").hexdigest() + '"')
    expect(put["ServerSideEncryption"], "AES256")
    got = s3.get_object(Bucket="boto", Key="dir/a.txt")
    expect(got["Body"].read(), b"hello")
    for name, value in [("ContentType", "text/plain"), ("ContentEncoding", "identity"),
                        ("ContentDisposition", "inline"), ("CacheControl", "no-store"),
                        ("Metadata", {"tenant-id": "t1", "b": "2"}),
                        ("StorageClass", "INTELLIGENT_TIERING"), ("ContentLength", 5)]:
        expect(got[name], value)
    expect(s3.head_object(Bucket="boto", Key="dir/a.txt")["Metadata"]["b"], "2")
    got = s3.get_object(Bucket="boto", Key="dir/a.txt", ResponseContentType="x/y",
                        ResponseContentDisposition="attachment")
    expect((got["ContentType"], got["ContentDisposition"]), ("x/y", "attachment"))
    expect(code_of(lambda: s3.get_object(Bucket="boto", Key="none")), "NoSuchKey")
    expect(code_of(lambda: s3.head_object(Bucket="boto", Key="none")), "404")


def ranges_and_conditions(server):
    s3 = client(server)
    data = bytes(range(256)) * 2000
    etag = s3.put_object(Bucket="boto", Key="r", Body=data)["ETag"]
    for text, wanted in [("bytes=0-0", data[:1]), ("bytes=65530-131080", data[65530:131081]),
                         ("bytes=-7", data[-7:]), ("bytes=511999-", data[-1:])]:
        got = s3.get_object(Bucket="boto", Key="r", Range=text)
        expect(got["Body"].read() == wanted, True)
        expect(got["ResponseMetadata"]["HTTPStatusCode"], 206)
    get = lambda **how: code_of(lambda: s3.get_object(Bucket="boto", Key="r", **how))
    expect(get(Range="bytes=512000-"), "InvalidRange")
    expect(get(IfNoneMatch=etag), "304")
    expect(get(IfMatch='"other"'), "PreconditionFailed")
    expect(get(IfMatch=etag), "")
    expect(get(IfModifiedSince=time.time() + 100), "304")


def odd_keys(server):
    s3 = client(server)
    s3.create_bucket(Bucket="odd")
    for key in ODD_KEYS:
        s3.put_object(Bucket="odd", Key=key, Body=key.encode())
    for key in ODD_KEYS:
        expect(s3.get_object(Bucket="odd", Key=key)["Body"].read(), key.encode())
    wanted = sorted(ODD_KEYS, key=lambda key: key.encode())
    expect([o["Key"] for o in s3.list_objects_v2(Bucket="odd")["Contents"]], wanted)
    expect([o["Key"] for o in s3.list_objects(Bucket="odd")["Contents"]], wanted)
    for key in ODD_KEYS:
        s3.copy_object(Bucket="odd", Key="copy/" + key[:1000],
                       CopySource={"Bucket": "odd", "Key": key})
    expect(s3.list_objects_v2(Bucket="odd", Prefix="copy/")["KeyCount"], len(ODD_KEYS))
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="odd")["Contents"]]
    s3.delete_objects(Bucket="odd", Delete={"Objects": [{"Key": key} for key in keys]})
    expect(s3.list_objects_v2(Bucket="odd")["KeyCount"], 0)
    expect(code_of(lambda: s3.put_object(Bucket="odd", Key="x" * 1025, Body=b"")),
           "KeyTooLongError")


def thousands(server):
    s3 = client(server, max_pool_connections=16)
    s3.create_bucket(Bucket="many")
    keys = sorted(f"{i % 7}/{i % 50:02}/{i:05}" for i in range(2600))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        # By hand: boto3 spends far more on each than the store.
        put = lambda key: store.call(server, "PUT", "/many/" + key, body=b"x").status
        expect(set(pool.map(put, keys)), {200})
    for name in ("list_objects_v2", "list_objects"):
        pages = list(s3.get_paginator(name).paginate(Bucket="many"))
        expect(len(pages), 3)
        expect([o["Key"] for page in pages for o in page["Contents"]], keys)
        pages = s3.get_paginator(name).paginate(Bucket="many", Delimiter="/", Prefix="3/",
                                                PaginationConfig={"PageSize": 7})
        found = [p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])]
        expect(found, sorted({key[:5] for key in keys if key.startswith("3/")}))
    after = s3.list_objects_v2(Bucket="many", StartAfter=keys[2000], FetchOwner=True)
    expect([o["Key"] for o in after["Contents"]], keys[2001:])
    expect("Owner" in after["Contents"][0], True)
    for start in range(0, len(keys), 1000):
        batch = [{"Key": key} for key in keys[start:start + 1000]]
        expect("Errors" in s3.delete_objects(Bucket="many", Delete={"Objects": batch}), False)
    s3.delete_bucket(Bucket="many")


def multipart(server):
    s3 = client(server)
    data = os.urandom(21 * 1024 * 1024 + 11)
    s3.upload_fileobj(io.BytesIO(data), "boto", "big", ExtraArgs={"Metadata": {"a": "b"}})
    head = s3.head_object(Bucket="boto", Key="big")
    expect((head["ContentLength"], head["Metadata"]), (len(data), {"a": "b"}))
    expect(head["ETag"].endswith('-3"'), True)
    into = io.BytesIO()
    s3.download_fileobj("boto", "big", into)
    expect(into.getvalue() == data, True)
    s3.copy({"Bucket": "boto", "Key": "big"}, "boto", "big copy")
    got = s3.get_object(Bucket="boto", Key="big copy", Range="bytes=8388600-8388620")
    expect(got["Body"].read(), data[8388600:8388621])

    upload = {"Bucket": "boto", "Key": "m", "UploadId":
              s3.create_multipart_upload(Bucket="boto", Key="m")["UploadId"]}
    etags = [s3.upload_part(PartNumber=n, Body=data[:5 << 20], **upload)["ETag"] for n in (1, 2)]
    expect([p["PartNumber"] for p in s3.list_parts(**upload)["Parts"]], [1, 2])
    expect([u["Key"] for u in s3.list_multipart_uploads(Bucket="boto")["Uploads"]], ["m"])
    wrong = {"Parts": [{"PartNumber": 1, "ETag": '"' + "0" * 32 + '"'}]}
    expect(code_of(lambda: s3.complete_multipart_upload(MultipartUpload=wrong, **upload)),
           "InvalidPart")
    parts = {"Parts": [{"PartNumber": n + 1, "ETag": etag} for n, etag in enumerate(etags)]}
    s3.complete_multipart_upload(MultipartUpload=parts, **upload)
    expect(s3.head_object(Bucket="boto", Key="m")["ContentLength"], 10 << 20)
    part = s3.get_object(Bucket="boto", Key="m", PartNumber=2)
    expect((part["PartsCount"], part["ContentLength"]), (2, 5 << 20))
    upload["UploadId"] = s3.create_multipart_upload(Bucket="boto", Key="m")["UploadId"]
    s3.upload_part(PartNumber=1, Body=b"x", **upload)
    s3.abort_multipart_upload(**upload)
    expect(code_of(lambda: s3.list_parts(**upload)), "NoSuchUpload")


def copies(server):
    s3 = client(server)
    s3.put_object(Bucket="boto", Key="from", Body=b"text", ContentType="a/b", Metadata={"k": "v"})
    source = {"Bucket": "boto", "Key": "from"}
    s3.copy_object(Bucket="boto", Key="to", CopySource=source)
    expect(s3.head_object(Bucket="boto", Key="to")["Metadata"], {"k": "v"})
    s3.copy_object(Bucket="boto", Key="to", CopySource=source, MetadataDirective="REPLACE",
                   Metadata={"n": "w"}, ContentType="c/d", StorageClass="STANDARD_IA")
    head = s3.head_object(Bucket="boto", Key="to")
    expect((head["Metadata"], head["ContentType"], head["StorageClass"]),
           ({"n": "w"}, "c/d", "STANDARD_IA"))
    onto = lambda **how: code_of(
        lambda: s3.copy_object(Bucket="boto", Key="from", CopySource=source, **how))
    expect(onto(), "InvalidRequest")
    expect(onto(CopySourceIfMatch='"other"', StorageClass="STANDARD_IA"), "PreconditionFailed")
    expect(code_of(lambda: s3.copy_object(Bucket="boto", Key="x",
                                          CopySource={"Bucket": "boto", "Key": "none"})),
           "NoSuchKey")


def checksums(server):
    s3 = client(server)
    for name in ("CRC32", "SHA1", "SHA256"):
        put = s3.put_object(Bucket="boto", Key="sum", Body=b"hello", ChecksumAlgorithm=name)
        got = s3.get_object(Bucket="boto", Key="sum", ChecksumMode="ENABLED")
        expect(got["Checksum" + name], put["Checksum" + name])
        expect(got["Body"].read(), b"hello")
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    expect(code_of(lambda: s3.put_object(Bucket="boto", Key="sum2", Body=b"hello",
                                         ChecksumSHA256=wrong)), "BadDigest")
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    expect(code_of(lambda: s3.put_object(Bucket="boto", Key="sum2", Body=b"hello",
                                         ContentMD5=wrong)), "BadDigest")
    expect(code_of(lambda: s3.head_object(Bucket="boto", Key="sum2")), "404")


def conditional_put(server):
    s3 = client(server, max_pool_connections=16)
    s3.meta.events.register("before-sign.s3.PutObject",
                            lambda request, **_: request.headers.add_header("If-None-Match", "*"))

    def put(i):
        return code_of(lambda: s3.put_object(Bucket="boto", Key=f"once/{i % 20}", Body=b"%d" % i))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(put, range(100)))
    expect((codes.count(""), codes.count("PreconditionFailed")), (20, 80))


def presigned(server):
    s3 = client(server)
    s3.put_object(Bucket="boto", Key="p q", Body=b"secret")
    make = lambda what, seconds=60, **params: s3.generate_presigned_url(
        what, Params={"Bucket": "boto", **params}, ExpiresIn=seconds)
    url = make("get_object", Key="p q")
    expect(store.fetch(url).body, b"secret")
    expect(store.fetch(url, headers={"Range": "bytes=1-2"}).body, b"ec")
    expect(store.fetch(url, method="DELETE").code, "SignatureDoesNotMatch")
    expect(store.fetch(url.replace("p%20q", "p%20r")).code, "SignatureDoesNotMatch")
    expect(store.fetch(url.replace("Expires=60", "Expires=61")).code, "SignatureDoesNotMatch")
    expect(store.fetch(url, headers={"x-amz-meta-a": "1"}).code, "AccessDenied")
    expired = make("get_object", seconds=1, Key="p q")
    url = make("put_object", Key="up", ContentType="application/pdf", Metadata={"m": "1"})
    good = {"Content-Type": "application/pdf", "x-amz-meta-m": "1"}
    expect(store.fetch(url, "PUT", good, b"data").status, 200)
    expect(s3.head_object(Bucket="boto", Key="up")["Metadata"], {"m": "1"})
    expect(store.fetch(url, "PUT", {**good, "Content-Type": "text/html"}, b"data").code,
           "SignatureDoesNotMatch")
    expect(store.fetch(url, "PUT", {**good, "x-amz-meta-m": "2"}, b"data").code,
           "SignatureDoesNotMatch")
    time.sleep(2.2)
    answer = store.fetch(expired)
    expect((answer.status, answer.code), (403, "AccessDenied"))
    expect(b"expired" in answer.body, True)


def bucket_settings(server):
    s3 = client(server)
    s3.create_bucket(Bucket="settings")
    by = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="settings", ServerSideEncryptionConfiguration={"Rules": [by]})
    found = s3.get_bucket_encryption(Bucket="settings")["ServerSideEncryptionConfiguration"]
    expect(found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
    block = {name: True for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                     "RestrictPublicBuckets")}
    s3.put_public_access_block(Bucket="settings", PublicAccessBlockConfiguration=block)
    expect(s3.get_public_access_block(Bucket="settings")["PublicAccessBlockConfiguration"], block)
    cors = {"AllowedOrigins": ["https://a.example.org"], "AllowedMethods": ["GET", "PUT"],
            "AllowedHeaders": ["*"], "MaxAgeSeconds": 60}
    s3.put_bucket_cors(Bucket="settings", CORSConfiguration={"CORSRules": [cors]})
    expect(s3.get_bucket_cors(Bucket="settings")["CORSRules"], [cors])
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "logs/"},
            "Expiration": {"Days": 3}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    s3.put_bucket_lifecycle_configuration(Bucket="settings",
                                          LifecycleConfiguration={"Rules": [rule]})
    expect(s3.get_bucket_lifecycle_configuration(Bucket="settings")["Rules"], [rule])
    move = {**rule, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}
    expect(code_of(lambda: s3.put_bucket_lifecycle_configuration(
        Bucket="settings", LifecycleConfiguration={"Rules": [move]})), "NotImplemented")
    tiering = {"Id": "t", "Status": "Enabled",
               "Tierings": [{"Days": 180, "AccessTier": "ARCHIVE_ACCESS"}]}
    s3.put_bucket_intelligent_tiering_configuration(
        Bucket="settings", Id="t", IntelligentTieringConfiguration=tiering)
    found = s3.get_bucket_intelligent_tiering_configuration(Bucket="settings", Id="t")
    expect(found["IntelligentTieringConfiguration"], tiering)
    s3.delete_bucket_cors(Bucket="settings")
    s3.delete_bucket_lifecycle(Bucket="settings")
    expect(code_of(lambda: s3.get_bucket_cors(Bucket="settings")), "NoSuchCORSConfiguration")
    expect(code_of(lambda: s3.get_bucket_lifecycle_configuration(Bucket="settings")),
           "NoSuchLifecycleConfiguration")


def versions(server):
    s3 = client(server)
    s3.create_bucket(Bucket="boto-versions")
    bucket = {"Bucket": "boto-versions"}
    s3.put_object(**bucket, Key="k", Body=b"null")
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    expect(s3.get_bucket_versioning(**bucket)["Status"], "Enabled")
    ids = [s3.put_object(**bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2", b"3")]
    marker = s3.delete_object(**bucket, Key="k")
    expect(marker["DeleteMarker"], True)
    expect(code_of(lambda: s3.get_object(**bucket, Key="k")), "NoSuchKey")
    read = lambda version: s3.get_object(**bucket, Key="k", VersionId=version)["Body"].read()
    expect([read(version) for version in [*ids, "null"]], [b"1", b"2", b"3", b"null"])
    expect(code_of(lambda: read(marker["VersionId"])), "MethodNotAllowed")
    listed = [(one["VersionId"], one["IsLatest"])
              for page in s3.get_paginator("list_object_versions").paginate(**bucket, PaginationConfig={"PageSize": 2})
              for one in page.get("Versions", [])]
    expect(listed, [(version, False) for version in [*reversed(ids), "null"]])
    source = {**bucket, "Key": "k", "VersionId": ids[0]}
    s3.copy_object(**bucket, Key="k", CopySource=source)
    expect(s3.get_object(**bucket, Key="k")["Body"].read(), b"1")
    every = [{"Key": "k", "VersionId": one["VersionId"]}
             for page in s3.get_paginator("list_object_versions").paginate(**bucket)
             for one in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    expect(len(s3.delete_objects(**bucket, Delete={"Objects": every})["Deleted"]), 6)
    s3.delete_bucket(**bucket)


def tags(server):
    s3 = client(server)
    s3.create_bucket(Bucket="boto-tags")
    target = {"Bucket": "boto-tags", "Key": "k"}
    s3.put_object(**target, Body=b"x", Tagging="a=1&b=%C3%BC")
    expect(s3.get_object_tagging(**target)["TagSet"],
           [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "ü"}])
    expect(s3.get_object(**target)["TagCount"], 2)
    tagging = {"TagSet": [{"Key": "c", "Value": "<&>"}]}
    s3.put_object_tagging(**target, Tagging=tagging)
    s3.copy_object(Bucket="boto-tags", Key="copy", CopySource=target)
    expect(s3.get_object_tagging(Bucket="boto-tags", Key="copy")["TagSet"], tagging["TagSet"])
    s3.delete_object_tagging(**target)
    expect(s3.get_object_tagging(**target)["TagSet"], [])
    expect(code_of(lambda: s3.get_bucket_tagging(Bucket="boto-tags")), "NoSuchTagSet")
    s3.put_bucket_tagging(Bucket="boto-tags", Tagging=tagging)
    expect(s3.get_bucket_tagging(Bucket="boto-tags")["TagSet"], tagging["TagSet"])
    s3.delete_bucket_tagging(Bucket="boto-tags")


def strangers(server):
    expect(code_of(lambda: client(server, secret="wrong").list_buckets()), "SignatureDoesNotMatch")
    expect(code_of(lambda: client(server, key="OTHER").list_buckets()), "InvalidAccessKeyId")
    expect(code_of(lambda: client(server, secret="wrong").put_object(
        Bucket="boto", Key="x", Body=b"x")), "SignatureDoesNotMatch")


CASES = [buckets, an_object, ranges_and_conditions, odd_keys, thousands, multipart, copies,
         checksums, conditional_put, presigned, bucket_settings, versions, tags, strangers]

"""What well-behaved clients do not do: requests made by hand, crashes, a full disk."""

import concurrent.futures
import datetime
import hashlib
import hmac
import os
import random
import re
import socket
import tempfile
import time

import store
from cases_boto3 import client, expect
from store import call, send


def unsigned(server):
    expect(send(server, "GET", "/").code, "AccessDenied")
    expect(send(server, "PUT", "/raw/k", body=b"x").code, "AccessDenied")
    expect(call(server, "PUT", "/raw").status, 200)
    answer = call(server, "GET", "/raw", extra={"x-amz-acl": "public-read"})
    expect((answer.status, answer.code), (403, "AccessDenied"))


def skewed(server):
    now = datetime.datetime.now(datetime.timezone.utc)
    for minutes, wanted in [(-16, "RequestTimeTooSkewed"), (16, "RequestTimeTooSkewed"), (-14, ""),
                            (14, "")]:
        answer = call(server, "GET", "/raw", when=now + datetime.timedelta(minutes=minutes))
        expect(answer.code, wanted)


def signed_chunks(server):
    """aws-chunked as the Java SDK and others send it over plain HTTP."""

    def put(key, tamper=False, cut=False):
        content = b"0123456789abcdef" * 8192
        headers, date, signature = store.sign(
            server, "PUT", "/raw/" + key,
            {"x-amz-decoded-content-length": str(len(content)), "content-encoding": "aws-chunked"},
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        signing_key, body = store.signing_key(date[:8]), b""
        for piece in (content[:65536], content[65536:], b""):
            text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", date,
                              f"{date[:8]}/{store.REGION}/s3/aws4_request", signature, store.EMPTY,
                              hashlib.sha256(piece).hexdigest()])
            signature = hmac.new(signing_key, text.encode(), hashlib.sha256).hexdigest()
            body += b"%x;chunk-signature=%s\r\n%s\r\n" % (len(piece), signature.encode(), piece)
        if tamper:
            body = body[:100_000] + b"!" + body[100_001:]
        if cut:
            body = body[:body.rindex(b"0;chunk-signature")]
        return send(server, "PUT", "/raw/" + key, headers, body)

    expect(put("chunked").status, 200)
    got = call(server, "GET", "/raw/chunked")
    expect((got.body, "content-encoding" in got.headers), (b"0123456789abcdef" * 8192, False))
    expect(put("bad", tamper=True).code, "SignatureDoesNotMatch")
    expect(put("bad", cut=True).code, "IncompleteBody")
    expect(call(server, "GET", "/raw/bad").code, "NoSuchKey")


def a_client_that_leaves(server):
    headers, _, _ = store.sign(server, "PUT", "/raw/half", {}, "UNSIGNED-PAYLOAD")
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = "PUT /raw/half HTTP/1.1\r\nContent-Length: 3000000\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            connection.sendall(head.encode() + b"\r\n" + b"x" * 1_000_000)
    until = time.time() + 10
    while server.files("tmp") and time.time() < until:
        time.sleep(0.05)
    expect(server.files("tmp"), [])
    expect(call(server, "GET", "/raw/half").code, "NoSuchKey")


def cors(server):
    asked = {"Origin": "http://127.0.0.1:8080", "Access-Control-Request-Method": "PUT",
             "Access-Control-Request-Headers": "content-type,x-amz-meta-tenant-id"}
    answer = send(server, "OPTIONS", "/raw/k", asked)
    expect((answer.status, answer.headers.get("access-control-allow-origin")),
           (200, "http://127.0.0.1:8080"))
    answer = send(server, "OPTIONS", "/raw/k", {**asked, "Origin": "http://other.test"})
    expect((answer.status, "access-control-allow-origin" in answer.headers), (403, False))


def a_full_disk(_):
    # No file may be larger, the journal with the room that it reserves included.
    limit = 4 * 1024 * 1024
    server = store.Server(limit=limit)
    try:
        expect(call(server, "PUT", "/full").status, 200)
        expect(call(server, "PUT", "/full/small", body=b"x" * 100_000).status, 200)
        for size in (limit + 500_000, limit - 76):
            answer = call(server, "PUT", "/full/large", body=b"x" * size)
            expect((answer.status, answer.code), (507, "InsufficientStorage"))
        expect(call(server, "GET", "/full/large").code, "NoSuchKey")
        expect(server.files("tmp"), [])
        expect(len(call(server, "GET", "/full/small").body), 100_000)
        expect(call(server, "PUT", "/full/again", body=b"x").status, 200)
    finally:
        server.stop()


def killed_at_any_moment(_):
    """What was acknowledged is whole after kill -9; what was not is whole or not there."""
    chance = random.Random(7)
    server = store.Server()
    try:
        call(server, "PUT", "/crash")
        kept = {}
        for round_number in range(6):
            done = {}

            def put(i):
                key = f"/crash/{round_number}/{i}"
                body = b"%d " % i * chance.choice([10, 20_000, 300_000])
                try:
                    if call(server, "PUT", key, body=body).status == 200:
                        done[key] = hashlib.sha256(body).digest()
                except OSError:
                    pass

            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                jobs = [pool.submit(put, i) for i in range(60)]
                time.sleep(chance.uniform(0.02, 0.4))
                server.kill()
                for job in jobs:
                    job.cancel()
            kept.update(done)
            server.start()
            expect(server.files("tmp"), [])
            for key, digest in kept.items():
                answer = call(server, "GET", key)
                expect((key, hashlib.sha256(answer.body).digest()), (key, digest))
        pages = client(server).get_paginator("list_objects_v2").paginate(Bucket="crash")
        listed = [o["Key"] for page in pages for o in page.get("Contents", [])]
        for key in listed:
            expect(call(server, "GET", "/crash/" + key).status, 200)
        expect(len(kept) <= len(listed), True)
    finally:
        server.stop()


def versions_killed_at_any_moment(_):
    """Every version that was acknowledged is whole after kill -9, in order, also what was hidden."""
    chance = random.Random(11)
    server = store.Server()
    enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    tagging = b"<Tagging><TagSet><Tag><Key>n</Key><Value>%d</Value></Tag></TagSet></Tagging>"
    try:
        call(server, "PUT", "/crash")
        expect(call(server, "PUT", "/crash?versioning", body=enabled).status, 200)
        kept = {}  # key: what was acknowledged, in order: (version, content or None, tag or None)
        for _ in range(6):

            def change(key):
                try:
                    for n in range(40):
                        acknowledged = kept.setdefault(key, [])
                        if chance.random() < 0.2:
                            answer = call(server, "DELETE", key)
                            if answer.status == 204:
                                version = answer.headers["x-amz-version-id"]
                                acknowledged.append([version, None, None])
                            continue
                        body = b"%d " % n * chance.choice([10, 20_000])
                        answer = call(server, "PUT", key, body=body)
                        if answer.status != 200:
                            continue
                        one = [answer.headers["x-amz-version-id"], body, None]
                        acknowledged.append(one)
                        if chance.random() < 0.3:
                            target = f"{key}?tagging&versionId={one[0]}"
                            if call(server, "PUT", target, body=tagging % n).status == 200:
                                one[2] = n
                except OSError:
                    pass

            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                jobs = [pool.submit(change, f"/crash/{i}") for i in range(6)]
                time.sleep(chance.uniform(0.05, 0.4))
                server.kill()
                for job in jobs:
                    job.result()
            server.start()
            expect(server.files("tmp"), [])
            for key, acknowledged in kept.items():
                prefix = key[len("/crash/"):]
                listing = call(server, "GET", f"/crash?versions&prefix={prefix}").body.decode()
                ids = re.findall("<VersionId>([0-9a-f]{32})<", listing)
                known = [version for version, _, _ in acknowledged]
                expect([one for one in reversed(ids) if one in known], known)
                for version, body, tag in acknowledged:
                    answer = call(server, "GET", f"{key}?versionId={version}")
                    expect(answer.status, 405 if body is None else 200)
                    if body is not None:
                        expect(answer.body == body, True)
                    if tag is not None:
                        found = call(server, "GET", f"{key}?tagging&versionId={version}").body
                        expect(b"<Value>%d</Value>" % tag in found, True)
    finally:
        server.stop()


def flip(path, at):
    """Another byte, whatever it was: one in 256 is what one would write."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0xFF]))


def damage(server):
    before = set(server.files("buckets"))
    call(server, "PUT", "/raw/damaged", body=b"a" * 600_000)
    path = (set(server.files("buckets")) - before).pop()
    flip(path, os.path.getsize(path) - 100_000)
    expect(call(server, "GET", "/raw/damaged", {"range": "bytes=0-99"}).body, b"a" * 100)
    try:
        got = call(server, "GET", "/raw/damaged").body
    except OSError:
        got = b""
    except Exception as error:  # http.client.IncompleteRead: the connection was cut
        got = error.partial
    expect(len(got) < 600_000, True)
    expect(got, b"a" * len(got))
    flip(path, 200)
    answer = call(server, "GET", "/raw/damaged")
    expect((answer.status, answer.code), (500, "InternalError"))
    expect(call(server, "DELETE", "/raw/damaged").status, 204)


def an_older_file_put_back(_):
    """Whoever can write to the folder cannot have an older object served, before a restart or after."""
    server = store.Server()
    try:
        call(server, "PUT", "/back")
        call(server, "PUT", "/back/k", body=b"old")
        path = server.files("buckets")[0]
        with open(path, "rb") as file:
            old = file.read()
        call(server, "PUT", "/back/k", body=b"new")
        with open(path, "wb") as file:
            file.write(old)
        for _ in range(2):
            answer = call(server, "GET", "/back/k")
            expect((answer.status, answer.code), (500, "InternalError"))
            server.kill()
            server.start()
        call(server, "DELETE", "/back/k")
        with open(path, "wb") as file:
            file.write(old)
        for _ in range(2):
            expect(call(server, "GET", "/back/k").code, "NoSuchKey")
            server.kill()
            server.start()
    finally:
        server.stop()


def a_copied_master_key(_):
    """Without its key a store does not start, and makes no new one."""
    with tempfile.TemporaryDirectory() as folder:
        server = store.Server(folder=folder)
        call(server, "PUT", "/locked")
        call(server, "PUT", "/locked/k", body=b"x")
        server.stop()
        key = os.path.join(folder, "data", "master.key")
        os.rename(key, key + ".away")
        refused = False
        try:
            server.start()
        except SystemExit:
            refused = True
        expect((refused, os.path.exists(key)), (True, False))
        os.rename(key + ".away", key)
        server.start()
        expect(call(server, "GET", "/locked/k").body, b"x")
        server.stop()


CASES = [unsigned, skewed, signed_chunks, a_client_that_leaves, cors, damage, a_full_disk,
         killed_at_any_moment, versions_killed_at_any_moment, an_older_file_put_back,
         a_copied_master_key]

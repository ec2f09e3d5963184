"""aws-cli, s3cmd and rclone, as Debian has them."""

import filecmp
import json
import os
import random
import subprocess
import tempfile

import store
from cases_boto3 import expect

# A pyenv or a virtual environment may come first in PATH; the Debian programs are what is tested.
PATH = "/usr/bin:/bin"


def run(command, env=None, check=True):
    done = subprocess.run(command, env={"PATH": PATH, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
                                        **(env or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    text = done.stdout.decode(errors="replace")
    if check and done.returncode != 0:
        raise AssertionError(f"{command[0]}: exit {done.returncode}: {text[-600:]}")
    return done.returncode, text


def make_tree(folder):
    chance = random.Random(1)
    sizes = [0, 1, 1000, 65536, 65537, 300_000]
    names = ["a.txt", "b c.txt", "ümläut.txt", "plus+and&.bin", "sub/one.pdf", "sub/deep/er/two.dcm",
             "日本/三.txt", "percent%20.txt", "semi;colon,.txt", "quote'.txt"]
    for i, name in enumerate(names):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(chance.randbytes(sizes[i % len(sizes)]))
    with open(os.path.join(folder, "large.bin"), "wb") as file:
        file.write(chance.randbytes(20 * 1024 * 1024 + 3))


def same(a, b):
    compared = filecmp.dircmp(a, b)
    if compared.left_only or compared.right_only or compared.funny_files:
        raise AssertionError(f"differ: {compared.left_only} {compared.right_only}")
    _, mismatch, errors = filecmp.cmpfiles(a, b, compared.common_files, shallow=False)
    expect((mismatch, errors), ([], []))
    for folder in compared.common_dirs:
        same(os.path.join(a, folder), os.path.join(b, folder))


class Trees:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="objectd-tree-")
        self.up = os.path.join(self.folder.name, "up")
        self.down = os.path.join(self.folder.name, "down")
        os.mkdir(self.up)
        os.mkdir(self.down)
        make_tree(self.up)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def aws(server, *arguments, secret=store.SECRET, check=True):
    return run(["/usr/bin/aws", "--endpoint-url", server.url, *arguments],
               {"AWS_ACCESS_KEY_ID": store.KEY, "AWS_SECRET_ACCESS_KEY": secret,
                "AWS_DEFAULT_REGION": store.REGION, "AWS_MAX_ATTEMPTS": "1",
                "AWS_EC2_METADATA_DISABLED": "true"}, check)


def aws_tree(server):
    aws(server, "s3", "mb", "s3://aws-cli")
    with Trees() as trees:
        aws(server, "s3", "sync", "--no-progress", trees.up, "s3://aws-cli/tree")
        aws(server, "s3", "sync", "--no-progress", "s3://aws-cli/tree", trees.down)
        same(trees.up, trees.down)
        _, again = aws(server, "s3", "sync", "--no-progress", trees.up, "s3://aws-cli/tree")
        expect(again, "")
    _, listing = aws(server, "s3", "ls", "--recursive", "s3://aws-cli/")
    expect(len(listing.splitlines()), 11)


def aws_objects(server):
    aws(server, "s3", "cp", "--no-progress", "s3://aws-cli/tree/large.bin", "s3://aws-cli/copy.bin")
    aws(server, "s3", "mv", "--no-progress", "s3://aws-cli/copy.bin", "s3://aws-cli/moved.bin")
    _, listing = aws(server, "s3", "ls", "s3://aws-cli/")
    expect("moved.bin" in listing and "copy.bin" not in listing, True)
    _, url = aws(server, "s3", "presign", "--expires-in", "60", "s3://aws-cli/tree/sub/one.pdf")
    expect(store.fetch(url.strip()).status, 200)
    aws(server, "s3", "rm", "--recursive", "s3://aws-cli/")
    aws(server, "s3", "rb", "s3://aws-cli")


def aws_versions_and_tags(server):
    bucket = ["--bucket", "aws-versions"]

    def api(*arguments):
        _, text = aws(server, "s3api", *arguments, "--output", "json")
        return json.loads(text) if text.strip() else {}

    aws(server, "s3", "mb", "s3://aws-versions")
    api("put-bucket-versioning", *bucket, "--versioning-configuration", "Status=Enabled")
    with Trees() as trees:
        large = os.path.join(trees.up, "large.bin")
        for _ in range(2):
            aws(server, "s3", "cp", "--no-progress", large, "s3://aws-versions/k")
    aws(server, "s3", "rm", "s3://aws-versions/k")
    listed = api("list-object-versions", *bucket)
    expect((len(listed["Versions"]), len(listed["DeleteMarkers"])), (2, 1))
    tagged = [*bucket, "--key", "k", "--version-id", listed["Versions"][0]["VersionId"]]
    api("put-object-tagging", *tagged, "--tagging", "TagSet=[{Key=a,Value=b}]")
    expect(api("get-object-tagging", *tagged)["TagSet"], [{"Key": "a", "Value": "b"}])
    for one in listed["DeleteMarkers"]:
        api("delete-object", *bucket, "--key", "k", "--version-id", one["VersionId"])
    _, listing = aws(server, "s3", "ls", "s3://aws-versions/")
    expect(len(listing.splitlines()), 1)
    for one in listed["Versions"]:
        api("delete-object", *bucket, "--key", "k", "--version-id", one["VersionId"])
    aws(server, "s3", "rb", "s3://aws-versions")


def aws_refused(server):
    status, text = aws(server, "s3", "ls", secret="wrong", check=False)
    expect((status != 0, "SignatureDoesNotMatch" in text), (True, True))


def s3cmd(server, *arguments, secret=store.SECRET, check=True):
    return run(["/usr/bin/s3cmd", "-c", "/dev/null", "--no-ssl", f"--host={server.host}",
                f"--host-bucket={server.host}", f"--access_key={store.KEY}",
                f"--secret_key={secret}", "--no-progress", *arguments], check=check)


def s3cmd_tree(server):
    s3cmd(server, "mb", "s3://s3cmd")
    with Trees() as trees:
        s3cmd(server, "sync", trees.up + "/", "s3://s3cmd/tree/")
        s3cmd(server, "sync", "s3://s3cmd/tree/", trees.down + "/")
        same(trees.up, trees.down)
    _, listing = s3cmd(server, "ls", "--recursive", "s3://s3cmd")
    expect(len(listing.splitlines()), 11)


def s3cmd_objects(server):
    s3cmd(server, "cp", "s3://s3cmd/tree/a.txt", "s3://s3cmd/copied")
    s3cmd(server, "mv", "s3://s3cmd/copied", "s3://s3cmd/moved here")
    _, info = s3cmd(server, "info", "s3://s3cmd/moved here")
    expect("File size" in info, True)
    _, du = s3cmd(server, "du", "s3://s3cmd")
    expect(int(du.split()[0]) > 20_000_000, True)
    s3cmd(server, "del", "--recursive", "--force", "s3://s3cmd")
    s3cmd(server, "rb", "s3://s3cmd")


def s3cmd_versions(server):
    s3cmd(server, "mb", "s3://s3cmd-versions")
    # Debian's s3cmd has no command for it, but has to get along with it.
    enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    expect(store.call(server, "PUT", "/s3cmd-versions?versioning", body=enabled).status, 200)
    with Trees() as trees:
        for _ in range(2):
            s3cmd(server, "put", os.path.join(trees.up, "a.txt"), "s3://s3cmd-versions/k")
    s3cmd(server, "del", "s3://s3cmd-versions/k")
    _, listing = s3cmd(server, "ls", "s3://s3cmd-versions")
    expect(listing.strip(), "")
    kept = store.call(server, "GET", "/s3cmd-versions?versions").body
    expect((kept.count(b"<Version>"), kept.count(b"<DeleteMarker>")), (2, 1))


def s3cmd_refused(server):
    status, text = s3cmd(server, "ls", secret="wrong", check=False)
    expect((status != 0, "SignatureDoesNotMatch" in text or "signature" in text), (True, True))


def rclone(server, *arguments, secret=store.SECRET, check=True):
    return run(["/usr/bin/rclone", "--config", "/dev/null", "--retries", "1", *arguments],
               {"RCLONE_CONFIG_OWN_TYPE": "s3", "RCLONE_CONFIG_OWN_PROVIDER": "Other",
                "RCLONE_CONFIG_OWN_ENDPOINT": server.url, "RCLONE_CONFIG_OWN_REGION": store.REGION,
                "RCLONE_CONFIG_OWN_ACCESS_KEY_ID": store.KEY,
                "RCLONE_CONFIG_OWN_SECRET_ACCESS_KEY": secret,
                "RCLONE_S3_UPLOAD_CUTOFF": "8M", "RCLONE_S3_CHUNK_SIZE": "5M"}, check)


def rclone_tree(server):
    rclone(server, "mkdir", "own:rclone")
    with Trees() as trees:
        rclone(server, "sync", trees.up, "own:rclone/tree")
        rclone(server, "check", trees.up, "own:rclone/tree")
        rclone(server, "sync", "own:rclone/tree", trees.down)
        same(trees.up, trees.down)
        rclone(server, "check", "--download", trees.up, "own:rclone/tree")
    _, listing = rclone(server, "lsf", "-R", "--files-only", "own:rclone")
    expect(len(listing.splitlines()), 11)


def rclone_objects(server):
    rclone(server, "copyto", "own:rclone/tree/large.bin", "own:rclone/copy of large")
    rclone(server, "moveto", "own:rclone/copy of large", "own:rclone/moved")
    _, size = rclone(server, "size", "--json", "own:rclone/moved")
    expect('"bytes":20971523' in size, True)
    _, dirs = rclone(server, "lsf", "--dirs-only", "own:rclone/tree")
    expect(sorted(dirs.split()), ["sub/", "日本/"])
    rclone(server, "purge", "own:rclone")
    _, buckets = rclone(server, "lsd", "own:")
    expect("rclone" in buckets, False)


def rclone_versions(server):
    rclone(server, "mkdir", "own:rclone-versions")
    rclone(server, "backend", "versioning", "own:rclone-versions", "Enabled")
    _, status = rclone(server, "backend", "versioning", "own:rclone-versions")
    expect("Enabled" in status, True)
    with Trees() as trees:
        for name in ("a.txt", "large.bin"):
            rclone(server, "copyto", os.path.join(trees.up, name), "own:rclone-versions/k")
    rclone(server, "deletefile", "own:rclone-versions/k")
    _, now = rclone(server, "lsf", "own:rclone-versions")
    expect(now.strip(), "")
    _, all_versions = rclone(server, "lsf", "--s3-versions", "own:rclone-versions")
    expect(len(all_versions.splitlines()), 2)
    rclone(server, "backend", "cleanup-hidden", "own:rclone-versions")
    rclone(server, "rmdir", "own:rclone-versions")


def rclone_refused(server):
    status, text = rclone(server, "lsd", "own:", secret="wrong", check=False)
    expect((status != 0, "SignatureDoesNotMatch" in text), (True, True))


CASES = [aws_tree, aws_objects, aws_versions_and_tags, aws_refused, s3cmd_tree, s3cmd_objects, s3cmd_versions, s3cmd_refused, rclone_tree,
         rclone_objects, rclone_versions, rclone_refused]

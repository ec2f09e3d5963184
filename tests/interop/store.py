"""A store of our own, started for the tests, and requests made by hand."""

import datetime
import hashlib
import hmac
import http.client
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.parse

KEY = "OWNER"
SECRET = "the-secret-of-the-owner"
REGION = "us-east-1"
EMPTY = hashlib.sha256(b"").hexdigest()


def find_program():
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.dirname(os.environ.get("WARDBOOK_PROGRAM", ""))
    for folder in (os.environ.get("OBJECTD_SERVER_DIR", ""), beside,
                   os.path.join(here, "../../build/release"), os.path.join(here, "../../build/dev")):
        path = os.path.join(folder, "objectd_server")
        if folder and os.access(path, os.X_OK):
            return os.path.abspath(path)
    raise SystemExit("objectd_server was not built (set OBJECTD_SERVER_DIR)")


def fast_folder():
    """Memory, where there is enough: kill -9 loses no more there than on a disk, and waiting for
    the disk would be most of the tests' time."""
    try:
        room = os.statvfs("/dev/shm")
        return "/dev/shm" if room.f_bavail * room.f_frsize > 1 << 30 else None
    except OSError:
        return None


class Server:
    def __init__(self, folder=None, limit=None):
        self.own = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="objectd-interop-", dir=fast_folder())
        self.limit = limit
        self.port = 0
        self.process = None
        self.start()

    def start(self):
        def small_files():
            import resource
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.limit, self.limit))

        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(
            [find_program(), os.path.join(self.folder, "data"), str(self.port), KEY, SECRET],
            stdout=subprocess.PIPE, stderr=self.log, text=True, restore_signals=False,
            preexec_fn=small_files if self.limit else None)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise SystemExit("the store did not start: " + self.log.name)
        self.port = int(line.split()[-1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.host = f"127.0.0.1:{self.port}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.log.close()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def files(self, below):
        found = []
        for folder, _, names in os.walk(os.path.join(self.folder, "data", below)):
            found += [os.path.join(folder, name) for name in names if name != "bucket.json"]
        return found


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signing_key(day, secret=SECRET):
    key = _hmac(("AWS4" + secret).encode(), day)
    for part in (REGION, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


def sign(server, method, path, headers, payload_hash, when=None, key=KEY, secret=SECRET):
    """SigV4 by header; `path` is encoded and may have a query. Gives headers, date and signature."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    date = when.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{REGION}/s3/aws4_request"
    headers = {**headers, "host": server.host, "x-amz-date": date,
               "x-amz-content-sha256": payload_hash}
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    names = ";".join(sorted(lower))
    bare, _, query = path.partition("?")
    query = "&".join(sorted(p if "=" in p else p + "=" for p in query.split("&"))) if query else ""
    canonical = "\n".join([method, bare, query,
                           "".join(f"{n}:{lower[n]}\n" for n in sorted(lower)), names, payload_hash])
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(signing_key(date[:8], secret), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={key}/{scope}, "
                                f"SignedHeaders={names}, Signature={signature}")
    return headers, date, signature


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def code(self):
        return self.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


def send(server, method, path, headers=None, body=b""):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def call(server, method, path, headers=None, body=b"", payload_hash=None, extra=None, **how):
    payload_hash = payload_hash or hashlib.sha256(body).hexdigest()
    made, _, _ = sign(server, method, path, headers or {}, payload_hash, **how)
    return send(server, method, path, {**made, **(extra or {})}, body)


def fetch(url, method="GET", headers=None, body=None):
    """A presigned URL, as any HTTP client would use it."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, parts.path + "?" + parts.query, body=body,
                           headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()

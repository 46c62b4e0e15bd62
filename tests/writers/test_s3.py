"""The example that writes to S3, against a bucket on loopback that checks signatures."""

import hashlib
import hmac
import http.server
import importlib.util
import re
import threading
from pathlib import Path

import pytest

from lunaroute.errors import ConfigError
from lunaroute.writers import SessionWriter, Written

PLACE = Path(__file__).parents[2] / "examples" / "writers" / "s3" / "lunaroute_s3.py"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # of Amazon's documentation
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture(scope="module")
def s3():
    spec = importlib.util.spec_from_file_location("lunaroute_s3", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Bucket(http.server.BaseHTTPRequestHandler):
    """Keeps what is signed with the secret, and refuses all else as S3 does."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = 403
        if self._is_signed(body):
            status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status == 200:
            self.server.objects[self.path] = body
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def _is_signed(self, body: bytes) -> bool:
        given = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=AKID/(\d{8})/(eu-1)/s3/aws4_request,SignedHeaders=([a-z0-9;-]+),Signature=(\w{64})",
            self.headers["authorization"],
        )
        date, region, names, signature = given.groups()
        digest = hashlib.sha256(body).hexdigest()
        if digest != self.headers["x-amz-content-sha256"] or "host" not in names.split(
            ";"
        ):
            return False
        lines = [f"{name}:{self.headers[name]}" for name in names.split(";")]
        canonical = "\n".join(["PUT", self.path, "", *lines, "", names, digest])
        scope = f"{date}/{region}/s3/aws4_request"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(
            ["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, hashed]
        )
        key = b"AWS4" + SECRET.encode()
        for part in (date, region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == signature

    def log_message(self, *_args) -> None:
        pass


@pytest.fixture
def bucket():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.daemon_threads = True
    server.objects, server.statuses = {}, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def writer(s3, bucket, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    endpoint = f"http://127.0.0.1:{bucket.server_address[1]}"
    made = s3.S3Writer({"bucket": "mine", "region": "eu-1", "endpoint": endpoint})
    yield made
    made.close()


def written(number, lines=b'{"type":"started"}\n'):
    return Written(f"boot-0-{number}", "a session", "2026-01-02", lines)


def test_each_exchange_is_an_object(writer, bucket, monkeypatch):
    assert isinstance(writer, SessionWriter)
    writer.write([written(1), written(2, b"\xff" * 100_000)])
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    writer.write([written(1)])
    assert bucket.objects == {
        "/mine/lunaroute/2026-01-02/a%20session/boot-0-1.jsonl": b'{"type":"started"}\n',
        "/mine/lunaroute/2026-01-02/a%20session/boot-0-2.jsonl": b"\xff" * 100_000,
    }


def test_what_is_refused_raises_and_may_be_given_again(writer, bucket, monkeypatch):
    bucket.statuses.append(503)
    with pytest.raises(OSError, match="says 503"):
        writer.write([written(1)])
    writer.write([written(1)])
    assert len(bucket.objects) == 1
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(OSError, match="says 403"):
        writer.write([written(2)])
    writer.close()


def test_a_bucket_that_is_away(s3, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    away = s3.S3Writer({"bucket": "b", "endpoint": "http://127.0.0.1:9"})
    with pytest.raises(OSError):
        away.write([written(1)])
    away.close()


def test_the_signature_is_amazons(s3):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html,
    "Example: GET Object" and "Example: PUT Object".
    """
    more = {"region": "us-east-1", "key": "AKIAIOSFODNN7EXAMPLE", "secret": SECRET}
    common = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
    }
    get = {**common, "range": "bytes=0-9", "x-amz-content-sha256": EMPTY}
    signed = s3.authorization("GET", "/test.txt", get, **more)
    assert signed.endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    put = {
        **common,
        "date": "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-content-sha256": hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
    }
    signed = s3.authorization("PUT", "/test%24file.text", put, **more)
    assert signed.endswith(
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "bucket is missing"),
        ({"bucket": "b", "color": "x"}, "unknown setting color"),
    ],
)
def test_settings_that_are_wrong(s3, options, why):
    with pytest.raises(ConfigError, match=why):
        s3.S3Writer(options)


def test_without_credentials(s3, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID is not set"):
        s3.S3Writer({"bucket": "b"}).write([written(1)])

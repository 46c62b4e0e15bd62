"""A writer for LunaRoute: each exchange as an object of an S3 bucket.

The standard library is enough: one signed PUT for each exchange. An exchange that is
given twice becomes the same object twice.

```yaml
session_recording:
  writers:
    s3:
      bucket: my-sessions
      region: eu-central-1
      prefix: lunaroute/                 # default
      endpoint: https://s3.example.com   # default: Amazon's own of the region
```

The credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if there is one,
AWS_SESSION_TOKEN.
"""

import hashlib
import hmac
import http.client
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from lunaroute.errors import ConfigError
from lunaroute.writers import Written

TIMEOUT_SECONDS = 30.0


class S3Writer:
    """Made with the settings above. ConfigError says what they lack."""

    def __init__(self, options: Mapping[str, object]) -> None:
        unknown = options.keys() - {"bucket", "region", "prefix", "endpoint"}
        if unknown:
            raise ConfigError(f"s3: unknown setting {min(unknown)}")
        bucket = str(options.get("bucket") or "")
        if not bucket:
            raise ConfigError("s3: bucket is missing")
        self._region = str(options.get("region") or "us-east-1")
        self._prefix = str(options.get("prefix", "lunaroute/"))
        amazon = f"https://s3.{self._region}.amazonaws.com"
        self._url = urlsplit(str(options.get("endpoint") or amazon))
        self._path = f"{self._url.path.rstrip('/')}/{bucket}"
        self._connection: http.client.HTTPConnection | None = None

    def write(self, batch: Sequence[Written]) -> None:
        """One object for each. Raises OSError when one was not taken."""
        for each in batch:
            key = f"{self._prefix}{each.day}/{each.session_id}/{each.exchange_id}.jsonl"
            self._put(f"{self._path}/{quote(key)}", each.lines)

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _put(self, path: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()
        headers = {
            "host": self._url.netloc,
            "content-type": "application/x-ndjson",
            "x-amz-content-sha256": digest,
            "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
        }
        if token := os.environ.get("AWS_SESSION_TOKEN"):
            headers["x-amz-security-token"] = token
        headers["authorization"] = authorization(
            "PUT", path, headers, region=self._region, **_credentials()
        )
        connection = self._connected()
        try:
            connection.request("PUT", path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()  # the next try gets a new one
            raise
        if answer.status // 100 != 2:
            raise OSError(answer.status, f"the bucket says {answer.status}")

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            is_tls = self._url.scheme == "https"
            make = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
            host = self._url.hostname or ""
            self._connection = make(host, self._url.port, timeout=TIMEOUT_SECONDS)
        return self._connection


def authorization(
    method: str,
    path: str,
    headers: Mapping[str, str],
    *,
    region: str,
    key: str,
    secret: str,
) -> str:
    """AWS Signature Version 4 of a request without a query. ``path`` is quoted, the
    names of ``headers`` are in lower case; all of them are signed.
    """
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    names = ";".join(sorted(headers))
    fields = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    parts = (method, path, "", fields, names, headers["x-amz-content-sha256"])
    request = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    signed = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{request}"
    derived = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        derived = hmac.digest(derived, word.encode(), "sha256")
    signature = hmac.digest(derived, signed.encode(), "sha256").hex()
    return (
        f"AWS4-HMAC-SHA256 Credential={key}/{scope},"
        f"SignedHeaders={names},Signature={signature}"
    )


def _credentials() -> dict[str, str]:
    try:
        return {
            "key": os.environ["AWS_ACCESS_KEY_ID"],
            "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
        }
    except KeyError as error:
        raise ConfigError(f"s3: {error.args[0]} is not set") from error

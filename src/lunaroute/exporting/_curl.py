"""As a shell script that sends the recorded requests again, one by one.

Keys were never recorded: the script takes them from the environment. A body goes
through a pipe, since an argument must not be longer than 128 kB on Linux.
"""

from collections.abc import Iterator
from shlex import quote
from urllib.parse import quote as percent

import orjson

from lunaroute.exporting._address import address
from lunaroute.exporting._copy import CopiedTurn, Copy
from lunaroute.store import ExchangeRow

# Of the body as it went out, which is kept decoded; or curl's own business.
_NOT_SENT = {"content-encoding", "content-length", "transfer-encoding"}

_START = """\
#!/bin/sh
# Session %s, %d requests, exported by LunaRoute.
# Credentials are not recorded: export the variables that the lines below name.
set -eu
"""


def as_curl(copy: Copy) -> Iterator[bytes]:
    """The script; where a request cannot be sent again, a comment says why."""
    start = _START % (_word(copy.session_id), len(copy.detail.turns))
    yield start.encode()
    for number, copied in enumerate(copy.turns(), start=1):
        yield f"\n# {number}: {_word(copied.row.id)}\n".encode()
        yield _command(copied)


def _command(copied: CopiedTurn) -> bytes:
    row = copied.row
    if row.endpoint == "websocket":
        return b"# a WebSocket; its turns follow where they were told apart\n"
    if row.status == 101:
        return b"# a turn on a WebSocket, which curl cannot send\n"
    url = address(row)
    if url is None:
        return b"# where it went is not known\n"
    if copied.request is None and row.request_bytes:
        return f"# {_word(copied.request_missing or 'no body')}\n".encode()
    if row.request_truncated:
        return b"# only the beginning of its body was kept\n"
    words = ["curl -sS --no-buffer --globoff", f"-X {quote(row.method or 'POST')}"]
    words += (
        f"-H {quote(f'{name}: {value}'.rstrip())}" for name, value in _headers(row)
    )
    words += _credentials(row)
    # A value that was not kept stands there as a mark that no URL may hold.
    words.append(quote(percent(url, safe="%:/?&=+$,;@#[]!*'()~")))
    if copied.request and b"\0" in copied.request:
        return b"# its body has a NUL byte, which a shell cannot hold\n"
    if not copied.request:
        return " \\\n  ".join(words).encode() + b"\n"
    words.insert(-1, "--data-binary @-")
    body = b"'%s'" % copied.request.replace(b"'", b"'\"'\"'")
    return b"printf '%%s' %s | %s\n" % (body, " \\\n  ".join(words).encode())


def _headers(row: ExchangeRow) -> Iterator[tuple[str, str]]:
    recorded = orjson.loads(row.request_headers or "{}")
    if "content-type" not in recorded:  # or curl would send a form's
        recorded["content-type"] = ""
    for name, value in recorded.items():
        if name == "accept-encoding":  # as text, so that the answer can be read
            continue
        if name not in _NOT_SENT:
            yield name, value


def _credentials(row: ExchangeRow) -> Iterator[str]:
    if row.dialect == "anthropic":
        yield '-H "x-api-key: $ANTHROPIC_API_KEY"'
    elif row.dialect == "openai":
        yield '-H "Authorization: Bearer $OPENAI_API_KEY"'


def _word(text: str) -> str:
    """Safe in a comment: on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)

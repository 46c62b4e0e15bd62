"""Whether two runs of a client are the same but for ids and times, and whether the
proxy between client and provider changed a byte.
"""

import difflib
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.clients.programs import Ended
from tests.clients.provider import ClientProvider, Frame
from tests.clients.wiretap import Tapped
from tests.provider import Seen, read_request

# RFC 9110 7.6.1; Host names whom the request is sent to, and that is another one.
HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection te trailer transfer-encoding upgrade host".split()
)
LONGEST_DIFF = 80  # lines
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# What a client makes up anew in each run. An id is numbered by its first appearance,
# so that two that were equal in one run must be equal in the other.
_IDS = (
    UUID,
    r"(?:ses|msg|prt)_[0-9a-f]{12}[0-9A-Za-z]{14}",  # OpenCode
    r"\b[0-9a-f]{64}\b",  # Claude Code's device
    r"(?<=Sec-WebSocket-Key: )\S{24}",
)
_TIMES = (
    r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?",
    r"\b1[0-9]{12}\b",  # milliseconds since 1970
    r'(?<="create_time": )[\d.]+',
    r'(?<=_ms": )[\d.]+',
    r"(?<=Wall time )[\d.]+|(?<=Wall time: )[\d.]+",
    r"(?<=/)\d+(?=\.sock)",  # a process id
)
_ID = re.compile("|".join(_IDS))
_TIME = re.compile("|".join(_TIMES))
_PORT = re.compile(r"127\.0\.0\.1:\d+")


@dataclass
class Run:
    """What can be seen of one run: by its user, and by its provider."""

    ended: Ended
    requests: list[Seen]
    frames: list[Frame]


@dataclass
class Canonical:
    """Turns texts of one run into what another run's should be equal to."""

    known: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        text = _TIME.sub("<time>", _PORT.sub("<address>", text))
        return _ID.sub(self._numbered, text)

    def _numbered(self, found: re.Match[str]) -> str:
        return self.known.setdefault(found[0], f"<id {len(self.known) + 1}>")

    def body(self, data: bytes) -> str:
        """JSON with sorted keys: one client writes them in any order."""
        try:
            whole = json.loads(data)
        except ValueError:
            return self.text(data.decode("latin-1"))
        return self.text(json.dumps(whole, indent=1, sort_keys=True))

    def request(self, seen: Seen) -> str:
        fields = [
            f"{name.decode()}: {value.decode('latin-1')}"
            for name, value in seen.fields
            if name.lower() not in HOP_BY_HOP and name.lower() != b"content-length"
        ]
        head = "\n".join([seen.line.decode(), *fields])
        return f"{self.text(head)}\n\n{self.body(seen.body)}"


def differences(direct: Run, proxied: Run) -> list[str]:
    """What differs between two runs, as text; [] when nothing does."""
    if direct.ended.code != proxied.ended.code:
        codes = f"exit code {direct.ended.code} and {proxied.ended.code}"
        return [f"{codes}\n{proxied.ended.output}\n{proxied.ended.errors}"]
    found: list[str] = []
    one, other = Canonical(), Canonical()
    for what, a, b in (
        ("requests", _requests(one, direct), _requests(other, proxied)),
        ("frames", _frames(one, direct), _frames(other, proxied)),
        (
            "output",
            _output(one, direct),
            _output(other, proxied),
        ),
    ):
        if len(a) != len(b):
            found.append(f"{what}: {len(a)} and {len(b)}")
        if a != b:
            found.append(f"{what}:\n{_diff(a, b)}")
    return found


def _output(canonical: Canonical, run: Run) -> list[str]:
    """The JSON lines that the client prints, without Claude Code's estimates of tokens:
    it makes those at times of its own.
    """
    return [
        canonical.body(line.encode())
        for line in run.ended.output.splitlines()
        if '"subtype":"thinking_tokens"' not in line
    ]


def _requests(canonical: Canonical, run: Run) -> list[str]:
    return [canonical.request(seen) for seen in sorted(run.requests, key=_lane)]


def _frames(canonical: Canonical, run: Run) -> list[str]:
    return [
        f"compressed: {frame.compressed}\n{canonical.body(frame.data)}"
        for frame in run.frames
    ]


def _lane(seen: Seen) -> tuple[bytes, bool, bytes]:
    """Requests that a client sends side by side come in either order: a title beside
    the conversation, counts beside each other. Within a lane the order counts.
    """
    alone = seen.body if b"/count_tokens" in seen.line else b""
    return seen.line, b'"tools":[' in seen.body, alone


def _diff(a: Iterable[str], b: Iterable[str]) -> str:
    lines = difflib.unified_diff(
        "\n".join(a).splitlines(),
        "\n".join(b).splitlines(),
        "direct",
        "proxied",
        n=1,
        lineterm="",
    )
    shown = [line[:400] for line in lines]
    more = len(shown) - LONGEST_DIFF
    tail = [f"... and {more} lines more"] if more > 0 else []
    return "\n".join(shown[:LONGEST_DIFF] + tail)


# The same run on both sides of the proxy.

Message = tuple[tuple[bytes, ...], bytes]  # head's lines, body as framed


def changes(tapped: Sequence[Tapped], provider: ClientProvider) -> list[str]:
    """What the proxy changed on the way, in both directions; [] when nothing."""
    sent: list[Message] = []
    received: list[Message] = []
    for connection in tapped:
        sent += messages(connection.up)
        received += messages(connection.down)
    got = [message for data in provider.received.values() for message in messages(data)]
    said = [message for data in provider.sent.values() for message in messages(data)]
    return [
        *_unequal("sent by the client", sent, "seen by the provider", got),
        *_unequal("said by the provider", said, "seen by the client", received),
    ]


def messages(data: bytes) -> list[Message]:
    """The requests or answers of one direction of a connection, without what may
    change from hop to hop. The frames of a WebSocket are one message without a head.
    """
    stream = io.BytesIO(data)
    found: list[Message] = []
    while (start := stream.tell()) < len(data):
        if data[start] >= 0x80:  # no HTTP: the first byte of a frame, FIN and opcode
            found.append(((), data[start:]))
            break
        seen = _whole(stream) or _rest(data[start:])
        fields = [pair for pair in seen.fields if pair[0].lower() not in HOP_BY_HOP]
        # A client that has what it wants leaves without the last chunk.
        body = seen.body.removesuffix(b"0\r\n\r\n")
        found.append(((seen.line, *map(b": ".join, fields)), body))
    return found


def _whole(stream: io.BytesIO) -> Seen | None:
    """The next message; None, and nothing is left, if it was cut."""
    try:
        seen = read_request(stream, 0)
    except ValueError:  # no chunk where one should be
        seen = None
    if seen is None:
        stream.seek(0, io.SEEK_END)
    return seen


def _rest(data: bytes) -> Seen:
    head, end, body = data.partition(b"\r\n\r\n")
    return Seen(head + end, body, 0)


def _unequal(
    one: str, these: list[Message], other: str, those: list[Message]
) -> list[str]:
    left = [*those]
    missing = []
    for message in these:
        if message in left:
            left.remove(message)
        else:
            missing.append(message)
    return [f"only {one}: {_shown(message)}" for message in missing] + [
        f"only {other}: {_shown(message)}" for message in left
    ]


def _shown(message: Message) -> str:
    head, body = message
    return f"{list(head)} {len(body)} bytes, {body[:80]!r} ... {body[-80:]!r}"

"""Every fault of a network, on either side of the proxy, under every kind of message.

All cases run at once against one proxy: client, a relay, the proxy, a relay, provider.
What each must come to is said in ``expectation``; the client's verdict on an answer is
h11's and http.client's.
"""

import contextlib
import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asker import Asker, Got, http_client_raises
from tests.kit import CEILING, Raw, Serve, until
from tests.provider import Provider, anthropic_events, anthropic_message, chunk
from tests.relay import CASE, CUTS, REFUSE, Fault, Relay, inverted

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="counts descriptors by /proc"
)

CLOSE = b"Connection: close\r\n"  # to the proxy only: one request a connection
CHUNKED = b"Transfer-Encoding: chunked\r\n"
UPLOAD = b'{"model":"m","filler":"%s"}' % (b"f" * 1_000_000)
SMALL = b'{"model":"m","messages":[{"role":"user","content":"Which mountain?"}]}'
SMOOTH = ("latency", "bandwidth", "slice", "slow_close")
PLACES = ("head", "mid", "last")


@dataclass(frozen=True)
class Message:
    """An answer as the provider sends it, in the parts in which it does."""

    kind: str
    fields: bytes
    parts: tuple[bytes, ...]

    @property
    def sent(self) -> bytes:
        """The bytes between provider and proxy."""
        return self._head(CLOSE) + b"".join(self.parts)

    @property
    def forwarded(self) -> bytes:
        """The bytes between proxy and client."""
        return self._head(b"") + b"".join(self.parts)

    def _head(self, more: bytes) -> bytes:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n" % self.kind.encode()
        return head + more + self.fields + b"\r\n"


def _json() -> bytes:
    return json.dumps({**anthropic_message(False), "filler": "f" * 2000}).encode()


def _messages() -> dict[str, Message]:
    whole = _json()
    thirds = (whole[:700], whole[700:1400], whole[1400:])
    events = [chunk(event) for event in anthropic_events(False)]
    last = b"0\r\n\r\n"
    return {
        "sse": Message("text/event-stream", CHUNKED, (*events, last)),
        "chunked": Message("application/json", CHUNKED, (*map(chunk, thirds), last)),
        "length": Message(
            "application/json",
            b"Content-Length: %d\r\n" % len(whole),
            (whole[:1400], whole[1400:-1], whole[-1:]),
        ),
    }


ANSWERS = _messages()


def digest(seen) -> Message:
    """The answer to an upload: what of it arrived."""
    body = json.dumps({"sha256": hashlib.sha256(seen.body).hexdigest()}).encode()
    fields = b"Content-Length: %d\r\n" % len(body)
    return Message("application/json", fields, (body,))


@dataclass(frozen=True)
class Case:
    kind: str
    place: str  # of a cut or a corruption, else empty
    side: str  # "client": between client and proxy, "upstream": behind it
    payload: str

    @property
    def name(self) -> str:
        place = f"-{self.place}" if self.place else ""
        return f"{self.side}-{self.payload}-{self.kind}{place}"

    @property
    def path(self) -> str:
        """The OpenAI provider is the one that refuses connections."""
        refuses = (self.kind, self.side) == ("refuse", "upstream")
        return "/v1/chat/completions" if refuses else "/v1/messages"

    @property
    def request(self) -> bytes:
        body = UPLOAD if self.payload == "upload" else SMALL
        return b"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: case/%s\r\n" % (
            self.path.encode(),
            PORT_WIDTH,
            self.name.encode(),
        ) + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    @property
    def carried(self) -> bytes:
        """What passes the fault, in its direction."""
        if self.payload == "upload":
            return self.request
        answer = ANSWERS[self.payload]
        return answer.sent if self.side == "upstream" else answer.forwarded

    @property
    def at(self) -> int:
        """Where the fault strikes."""
        head = self.carried.index(b"\r\n\r\n") + 4
        if self.place == "head":
            return 0 if self.kind == "corrupt" else 30
        if self.place == "mid":
            return (head + len(self.carried)) // 2
        last = 1 if self.payload in ("upload", "length") else len(b"0\r\n\r\n")
        return len(self.carried) - last

    @property
    def fault(self) -> Fault:
        way = "up" if self.payload == "upload" else "down"
        return Fault(self.kind, way, self.at)

    @property
    def forwarded(self) -> bytes:
        """What the client gets of an answer that is cut at ``at``."""
        whole = ANSWERS[self.payload].forwarded
        dropped = len(CLOSE) if self.side == "upstream" else 0
        return whole[: self.at - dropped]


# Every port has five digits here, so that the head's length is known beforehand.
PORT_WIDTH = 10_000


def cases() -> list[Case]:
    found = []
    for side in ("client", "upstream"):
        for payload in (*ANSWERS, "upload"):
            found += [Case(kind, "", side, payload) for kind in (*SMOOTH, "refuse")]
            found += [
                Case(kind, place, side, payload)
                for kind in (*CUTS, "corrupt")
                for place in PLACES
            ]
    return found


CASES = cases()


class Origin(Provider):
    """Answers by the case.

    After a cut on the client's side it keeps the last parts back until its own
    connection is closed: the proxy has to tell it that the client has gone.
    """

    def __init__(self) -> None:
        self.relay: Relay | None = None
        super().__init__()

    def answer(self, seen):
        found = CASE.search(seen.head)
        case = next(case for case in CASES if case.name.encode() == found[1])
        if case.payload == "upload":
            yield digest(seen).sent
            return
        message = ANSWERS[case.payload]
        if case.side == "client" and case.kind in CUTS:
            kept = 1 if case.place == "last" else 2
            yield message.sent[: -len(b"".join(message.parts[-kept:]))]
            assert self.relay.left[case.name].wait(CEILING)
            return
        head, _, _ = message.sent.partition(b"\r\n\r\n")
        yield head + b"\r\n\r\n"
        yield from message.parts


@dataclass
class Matrix:
    results: dict[str, Got]
    connections: dict[str, int]
    descriptors: tuple[int, int]
    seconds: float
    log: str


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    """All cases at once; what came of them."""
    home = tmp_path_factory.mktemp("matrix")
    origin = Origin()
    faults = {
        side: {case.name: case.fault for case in CASES if case.side == side}
        for side in ("client", "upstream")
    }
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        stack.callback(origin.close)
        behind = stack.enter_context(Relay(origin.port, faults["upstream"]))
        deaf = stack.enter_context(Relay(origin.port, {}, REFUSE))
        origin.relay = behind
        config = (
            "providers:\n"
            f"  anthropic: {{base_url: 'http://127.0.0.1:{behind.port}'}}\n"
            f"  openai: {{base_url: 'http://127.0.0.1:{deaf.port}'}}\n"
        )
        serve = stack.enter_context(Serve(home, "", config=config))
        before = stack.enter_context(Relay(serve.port, faults["client"]))
        gateway = serve.child("gateway")
        at_rest = settled(serve)
        with ThreadPoolExecutor(len(CASES)) as pool:
            got = pool.map(lambda case: run(case, before, behind), CASES)
            results = dict(zip((case.name for case in CASES), got, strict=True))
        until(lambda: descriptors(gateway) <= at_rest, "the descriptors' return", 10)
        join(serve, results)
        yield Matrix(
            results,
            dict(behind.connections),
            (at_rest, descriptors(gateway)),
            time.monotonic() - began,
            serve.stderr,
        )


def settled(serve: Serve) -> int:
    """The descriptors of the idle gateway, once it has all it needs."""
    with Raw(serve.port) as client:

        def ready() -> bool:
            client.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return json.loads(client.read_answer()[1])["status"] == "ready"

        until(ready, "ready")
        return descriptors(serve.child("gateway"))


def run(case: Case, before: Relay, behind: Relay) -> Got:
    relay = before if case.side == "client" else behind
    expected = case.forwarded if case.payload != "upload" else b""
    if case.kind == "stall" and case.place == "head" and case.side == "upstream":
        expected = b""

    def stays(data: bytes) -> bool:
        if case.kind != "stall" or not relay.struck[case.name].is_set():
            return True
        return len(data) < len(expected)

    return Asker(before.port, case.request, stays).run()


def join(serve: Serve, results: dict[str, Got]) -> None:
    """Puts each case's record to its result, once all that are due have come."""
    due = sum(1 for case in CASES if outcomes(case))

    def rows() -> list[dict]:
        return serve.rows()

    until(lambda: len(rows()) >= due, f"{due} records", 20)
    for row in rows():
        name = CASE.search(row["user_agent"].encode())[1].decode()
        assert results[name].row is None, f"two records of {name}"
        results[name].row = row


def outcomes(case: Case) -> set[str]:
    """What the record may say; empty if no request head ever reached the proxy."""
    if case.kind in SMOOTH:
        return {"answered"}
    if case.side == "client":
        return _outcomes_in_front(case)
    if case.kind == "refuse":
        return {"upstream_cut"}
    if case.kind == "stall":  # it is the client who ends it, by going away
        return {"answered"} if has_all(case) else {"client_left"}
    if case.kind in ("limit", "reset"):
        return {"upstream_cut"}
    head = case.payload != "upload" and case.place == "head"
    return {"upstream_cut"} if head or has_all(case) else {"answered"}


def _outcomes_in_front(case: Case) -> set[str]:
    if case.kind == "refuse" or (case.payload, case.place) == ("upload", "head"):
        return set()
    if case.kind == "corrupt":
        return {"answered"}  # the proxy cannot know what became of its bytes
    return {"answered"} if has_all(case) else {"client_left"}


def has_all(case: Case) -> bool:
    """Only the framing's end is missing; the dialect's own end has come: nothing is
    lost for a client that leaves now.
    """
    return case.payload in ("sse", "chunked") and case.place == "last"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_the_client_gets(matrix, case):
    got = matrix.results[case.name]
    if case.kind in SMOOTH:
        assert (got.data, got.end) == (whole_answer(case), "whole")
    elif case.kind == "corrupt":
        check_corrupt(case, got)
    elif case.kind == "refuse":
        check_refused(case, got)
    elif case.payload == "upload":
        check_upload(case, got)
    else:
        check_cut(case, got)


def whole_answer(case: Case, request: bytes = b"") -> bytes:
    if case.payload != "upload":
        return ANSWERS[case.payload].forwarded
    body = (request or case.request).partition(b"\r\n\r\n")[2]
    seen = type("Seen", (), {"body": body})
    return digest(seen).forwarded


def check_corrupt(case: Case, got: Got) -> None:
    """A changed byte passes changed; one that breaks the framing never looks whole."""
    turned = inverted(case.carried, case.at)
    if case.payload == "upload":
        if case.place == "head" and case.side == "client":
            assert (got.status, got.end) == (400, "whole")
        else:
            assert (got.data, got.end) == (whole_answer(case, turned), "whole")
    elif outcomes(case) == {"upstream_cut"}:
        if got.status == 502:  # nothing had been sent
            check_error(case, got)
        else:
            check_torn(got)
            assert case.forwarded.startswith(got.data)
    else:
        turned = turned.replace(CLOSE, b"")
        if case.place == "mid" or (case.payload, case.place) == ("length", "last"):
            assert (got.data, got.end) == (turned, "whole")
        else:  # the relay in front broke the framing, and the client noticed
            assert got.end == "broken"
            assert turned.startswith(got.data)


def check_refused(case: Case, got: Got) -> None:
    if case.side == "client":
        assert (got.data, got.end) == (b"", "reset")
    else:
        check_error(case, got)


def check_upload(case: Case, got: Got) -> None:
    """A request that does not arrive is answered by us, or by nobody."""
    if case.kind == "stall":
        assert (got.data, got.end) == (b"", "left")
    elif case.side == "client":
        assert got.data == b""
        assert got.end in ("cut", "reset")
    else:
        check_error(case, got)


def check_cut(case: Case, got: Got) -> None:
    """The same bytes up to the fault, and no end that looks like one."""
    if case.side == "upstream" and case.place == "head" and case.kind != "stall":
        check_error(case, got)
        return
    nothing = case.side == "upstream" and case.place == "head"
    expected = b"" if nothing else case.forwarded
    if case.kind == "reset":
        assert expected.startswith(got.data)
    else:
        assert got.data == expected
    if case.kind == "stall":
        assert got.end == "left"
    else:
        check_torn(got)


def check_torn(got: Got) -> None:
    assert got.end in ("cut", "reset")
    if b"\r\n\r\n" in got.data:  # http.client takes half a head for a whole one
        assert http_client_raises(got.data)


def check_error(case: Case, got: Got) -> None:
    """Our own answer, whole, in the dialect's shape."""
    assert (got.status, got.end) == (502, "whole")
    body = json.loads(got.data.partition(b"\r\n\r\n")[2])
    assert body["error"]["message"]
    if case.path == "/v1/messages":
        assert (body["type"], body["error"]["type"]) == ("error", "api_error")
    else:
        assert body["error"]["code"] == "lunaroute_502"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_the_record_says(matrix, case):
    row = matrix.results[case.name].row
    expected = outcomes(case)
    if not expected:
        assert row is None
        return
    assert row["outcome"] in expected
    if row["outcome"] == "upstream_cut":
        assert row["error_text"]
    if matrix.results[case.name].status:
        assert row["status"] == matrix.results[case.name].status
    assert row["ended_us"] is not None


def test_nothing_is_left_and_nothing_was_tried_twice(matrix):
    at_rest, afterwards = matrix.descriptors
    assert afterwards <= at_rest
    assert set(matrix.connections.values()) == {1}
    assert "fault of our own" not in matrix.log
    assert "Traceback" not in matrix.log

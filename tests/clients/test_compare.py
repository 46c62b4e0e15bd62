"""The comparison itself: it must see what it is there to see."""

import uuid
from dataclasses import replace

import pytest

from tests.clients.compare import Run, changes, differences
from tests.clients.programs import Ended
from tests.clients.provider import ClientProvider, Frame
from tests.clients.wiretap import Tapped
from tests.provider import Seen

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
)
REQUEST = b"POST /v1/x HTTP/1.1\r\nHost: a\r\nX-Id: 1\r\nContent-Length: 2\r\n\r\n{}"


def run(session: str = "", other: str = "", port: int = 1) -> Run:
    session = session or str(uuid.uuid4())
    head = f"POST /v1/x HTTP/1.1\r\nHost: h:{port}\r\nsession-id: {session}\r\n\r\n"
    body = f'{{"b": 1795249446760, "a": "{other or session}"}}'
    seen = Seen(head.encode(), body.encode(), 1)
    frame = Frame(1, f'{{"thread": "{session}"}}'.encode(), compressed=False)
    printed = f'{{"session": "{session}", "duration_ms": {port}}}\n'
    return Run(Ended(0, printed, ""), [seen], [frame])


def test_ids_times_and_addresses_do_not_matter():
    assert differences(run(port=5), run(port=77)) == []


def test_an_id_must_come_back_where_it_came_back_before():
    (problem,) = differences(run(), run(other=str(uuid.uuid4())))
    assert problem.startswith("requests:")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda run: replace(run, ended=Ended(1, "", "")), "exit code 0 and 1"),
        (lambda run: replace(run, requests=run.requests * 2), "requests: 1 and 2"),
        (lambda run: replace(run, frames=[]), "frames: 1 and 0"),
        (lambda run: replace(run, ended=Ended(0, '{"a": 1}', "")), "output:\n"),
    ],
)
def test_what_differs_is_named(change, what):
    one = run()
    assert any(what in found for found in differences(one, change(one)))


def test_requests_beside_each_other_may_come_in_either_order():
    def counted(text: str) -> Seen:
        line = b"POST /v1/messages/count_tokens HTTP/1.1\r\nHost: h\r\n\r\n"
        return Seen(line, f'{{"text": "{text}"}}'.encode(), 1)

    one = replace(run(), requests=[counted("a"), counted("b")])
    other = replace(run(), requests=[counted("b"), counted("a")])
    assert differences(one, other) == []


@pytest.fixture
def provider():
    made = ClientProvider()
    made.received[1] = REQUEST + b"\x81\x85frames"
    made.sent[1] = ANSWER
    yield made
    made.close()


def test_hops_may_differ_and_connections_too(provider):
    up = REQUEST.replace(b"Host: a", b"Host: b\r\nConnection: keep-alive")
    tapped = [Tapped(up, ANSWER), Tapped(b"\x81\x85frames", b"")]
    assert changes(tapped, provider) == []


def test_a_client_may_leave_before_the_last_chunk(provider):
    up = REQUEST + b"\x81\x85frames"
    down = ANSWER.removesuffix(b"0\r\n\r\n")
    assert changes([Tapped(up, down)], provider) == []


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ((b"X-Id: 1", b"x-id: 1"), (b"", b"")),
        ((b"{}", b"[]"), (b"", b"")),
        ((b"\x81\x85frames", b"\x81\x85frame"), (b"", b"")),
        ((b"", b""), (b"hello", b"jello")),
        ((b"", b""), (b"5\r\nhello", b"2\r\nhe\r\n3\r\nllo")),
        ((b"", b""), (b"Content-Type", b"content-type")),
        ((b"", b""), (b"hello\r\n0\r\n\r\n", b"he")),
    ],
)
def test_a_changed_byte_is_seen(provider, up, down):
    tapped = Tapped((REQUEST + b"\x81\x85frames").replace(*up), ANSWER.replace(*down))
    assert len(changes([tapped], provider)) == 2

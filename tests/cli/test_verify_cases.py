"""The cases of ``verify``: every kind occurs, and the same for the same seed."""

from lunaroute.cli._verify_cases import Places, generated, recorded
from lunaroute.exporting import copy_session
from tests.exporting.kit import bodies, store
from tests.recording.build import SESSION

__all__ = ["store"]

PLACES = Places("http://127.0.0.1:1", "http://127.0.0.1:2")


def test_what_is_generated():
    cases = list(generated(150, 7, PLACES))
    assert cases == list(generated(150, 7, PLACES))
    assert cases != list(generated(150, 8, PLACES))
    heads = b"".join(case.request.partition(b"\r\n\r\n")[0] for case in cases)
    for part in (
        b"chunked",
        b"Content-Length: 0",
        b"/v1/messages",
        b"/v1/responses",
        b"sk-ant-",
    ):
        assert part in heads
    answers = [case.answer for case in cases]
    for part in (
        b"chunked",
        b"Content-Length",
        b"gzip",
        b" 103 Early",
        b" 529 ",
        b"event: delta",
    ):
        assert any(part in answer for answer in answers)
    for case in cases:
        there = case.request.replace(
            b"Host: 127.0.0.1:1\r\n", b"Host: 127.0.0.1:2\r\n", 1
        )
        assert there + case.up == case.at_provider
        assert (case.at_client != case.answer) == case.closes
        close = b"" if case.up else b"Connection: close\r\n"
        assert case.at_client.replace(close, b"", 1) == case.answer + case.down
    sockets = [case for case in cases if case.up]
    assert len(sockets) == 7
    assert all(
        case.answer.startswith(b"HTTP/1.1 101 ") and case.down for case in sockets
    )


def test_of_a_session(store):
    cases = list(recorded(copy_session(store, SESSION), PLACES))
    assert [case.name for case in cases] == [f"boot-0-{n}" for n in (1, 2, 3, 4)]
    assert [case.request.partition(b"\r\n\r\n")[2] for case in cases] == bodies()
    assert cases[2].answer.startswith(b"HTTP/1.1 529 Recorded\r\n")
    assert cases[0].answer.endswith(b"0\r\n\r\n")
    assert cases[3].closes
    assert cases[3].at_client == cases[3].answer  # it broke off
    assert not any(b"secret" in case.request for case in cases)

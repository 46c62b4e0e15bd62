"""The measuring client sees what it says that it sees."""

import json
import socket

import pytest

from benchmarks._fan import Seen, Stream, check
from benchmarks._provider import ENDING, OPENING, WORD
from benchmarks._targets import SETS, Verdict, overhead_verdicts, verdicts_table
from benchmarks._traffic import chunk
from benchmarks._ways import provider
from benchmarks.readme import RESULTS
from tests.kit import Raw

STREAM = 3
GAP = 1000


def seen(*pieces: bytes, events: int = 3) -> Seen:
    """What the check makes of these pieces, received at 10 000, 11 000 and so on."""
    result = Seen()
    received = [(10_000 + 1000 * at, piece) for at, piece in enumerate(pieces)]
    with socket.socket() as sock:
        check(Stream(sock, 5000, received), STREAM, events, GAP, result)
    return result


def word(number: int, stream: int = STREAM) -> bytes:
    return WORD % (5000 + number * GAP, stream, number)


def faults(result: Seen) -> tuple[int, int, int]:
    return result.missing, result.torn, result.disordered


def test_a_stream_that_is_whole_has_no_fault():
    result = seen(OPENING, word(0), word(1), word(2) + ENDING)
    assert faults(result) == (0, 0, 0)
    assert result.delays == [6000, 6000, 6000]
    assert result.gaps == [1000, 1000]
    assert result.late == [0, 0, 0]


def test_the_cuts_of_the_chunks_do_not_matter():
    whole = OPENING + word(0) + word(1) + word(2) + ENDING
    assert faults(seen(*(whole[at : at + 7] for at in range(0, len(whole), 7)))) == (
        0,
        0,
        0,
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([word(0), word(2)], (1, 0, 1)),
        ([word(1), word(0), word(2)], (0, 0, 3)),
        ([word(0), word(1), word(1)], (0, 0, 1)),
        ([word(0), word(1), word(2, stream=4)], (1, 1, 0)),
        ([word(0), word(1), word(2).replace(b"text_delta", b"text_dalta")], (1, 1, 0)),
        ([word(0), word(1), word(2), chunk(b"data: more\n\n")], (0, 1, 0)),
        ([word(0), word(1), word(2), chunk(b"data: mo")], (0, 1, 0)),
    ],
)
def test_lost_torn_and_disordered_events_are_counted(words, expected):
    assert faults(seen(OPENING, *words, ENDING)) == expected


def test_a_refusal_is_an_error():
    with pytest.raises(ConnectionError, match="503"):
        seen(b"HTTP/1.1 503 No\r\n\r\n")


@pytest.fixture
def port():
    with provider(None) as found:
        yield found


def test_the_provider_answers_with_what_the_query_asks_for(port):
    asked = (
        b"POST /v1/messages%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
    )
    with Raw(port) as client:
        client.send(asked % b"" + b"body")
        assert b"end_turn" in client.read_answer()[1]
        client.send(asked % b"?bytes=300000")
        client.send(b"body")
        assert client.read_answer()[1] == b"x" * 300_000
        for gap in (b"0", b"100"):
            client.send(asked % b"?events=3&gap_us=%s" % gap + b"body")
            head, body = client.read_answer()
            assert body.count(b"text_delta") == 3
            assert faults_of(head + body, 0) == (0, 0, 0)


def faults_of(answer: bytes, number: int) -> tuple[int, int, int]:
    result = Seen()
    with socket.socket() as sock:
        check(Stream(sock, 0, [(1, answer)]), number, 3, 0, result)
    return faults(result)


def test_a_target_that_is_missed_says_so():
    rows = verdicts_table(
        [
            Verdict("a", "1", "2", "2.0", "1.5", False),
            Verdict("b", "1", "1", "1.0", "1.5", True),
        ]
    ).splitlines()
    assert rows[2].endswith("**not reached** |")
    assert rows[3].endswith("| reached |")


def test_every_set_of_rows_compares_recording_on_and_off():
    figures = json.loads((RESULTS / "overhead.json").read_text())
    compared = [verdict.work for verdict in overhead_verdicts(figures)]
    for name, where in SETS.items():
        for row in figures[name]:
            for share in ("p50", "p99"):
                work = f"{row['work']}, {share}: recording on to off ({where})"
                assert work in compared

"""Bytes that nobody would send, through everything that reads them: what comes is
recorded, and nothing raises.
"""

import contextlib
import gzip
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lunaroute.errors import LinkError
from lunaroute.link import Assembler
from lunaroute.pii import KINDS, Detector, Mode, Redactor, Rule
from lunaroute.recording import (
    Asked,
    Came,
    CameFrames,
    Recorder,
    SocketSoFar,
    SoFar,
    snapshot,
)
from lunaroute.store import open_store
from tests.link.build import drain, outbox, play
from tests.recording.build import (
    anthropic_events,
    create,
    exchange,
    head,
    question,
    response_events,
    socket,
    sse,
)
from tests.recording.test_so_far import chat_events
from tests.recording.test_turns import FIRST, SECOND, WARM
from tests.torture.audit import Audit, audit

PATHS = {
    "anthropic": ("/v1/messages", "/v1/messages/count_tokens", "/v1/models", "/x"),
    "openai": ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/y"),
}
STREAMS = (
    b"".join(sse(*anthropic_events())),
    b"".join(sse(*chat_events(), named=False)),
    b"".join(sse(*response_events())),
)
BODIES = (
    json.dumps(question(stream=True, system="be kind", tools=[{"name": "x"}])).encode(),
    json.dumps({**create("why"), "input": "words"}).encode(),
    json.dumps({"messages": [{"role": "user", "content": [{"text": "a"}]}]}).encode(),
    b'{"metadata":{"user_id":"user_x_account_y_session_0b9a3c1e"}}',
)
_OFTEN = settings(
    max_examples=100,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
ENCODINGS = ("", "", "", "gzip", "br", "zstd", "deflate", "nonsense", "gzip, gzip")


@dataclass(slots=True)
class Fuzzed:
    """How many inputs went through, and what became of some of them."""

    inputs: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    found: Audit = field(default_factory=Audit)

    @property
    def is_clean(self) -> bool:
        return self.found.is_clean and not self.unreadable


@st.composite
def mangled(draw: st.DrawFn, originals: tuple[bytes, ...]) -> bytes:
    """One of them with pieces cut out, doubled, swapped for others, or as it was."""
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 60)))
        put = draw(
            st.one_of(
                st.just(b""),
                st.just(data[start:end] * 2),
                st.binary(max_size=8),
                st.sampled_from(
                    [b"\0", b"\r\n", b"\n\n", b"\xff", b'"', b"{", b"[", b"\\ud800",
                     b"null", b"1e999", b"-1", b"99999999999999999999", b"\\u0000",
                     b"[" * 2000]
                ),
            )
        )  # fmt: skip
        data = data[:start] + put + data[end:]
    return data


@st.composite
def pieces(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The bytes as they may have been forwarded."""
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=5))
    places = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places) if a < b]


@st.composite
def exchanges(draw: st.DrawFn, number: int = 1):
    """An exchange of any kind."""
    if draw(st.integers(0, 5)) == 0:
        ways = st.sampled_from(["up", "down"])
        frames = st.lists(st.tuples(ways, st.binary(max_size=200)), max_size=6)
        talk = [
            (way, draw(mangled((chunk,))) if draw(st.integers(0, 4)) == 0 else chunk)
            for way, chunk in [*WARM, *FIRST, *SECOND]
        ]
        return socket(*draw(st.one_of(frames, st.just(talk))), number=number)
    dialect = draw(st.sampled_from(sorted(PATHS)))
    encoding = draw(st.sampled_from(ENCODINGS))
    answer = draw(mangled((*STREAMS, b'{"error":{"message":"no"}}', b"")))
    if encoding == "gzip" and draw(st.booleans()):
        answer = gzip.compress(answer)
    fields = [("Content-Encoding", encoding)] if encoding else []
    if draw(st.booleans()):
        fields.append(("Transfer-Encoding", "chunked"))
    raw = exchange(
        number,
        dialect=dialect,
        path=draw(st.sampled_from(PATHS[dialect])),
        request_pieces=draw(pieces(draw(mangled(BODIES)))),
        session=draw(st.sampled_from(["s1", "S2", None, "../x", "a b", "é"])),
        status=draw(st.sampled_from([200, 200, 200, 400, 500, 0])),
        answer=draw(pieces(answer)),
        answer_fields=fields,
        content_type=draw(
            st.sampled_from(["text/event-stream", "application/json", "x", None])
        ),
    )
    if draw(st.integers(0, 9)) == 0:
        raw.request_head = draw(st.binary(max_size=80))
    if draw(st.integers(0, 9)) == 0:
        raw.answer_head = head("HTTP/1.1 200 X")[: draw(st.integers(0, 14))]
    if draw(st.integers(0, 9)) == 0:
        raw.answer.truncated, raw.answer.tail = True, draw(st.binary(max_size=80))
    return raw


def running_part(raw):
    """The exchange as it was before its answer."""
    if not Asked(raw.request_head).is_whole(raw):
        return None
    return snapshot(raw)


def fuzz(place: Path, seconds: float) -> Fuzzed:
    """So long, three parts in turn: frames, records, answers that are looked at."""
    fuzzed = Fuzzed()
    deadline = time.monotonic() + seconds
    rules = {kind: Rule(Mode.MASK, kind.upper()) for kind in KINDS}
    redactor = Redactor(Detector(KINDS), rules)
    numbers = iter(range(1, 10**9))
    wire = drain_of_two()
    with open_store(place / "sessions.db", writer=True, durable=False) as store:
        recorder = Recorder(place / "sessions", store, durable=False, redactor=redactor)

        @_OFTEN
        @given(data=mangled((wire,)), step=st.integers(1, 300))
        def frames(data: bytes, step: int) -> None:
            assembler = Assembler()
            with contextlib.suppress(LinkError):
                for at in range(0, len(data), step):
                    assembler.feed(data[at : at + step])
            assembler.interrupt()
            fuzzed.inputs["frames"] += 1

        @_OFTEN
        @given(data=st.data())
        def records(data: st.DataObject) -> None:
            raw = data.draw(exchanges(next(numbers)))
            is_begun, is_heard = data.draw(st.booleans()), data.draw(st.booleans())
            cuts = data.draw(st.lists(st.integers(0, 9), max_size=3))
            begun = running_part(raw) if is_begun else None
            if begun is not None:
                recorder.begin([begun])
                if is_heard:
                    hear(recorder, raw, cuts)
            if is_heard and raw.tunnel_down.chunks:
                follow(recorder, raw, cuts)
            done = recorder.record([raw])
            assert done.ids == (raw.id,)
            fuzzed.unreadable += sum(
                "could not be read" in (each.row.problem or "") for each in done.news
            )
            fuzzed.inputs["exchanges"] += 1

        while not fuzzed.inputs or time.monotonic() < deadline:  # once at least
            frames()
            records()
    fuzzed.found = audit(place, ())
    return fuzzed


def hear(recorder: Recorder, raw, cuts: list[int]) -> None:
    """Its answer is looked at, once or more often."""
    so_far = SoFar(raw)
    chunks = raw.answer.chunks
    places = [0, *(cut for cut in sorted(cuts) if cut < len(chunks)), len(chunks)]
    for begin, end in itertools.pairwise(places):
        recorder.hear([(so_far, Came(raw.answer_head, tuple(chunks[begin:end])))])


def follow(recorder: Recorder, raw, cuts: list[int]) -> None:
    """What passes on it is looked at, once or more often."""
    so_far = SocketSoFar(raw)
    up, down = raw.tunnel_up.chunks, raw.tunnel_down.chunks
    for begin, end in itertools.pairwise([0, *sorted(cuts), max(len(up), len(down))]):
        came = CameFrames(tuple(up[begin:end]), tuple(down[begin:end]))
        recorder.follow([(so_far, came)])


def drain_of_two() -> bytes:
    """The frames of two exchanges, one of them under way."""
    box = outbox()
    box.connect()
    play(box, [b"ask"], [b"answer", b"more"])
    play(box, [b"other"], [b"half"], close=False)
    return drain(box)

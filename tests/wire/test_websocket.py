"""WebSocket frames: every kind, every cut, and what must not be believed."""

import random
import zlib

import pytest

from lunaroute.wire import WebSocketDecoder
from lunaroute.wire import _websocket as module
from tests.frames import BINARY, CLOSE, MASK, PING, PONG, Deflater, frame

WORDS = [b"hello", b"", b"w" * 125, b"x" * 126, b"y" * 65_535, b"z" * 65_536]


def read(data, *, deflate=False, cuts=()):
    """The decoder after all of ``data``, and its messages."""
    decoder = WebSocketDecoder(deflate=deflate)
    messages = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        messages += decoder.feed(data[start:end])
    return decoder, [message.data for message in messages]


@pytest.mark.parametrize("mask", [b"", MASK], ids=["plain", "masked"])
def test_frames_of_every_length(mask):
    data = b"".join(frame(word, mask=mask) for word in WORDS)
    decoder, messages = read(data)
    assert messages == WORDS
    assert not decoder.is_within
    assert decoder.problem is None


def test_sizes_and_kinds():
    decoder = WebSocketDecoder(deflate=False)
    one, two = decoder.feed(frame(b"abc", mask=MASK) + frame(b"de", BINARY))
    assert (one.data, one.is_text, one.size) == (b"abc", True, 9)
    assert (two.data, two.is_text, two.size) == (b"de", False, 4)


FRAGMENTS = (
    frame(b"why is ", fin=False, mask=MASK)
    + frame(b"ping", PING, mask=MASK)
    + frame(b"the sky ", 0, fin=False, mask=MASK)
    + frame(b"", PONG, mask=MASK)
    + frame(b"blue", 0, mask=MASK)
)


def test_control_frames_between_fragments():
    decoder, messages = read(FRAGMENTS + frame(b"next"))
    assert messages == [b"why is the sky blue", b"next"]
    assert decoder.problem is None


def test_the_size_of_a_message_is_that_of_its_own_frames():
    (message,) = WebSocketDecoder(deflate=False).feed(FRAGMENTS)
    assert message.size == 3 * 6 + len(b"why is the sky blue")


def test_every_cut_gives_the_same():
    data = FRAGMENTS + frame(b"y" * 300) + frame(b"last")
    for at in range(len(data) + 1):
        decoder, messages = read(data, cuts=(at,))
        assert messages == [b"why is the sky blue", b"y" * 300, b"last"]
        assert not decoder.is_within
    assert read(data, cuts=range(1, len(data)))[1] == messages


def test_truncated_at_every_byte():
    data = frame(b"first") + FRAGMENTS
    for at in range(len(data)):
        decoder, messages = read(data[:at])
        assert messages == [b"first"][: at >= 7]
        assert decoder.problem is None
        assert decoder.is_within is (at not in (0, 7))


@pytest.mark.parametrize("takeover", [True, False])
@pytest.mark.parametrize("bits", [9, 12, 15])
def test_compressed_messages(takeover, bits):
    deflater = Deflater(takeover=takeover, bits=bits)
    words = [b'{"type": "response.create"}' * n for n in (1, 50, 1, 2000, 3)]
    data = b"".join(frame(deflater.pack(word), reserved=4, mask=MASK) for word in words)
    decoder, messages = read(data, deflate=True)
    assert decoder.problem is None
    assert messages == words
    assert len(data) < len(b"".join(words)) / 10


def test_compressed_fragments_and_plain_ones_among_them():
    packed = Deflater().pack(b"one two three")
    data = (
        frame(packed[:4], fin=False, reserved=4)
        + frame(b"", PING)
        + frame(packed[4:], 0)
        + frame(b"plain")
    )
    assert read(data, deflate=True)[1] == [b"one two three", b"plain"]
    for at in range(len(data)):
        assert read(data[:at], deflate=True)[0].problem is None


def test_a_final_block_ends_a_message_and_not_the_stream():
    """RFC 7692 7.2.3.4; what comes next refers back behind it."""
    history = b"the sky is blue because of scattering " * 20
    packer = zlib.compressobj(wbits=-15)
    final = packer.compress(history) + packer.flush()
    later = zlib.compressobj(wbits=-15, zdict=history)
    packed = later.compress(history) + later.flush(zlib.Z_SYNC_FLUSH)
    data = frame(final + b"\0", reserved=4) + frame(packed[:-4], reserved=4)
    decoder, messages = read(data, deflate=True)
    assert decoder.problem is None
    assert messages == [history, history]
    assert len(packed) < 30


def test_an_empty_final_block():
    empty = zlib.compressobj(wbits=-15).flush()
    data = frame(empty + b"\0", reserved=4) + frame(Deflater().pack(b"a"), reserved=4)
    assert read(data, deflate=True)[1] == [b"", b"a"]


def test_nothing_behind_a_final_block():
    packer = zlib.compressobj(wbits=-15)
    final = packer.compress(b"a") + packer.flush()
    decoder, messages = read(frame(final * 2, reserved=4), deflate=True)
    assert messages == []
    assert "final block" in decoder.problem


def test_damaged_compression_leaves_what_came_before():
    deflater = Deflater()
    good = frame(deflater.pack(b"good"), reserved=4)
    data = good + frame(b"\xff" * 20, reserved=4) + good
    decoder, messages = read(data, deflate=True)
    assert messages == [b"good"]
    assert "damaged" in decoder.problem


def test_a_bomb_is_no_message():
    packed = Deflater().pack(b"\0" * 2_000_000)
    decoder, messages = read(frame(packed, reserved=4), deflate=True)
    assert messages == []
    assert f"more than {1024 * 1024}" in decoder.problem


def test_many_small_bombs_are_one(monkeypatch):
    monkeypatch.setattr(module, "_RATIO_FROM", 1000)
    monkeypatch.setattr(module, "MAX_RATIO", 10)
    deflater = Deflater()
    parts = [frame(deflater.pack(b"\0" * 900), reserved=4) for _ in range(10)]
    decoder, messages = read(b"".join(parts), deflate=True)
    assert len(messages) == 1
    assert decoder.problem


def test_the_largest_output_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_OUTPUT", 5000)
    deflater = Deflater()
    noise = random.Random(1).randbytes(2000)
    parts = [frame(deflater.pack(noise), reserved=4) for _ in range(3)]
    decoder, messages = read(b"".join(parts), deflate=True)
    assert messages == [noise, noise]
    assert "more than 5000" in decoder.problem


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (frame(b"a", 3), "opcode 3"),
        (frame(b"a", 15), "opcode 15"),
        (frame(b"a", reserved=4), "reserved"),
        (frame(b"a", reserved=2), "reserved"),
        (frame(b"a", PING, reserved=1), "reserved"),
        (frame(b"a" * 126, PING), "control"),
        (frame(b"a", PING, fin=False), "control"),
        (frame(b"a", 0), "order"),
        (frame(b"a", fin=False) + frame(b"b"), "order"),
        (b"\x81\x7f" + b"\xff" * 8, "length"),
        (b"\0" * 40, "order"),
        (b"GET / HTTP/1.1\r\n\r\n", "opcode 7"),
    ],
)
def test_what_is_no_frame_ends_the_reading(broken, why):
    good = frame(b"good")
    decoder, messages = read(good + broken + good)
    assert messages == [b"good"]
    assert why in decoder.problem
    assert decoder.feed(good) == []
    assert not decoder.is_within


def test_continuations_are_not_marked_as_compressed():
    packed = Deflater().pack(b"abc")
    data = frame(packed[:2], fin=False, reserved=4) + frame(packed[2:], 0, reserved=4)
    assert "reserved" in read(data, deflate=True)[0].problem


def test_a_length_that_never_comes_holds_only_what_came():
    decoder, messages = read(b"\x81\x7f" + (1 << 62).to_bytes(8) + b"x" * 100)
    assert messages == []
    assert decoder.problem is None
    assert decoder.is_within


def test_after_a_close_nothing_comes():
    decoder, messages = read(frame(b"a") + frame(b"\x03\xe8", CLOSE) + frame(b"b"))
    assert messages == [b"a"]
    assert decoder.closed
    assert decoder.problem is None
    assert not decoder.is_within


def test_noise_never_raises():
    noise = random.Random(7)
    for _ in range(500):
        decoder = WebSocketDecoder(deflate=noise.random() < 0.5)
        for _ in range(20):
            decoder.feed(noise.randbytes(noise.randrange(40)))

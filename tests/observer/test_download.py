"""Large bodies on their way through a file."""

import pytest
import trio

from lunaroute.observer._download import Download, spooled


async def test_a_large_body_is_sent_whole():
    pieces = [bytes([number]) * 100_000 for number in range(30)]
    answer = Download(spooled(pieces), {"x-a": "b"}, "text/plain")
    sent = [piece async for piece in answer.body_iterator]
    assert b"".join(sent) == b"".join(pieces)
    assert len(sent) > 1
    assert answer.headers["content-length"] == "3000000"
    assert answer.headers["x-a"] == "b"
    await trio.lowlevel.checkpoint()


def test_what_cannot_be_made_leaves_no_file_open():
    def pieces():
        yield b"x" * 2_000_000
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        spooled(pieces())

"""A terminal that stands still, or is gone, holds nobody up."""

import os

from lunaroute.observer import _screen
from lunaroute.observer._screen import Screen
from tests.kit import until


def test_everything_is_written_in_order():
    reading, writing = os.pipe()
    screen = Screen(writing)
    for number in range(100):
        screen.show(f"line {number}\n")
    screen.show("")
    screen.close()
    os.close(writing)
    with os.fdopen(reading) as stream:
        assert stream.read().splitlines() == [f"line {number}" for number in range(100)]


def test_what_cannot_be_encoded_is_replaced():
    reading, writing = os.pipe()
    screen = Screen(writing, "ascii")
    screen.show("│ é\n")
    screen.close()
    assert os.read(reading, 100) == b"? ?\n"
    os.close(reading)
    os.close(writing)


def test_a_terminal_that_stands_still(monkeypatch):
    monkeypatch.setattr(_screen, "MAX_WAITING", 300_000)
    reading, writing = os.pipe()
    screen = Screen(writing)
    line = "x" * 9_999 + "\n"
    for _ in range(100):
        screen.show(line)  # 1 MB; a pipe holds 64 kB, the screen 300
    read = b""

    def more() -> bool:
        nonlocal read
        read += os.read(reading, 65_536)
        screen.show("now\n")
        return b"pieces were not shown" in read

    until(more)
    assert read.count(line.encode()) < 60
    screen.close()
    os.close(reading)
    os.close(writing)


def test_a_terminal_that_is_gone():
    reading, writing = os.pipe()
    os.close(reading)
    screen = Screen(writing)
    screen.show("nobody reads\n")
    until(lambda: screen._is_closed)
    screen.show("nor this\n")
    screen.close()
    os.close(writing)

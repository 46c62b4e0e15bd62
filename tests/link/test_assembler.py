"""The observer's books: frames become exchanges, a dead gateway's are interrupted."""

import pytest

from lunaroute.errors import LinkError
from lunaroute.link import Assembler, Kind
from lunaroute.link._frame import pack_header, pack_open
from lunaroute.model import Outcome
from tests.link.build import ANSWER_HEAD, HEAD, ROUTE, assemble, drain, outbox, play


@pytest.mark.parametrize("step", [None, 1, 10])
def test_a_dead_gateways_exchanges_end_as_interrupted_with_all_that_came(step):
    box = outbox()
    box.connect()
    play(box, [b"ask"], [b"half an ans"], close=False)
    assembler, complete = assemble(drain(box), step)
    assert complete == []
    assert assembler.open_count == 1
    (exchange,) = assembler.interrupt()
    assert exchange.ending is not None
    assert exchange.ending.outcome is Outcome.INTERRUPTED
    assert exchange.ending.status == 200
    assert exchange.answer.head_bytes() == b"half an ans"
    assert exchange.answer_head == ANSWER_HEAD
    assert exchange.answer.size == exchange.ending.answer_bytes == 11
    assert assembler.open_count == 0
    assert assembler.interrupt() == []


def test_a_tunnels_bytes_are_its_bodies():
    box = outbox(max_body=100)
    box.connect()
    tape = box.open(1, ROUTE, HEAD)
    tape.answer_head(2, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    for _ in range(10):
        tape.tunnel_up(3, b"u" * 50)
    tape.tunnel_down(4, b"d" * 20)
    from tests.link.build import ending

    tape.close(5, ending(500, 20, status=101))
    _, (exchange,) = assemble(drain(box))
    assert exchange.tunnel_up.size == 500
    assert exchange.tunnel_up.head_bytes() == b"u" * 500
    assert exchange.tunnel_down.head_bytes() == b"d" * 20
    assert exchange.request.size == 0


def test_an_exchange_before_the_hello_is_refused():
    payload = pack_open(ROUTE, HEAD)
    with pytest.raises(LinkError, match="before the hello"):
        Assembler().feed(pack_header(Kind.OPEN, 0, len(payload), 1, 1) + payload)


def test_frames_of_unknown_exchanges_are_passed_over():
    box = outbox()
    box.connect()
    data = drain(box) + pack_header(Kind.ANSWER, 0, 1, 77, 1) + b"x"
    _, complete = assemble(data + pack_header(Kind.CLOSE, 0, 0, 77, 1))
    assert complete == []


def test_what_is_under_way_can_be_looked_at():
    box = outbox()
    assert Assembler().ids_begin == ""
    box.connect()
    play(box, [b"ask"], close=False)
    play(box, [b"other"])
    assembler, _ = assemble(drain(box))
    (exchange,) = assembler.opened
    assert exchange.request.head_bytes() == b"ask"
    assert str(exchange.id).startswith(assembler.ids_begin)
    assembler.feed(pack_header(Kind.LOST, 0, 0, 1, 1))
    assert assembler.lost == [exchange.id]
    assert list(assembler.opened) == []


def test_a_frame_of_the_other_direction_is_refused():
    box = outbox()
    box.connect()
    play(box, close=False)
    data = drain(box) + pack_header(Kind.ACK, 0, 0, 1, 1)
    with pytest.raises(LinkError, match="ACK frame"):
        assemble(data)


def test_streams_under_way_and_tunnels_that_began():
    box = outbox()
    box.connect()
    heads = (
        b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    )
    tapes = [box.open(1, ROUTE, HEAD) for _ in heads]
    for tape, head in zip(tapes, heads, strict=True):
        tape.answer_head(2, head)
    assembler, _ = assemble(drain(box))
    assert (assembler.stream_count, assembler.upgrades) == (1, 1)
    from tests.link.build import ending

    for tape in tapes:
        tape.close(5, ending(0, 0))
    assembler.feed(drain(box))
    assert (assembler.stream_count, assembler.upgrades) == (0, 1)

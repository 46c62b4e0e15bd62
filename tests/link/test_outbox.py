"""The gateway's books: nothing twice, nothing lost, never more than the buffer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.link import TAIL_BYTES, Kind
from lunaroute.link._frame import RESENT
from lunaroute.link._tape import SHORT_TAIL_BYTES, TAPE_OVERHEAD
from tests.link.build import (
    HEAD,
    HELLO,
    ROUTE,
    assemble,
    drain,
    ending,
    outbox,
    play,
    take,
)


def bodies(exchange) -> tuple[bytes, bytes]:
    return exchange.request.head_bytes(), exchange.answer.head_bytes()


@pytest.mark.parametrize("step", [None, 1, 7, 100])
def test_an_exchange_arrives_whole_however_the_kernel_takes_it(step):
    box = outbox()
    box.connect()
    play(box, [b"ask", b" me"], [b"re", b"ply"])
    play(box, [], [b"second"])
    assembler, (first, second) = assemble(drain(box, step))
    assert assembler.hello == HELLO
    assert bodies(first) == (b"ask me", b"reply")
    assert bodies(second) == (b"", b"second")
    assert first.route == ROUTE
    assert first.request_head == HEAD
    assert first.ending == ending(6, 5)
    assert str(first.id) == f"{HELLO.boot}-3-1"
    assert not first.resent
    assert not first.answer.truncated


def test_interleaved_exchanges_do_not_mix():
    box = outbox()
    box.connect()
    tapes = [play(box, [b"r%d" % n], [], close=False) for n in range(5)]
    sent = drain(box)
    for turn in range(3):
        for n, tape in enumerate(tapes):
            tape.answer(20 + turn, b"%d%d;" % (n, turn))
        sent += take(box, 50)
    for tape in tapes:
        tape.close(30, ending(2, 9))
    _, complete = assemble(sent + drain(box))
    assert sorted(bodies(exchange) for exchange in complete) == [
        (b"r%d" % n, b"%d0;%d1;%d2;" % (n, n, n)) for n in range(5)
    ]


def test_only_an_acknowledgement_frees_the_memory():
    box = outbox()
    box.connect()
    play(box)
    drain(box)
    assert box.held > 0
    assert box.unacknowledged == 1
    box.acknowledge([1, 99])
    assert box.held == 0
    assert box.unacknowledged == 0


def test_a_new_link_is_told_everything_again_and_told_that_it_is_again():
    box = outbox()
    box.connect()
    play(box, [b"one"], [b"1"])
    open_tape = play(box, [b"two"], [b"2"], close=False)
    take(box, 120)  # the first link dies within a frame
    box.connect()
    open_tape.answer(15, b"22")
    open_tape.close(16, ending(3, 3))
    _, (one, two) = assemble(drain(box))
    assert bodies(one) == (b"one", b"1")
    assert bodies(two) == (b"two", b"222")
    assert one.resent
    assert not two.resent  # its first frame had never left


def test_what_was_acknowledged_is_not_sent_again():
    box = outbox()
    box.connect()
    play(box)
    play(box, [b"two"])
    drain(box)
    box.acknowledge([1])
    box.connect()
    _, (only,) = assemble(drain(box))
    assert only.id.counter == 2


def test_beyond_the_body_limit_only_the_last_bytes_are_kept():
    box = outbox(max_body=1000)
    box.connect()
    play(box, [b"x" * 600, b"y" * 600, b"z" * 100], [b"n" * 900])
    _, (exchange,) = assemble(drain(box))
    assert exchange.request.head_bytes() == b"x" * 600 + b"y" * 600 + b"z" * 100
    assert not exchange.request.truncated  # tail and head meet: nothing is missing
    box = outbox(max_body=1000)
    box.connect()
    many = [bytes([n % 251]) * 1000 for n in range(200)]
    play(box, [], many)
    _, (exchange,) = assemble(drain(box))
    whole = b"".join(many)
    assert exchange.answer.truncated
    assert exchange.answer.size == len(whole)
    assert exchange.answer.head_bytes() == whole[:1000]
    assert exchange.answer.tail == whole[-TAIL_BYTES:]


def test_a_full_buffer_sheds_the_newest_requests_and_keeps_facts_and_answers():
    box = outbox(buffer=1_000_000)
    box.connect()
    for n in range(60):
        play(box, [b"q" * 30_000], [b"a" * 3_000, b"usage%02d" % n])
        assert box.held <= 1_000_000
    _, complete = assemble(drain(box))
    assert len(complete) == 60
    whole = [exchange for exchange in complete if not exchange.shed]
    shed = [exchange for exchange in complete if exchange.shed]
    assert [e.id.counter for e in whole] == list(range(1, len(whole) + 1))
    assert len(shed) == box.shed_exchanges > 0
    assert sum(exchange.shed for exchange in shed) == box.shed_bytes
    for exchange in shed:
        assert exchange.ending is not None
        assert exchange.answer_head
        assert exchange.request.truncated
        assert not exchange.answer.truncated
        assert exchange.answer.head_bytes().endswith(
            b"usage%02d" % (exchange.id.counter - 1)
        )


def test_when_answers_do_not_fit_their_beginnings_and_ends_stay():
    box = outbox(buffer=1_000_000)
    box.connect()
    for _ in range(40):
        play(box, [], [b"model", b"a" * 60_000, b"usage"])
        assert box.held <= 1_000_000
    _, complete = assemble(drain(box))
    assert len(complete) == 40
    short = [exchange for exchange in complete if exchange.answer.truncated]
    assert len(short) == box.shed_exchanges > 10
    assert sum(exchange.shed for exchange in complete) == box.shed_bytes
    for exchange in short:
        assert exchange.answer.head_bytes() == b"model"
        assert exchange.answer.tail.endswith(b"aaausage")
        assert len(exchange.answer.tail) == SHORT_TAIL_BYTES


def test_an_open_exchange_that_is_shed_goes_on_with_its_end():
    box = outbox(buffer=400_000)
    box.connect()
    tape = play(box, [b"q" * 1000], [b"model"], close=False)
    for _ in range(100):
        tape.answer(20, b"a" * 10_000)
    tape.answer(21, b"the usage")
    assert box.held <= 400_000
    tape.close(22, ending(1000, 1_000_014))
    _, (exchange,) = assemble(drain(box))
    assert exchange.answer.truncated
    assert exchange.answer.head_bytes().startswith(b"model")
    assert exchange.answer.tail.endswith(b"aaa" + b"the usage")
    there = len(exchange.answer.head_bytes()) + len(exchange.answer.tail)
    assert exchange.shed == box.shed_bytes == 1_001_014 - there


def test_a_body_past_its_limit_that_is_shed_keeps_its_true_end():
    box = outbox(buffer=3_000_000, max_body=1_000_000)
    box.connect()
    tape = play(box, [], [], close=False)
    for _ in range(150):
        tape.answer(20, b"m" * 10_000)
    tape.answer(20, b"the end so far")
    for _ in range(40):
        play(box, [b"q" * 60_000])
    for _ in range(3):
        other = play(box, [b"q" * 600_000], [], close=False)
        other.answer(20, b"x")
    tape.close(22, ending(0, 1_500_014))
    done = {e.id.counter: e for e in assemble(drain(box))[1]}
    exchange = done[tape.counter]
    assert exchange.answer.tail.endswith(b"mmmthe end so far")


def test_shedding_after_part_was_sent_keeps_only_what_stands():
    box = outbox(buffer=300_000)
    box.connect()
    tape = play(box, [b"question"], [b"first"], close=False)
    sent = drain(box)
    for _ in range(20):
        tape.answer(20, b"b" * 20_000)
    sent += drain(box)
    for _ in range(20):
        tape.answer(20, b"c" * 20_000)
    tape.close(22, ending(8, 800_005))
    _, (exchange,) = assemble(sent + drain(box))
    assert exchange.answer.truncated
    assert exchange.request.truncated
    assert exchange.answer.head_bytes() == b"first"
    assert exchange.answer.tail == b"c" * SHORT_TAIL_BYTES


def counted_alike(box, complete) -> bool:
    shed = [exchange for exchange in complete if exchange.shed]
    missing = sum(exchange.shed for exchange in shed)
    return (len(shed), missing) == (box.shed_exchanges, box.shed_bytes)


def test_what_the_observer_has_in_hand_is_not_counted_as_shed():
    box = outbox(buffer=300_000)
    box.connect()
    data = b""
    for _ in range(20):
        play(box, [b"q" * 20_000])
        data += drain(box)
    # Smaller ones now: room is made at the cost of those that were delivered.
    for _ in range(100):
        play(box, [], [b"a" * 2_000])
        data += drain(box)
    assert box.held <= 300_000
    assert counted_alike(box, assemble(data)[1])
    before = box.shed_exchanges
    box.connect()  # the observer died: now they have to be told again, without
    assert box.shed_exchanges > before
    assert counted_alike(box, assemble(drain(box))[1])


def test_facts_outlast_answers_and_even_facts_are_bounded():
    box = outbox(buffer=200_000)
    box.connect()
    for _ in range(2000):
        play(box, [b"q" * 500], [b"a" * 500])
        assert box.held <= 200_000
    _, complete = assemble(drain(box))
    assert len(complete) + box.lost_exchanges == 2000
    assert box.lost_exchanges > 0
    counters = [exchange.id.counter for exchange in complete]
    assert counters[0] == 1
    box.acknowledge(counters)
    assert box.held == 0
    assert box.unacknowledged == 0


def test_what_is_lost_after_it_was_opened_is_forgotten_by_the_observer():
    box = outbox(buffer=100_000)
    box.connect()
    data = b""
    for _ in range(200):
        play(box, [b"q" * 100], [], close=False)
        data += drain(box)
    assert box.lost_exchanges > 0
    assembler, _ = assemble(data + drain(box))
    assert assembler.open_count == box.unacknowledged
    assert box.held >= TAPE_OVERHEAD * box.unacknowledged


def test_with_wait_the_relay_is_told_to_hold_its_breath():
    box = outbox(buffer=100_000, overflow="wait")
    box.connect()
    play(box, [b"q" * 60_000])
    play(box, [b"q" * 30_000])
    assert box.is_full
    assert box.shed_exchanges == 0
    box.acknowledge([1])
    assert not box.is_full


def test_wait_sheds_when_nothing_could_ever_be_acknowledged():
    box = outbox(buffer=100_000, overflow="wait")
    box.connect()
    tape = play(box, [], [], close=False)
    for _ in range(50):
        tape.answer(20, b"a" * 10_000)
    assert not box.is_full
    assert box.held <= 100_000
    assert box.shed_exchanges == 1


def test_a_gauge_replaces_one_that_was_not_sent():
    box = outbox()
    box.connect()
    drain(box)
    box.gauge(1, live=1, clients=1, idle={})
    box.gauge(2, live=7, clients=2, idle={"openai": 3})
    assembler, _ = assemble(b"")
    data = drain(box)
    assert data[0] == Kind.GAUGE
    assembler.feed(data)
    assert assembler.gauge is not None
    assert (assembler.gauge.live, assembler.gauge.idle) == (7, {"openai": 3})


@settings(max_examples=60)
@given(st.data())
def test_whatever_happens_the_books_balance(data):
    """Random traffic, partial sends, dead links, acknowledgements: every exchange is
    whole, or shed and said so; held never exceeds the buffer; no counter repeats.
    """
    box = outbox(buffer=60_000, max_body=4_000)
    box.connect()
    tapes: dict[int, tuple[object, int]] = {}
    expected: dict[int, bytes] = {}
    received = b""
    done: dict[int, object] = {}
    for _ in range(data.draw(st.integers(1, 40))):
        action = data.draw(
            st.sampled_from(("open", "write", "close", "take", "cut", "ack"))
        )
        if action == "open":
            tape = play(box, [], [], close=False)
            tapes[tape.counter] = tape
            expected[tape.counter] = b""
        elif action in ("write", "close") and tapes:
            counter = data.draw(st.sampled_from(sorted(tapes)))
            tape = tapes[counter]
            if action == "write":
                chunk = bytes([counter % 256]) * data.draw(st.integers(1, 3000))
                tape.answer(20, chunk)
                expected[counter] += chunk
            else:
                tape.close(21, ending(0, len(expected[counter])))
                del tapes[counter]
        elif action == "take":
            received += take(box, data.draw(st.integers(1, 5000)))
        elif action == "cut":
            received = b""
            box.connect()
        elif action == "ack" and received:
            _, complete = assemble(received)
            for exchange in complete:
                done[exchange.id.counter] = exchange
            box.acknowledge(exchange.id.counter for exchange in complete)
        assert box.held <= 60_000
    received += drain(box)
    _, complete = assemble(received)
    for exchange in complete:
        done.setdefault(exchange.id.counter, exchange)
    for counter, exchange in done.items():
        body = expected[counter]
        assert exchange.answer.size == len(body)
        if not exchange.answer.truncated:
            assert exchange.answer.head_bytes() == body
        else:
            assert body.startswith(exchange.answer.head_bytes())
            assert body.endswith(exchange.answer.tail)
    closed = set(expected) - set(tapes)
    assert len(closed - set(done)) <= box.lost_exchanges


def test_the_resent_flag_is_only_on_what_was_sent():
    box = outbox()
    box.connect()
    tape = play(box)
    drain(box)
    box.connect()
    assert tape.frames[0][1] & RESENT

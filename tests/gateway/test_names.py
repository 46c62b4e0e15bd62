"""Names: how long an answer holds, who asks, what a failing resolver does."""

import socket
import threading

import pytest
import trio
import trio.testing

from lunaroute.gateway import _names
from lunaroute.gateway._names import Names, look_up


class Resolver:
    """Stands where the system's resolver is; each answer is another address."""

    def __init__(self) -> None:
        self.asked = 0
        self.threads = set()
        self.error = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, host, port):
        self.threads.add(threading.get_ident())
        self.asked += 1
        answer = [(socket.AF_INET, (f"10.0.0.{self.asked}", port))]
        assert self.gate.wait(60)
        if self.error is not None:
            raise self.error
        return answer


@pytest.fixture
def resolver():
    made = Resolver()
    yield made
    made.gate.set()


def last(addresses):
    """The last number of the only address."""
    ((_, (host, _)),) = addresses
    return int(host.rpartition(".")[2])


async def test_an_answer_is_kept_for_a_minute(resolver, mock_clock):
    names = Names(resolver)
    assert await names.addresses("a.test", 443) == [(socket.AF_INET, ("10.0.0.1", 443))]
    mock_clock.jump(59)
    assert last(await names.addresses("a.test", 443)) == 1
    assert last(await names.addresses("b.test", 443)) == 2
    mock_clock.jump(2)
    assert last(await names.addresses("a.test", 443)) == 3
    assert threading.get_ident() not in resolver.threads


async def test_a_failing_resolver_leaves_the_old_answer_for_five_minutes(
    resolver, mock_clock
):
    names = Names(resolver)
    await names.addresses("a.test", 443)
    resolver.error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
    mock_clock.jump(299)
    assert last(await names.addresses("a.test", 443)) == 1
    assert resolver.asked == 2
    mock_clock.jump(2)
    for _ in range(2):
        with pytest.raises(OSError) as error:
            await names.addresses("a.test", 443)
        assert error.value.strerror == "Temporary failure"
    assert resolver.asked == 4
    resolver.error = None
    assert last(await names.addresses("a.test", 443)) == 5


async def test_an_old_answer_does_for_a_resolver_that_dawdles(resolver, mock_clock):
    names = Names(resolver)
    await names.addresses("a.test", 443)
    mock_clock.jump(100)
    resolver.gate.clear()
    got = []

    async def ask():
        got.append(last(await names.addresses("a.test", 443)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await until_asked(resolver, 2)
        assert not got
        mock_clock.jump(_names.PATIENCE_SECONDS)
    assert got == [1]
    resolver.gate.set()
    await until_known(names, 2)
    assert resolver.asked == 2


async def test_many_who_ask_at_once_are_one_question(resolver):
    names = Names(resolver)
    resolver.gate.clear()
    got = []

    async def ask():
        got.append(last(await names.addresses("a.test", 443)))

    with trio.CancelScope() as leaving:
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(ask)
            await until_asked(resolver, 1)
            leaving.cancel()
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        resolver.gate.set()
    assert got == [1] * 20
    assert resolver.asked == 1


async def test_a_doubted_answer_is_asked_for_again_but_not_forgotten(resolver):
    names = Names(resolver)
    await names.addresses("a.test", 443)
    names.doubt("a.test", 443)
    assert last(await names.addresses("a.test", 443)) == 2
    assert last(await names.addresses("a.test", 443)) == 2
    names.doubt("a.test", 443)
    resolver.error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
    assert last(await names.addresses("a.test", 443)) == 2


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)]
)
async def test_an_address_is_nothing_to_ask_about(resolver, host, family):
    ((found, address),) = await Names(resolver).addresses(host, 443)
    assert (found, *address[:2]) == (family, host, 443)
    assert not resolver.asked


async def test_the_systems_resolver():
    found = await Names().addresses("localhost", 443)
    assert {address[0] for _, address in found} <= {"127.0.0.1", "::1"}
    assert found == look_up("localhost", 443)
    with pytest.raises(OSError, match="not a host name"):
        await Names().addresses("a" * 64 + ".test", 443)


async def until_asked(resolver, count):
    await until_real(lambda: resolver.asked == count)


async def until_known(names, number):
    await until_real(lambda: last(names._known["a.test", 443].addresses) == number)


async def until_real(what):
    """Waits for a thread while the clock may stand still."""
    for _ in range(30_000):
        if what():
            return
        await trio.to_thread.run_sync(threading.Event().wait, 0.001)
    pytest.fail("never happened")

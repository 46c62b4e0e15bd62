"""Providers on loopback, and what a process still holds."""

import socket
import ssl
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from lunaroute.gateway._http_client import HttpClient
from lunaroute.gateway._options import Provider
from lunaroute.model import Dialect
from lunaroute.routing import Base, Origin

DESCRIPTORS = Path("/dev/fd")


def provider_at(place: socket.socket | int, host="127.0.0.1", *, tls=False, **http):
    """The provider at a listening socket or port; the keywords are HttpClient's."""
    port = place if isinstance(place, int) else place.getsockname()[1]
    base = Base(Origin(tls, host, port), "", "")
    return Provider("openai", Dialect.OPENAI, base, None, HttpClient(**http))


@asynccontextmanager
async def nothing_left():
    """Waits until there are no more descriptors and tasks than before."""
    before = held()
    yield
    with trio.move_on_after(30):
        await until(lambda: no_more_than(before))
    assert no_more_than(before), (held(), before)


def no_more_than(before: tuple[int, int]) -> bool:
    """Fewer is no leak: an earlier test's may have been closing when we counted."""
    return all(now <= then for now, then in zip(held(), before, strict=True))


def held() -> tuple[int, int]:
    """How many descriptors and tasks there are."""
    descriptors = len(list(DESCRIPTORS.iterdir()))
    return descriptors, trio.lowlevel.current_statistics().tasks_living


@asynccontextmanager
async def serving(handle, context: ssl.SSLContext | None = None):
    """``handle(stream)`` for each connection to the yielded port."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    if context is not None:
        listeners = [trio.SSLListener(each, context) for each in listeners]
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.serve_listeners, handle, listeners))
        yield port
        nursery.cancel_scope.cancel()


async def until(what) -> None:
    """Returns when ``what()`` is true."""
    with trio.fail_after(30):
        while not what():
            await trio.sleep(0.001)

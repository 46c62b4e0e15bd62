"""The record as it grows, a JSON object a line, to whoever asks on our own socket."""

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import trio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lunaroute.errors import NothingRecorded, StoreError
from lunaroute.insight import Follower
from lunaroute.observer._api import failure
from lunaroute.store import open_store

log = logging.getLogger("lunaroute.observer")

PATH = "/tail"
LOOK_SECONDS = 0.2
# An empty line, so that who went away is noticed.
QUIET_SECONDS = 5.0
MOST = 8


class Tail:
    """Looks at the database while somebody listens; ends when ``closing`` is set."""

    def __init__(self, database: Path | None, closing: trio.Event) -> None:
        self._database = database
        self._closing = closing
        self._listeners = 0
        # One look at a time, however many listen.
        self._limiter = trio.CapacityLimiter(1)

    def route(self) -> Route:
        """To be served on the observer's socket."""
        return Route(PATH, self._answer)

    async def _answer(self, request: Request) -> Response:
        if self._database is None:
            return failure(
                503,
                "SQLite recording is off: set session_recording.sqlite.enabled to true",
            )
        if self._listeners >= MOST:
            return failure(503, f"{MOST} listen already")
        after = request.query_params.get("after", "")
        follower = Follower(
            request.query_params.get("session", ""),
            int(after) if re.fullmatch("[0-9]{1,15}", after) else None,
        )
        if not after:  # from now on, not from when the first line is wanted
            await self._look(self._database, follower)
        return StreamingResponse(
            self._lines(self._database, follower), media_type="application/x-ndjson"
        )

    async def _lines(self, path: Path, follower: Follower) -> AsyncIterator[bytes]:
        self._listeners += 1
        try:
            said = trio.current_time()
            begin = {"type": "from", "number": follower.number}
            yield orjson.dumps(begin, option=orjson.OPT_APPEND_NEWLINE)
            while not self._closing.is_set():
                found = await self._look(path, follower)
                if found or trio.current_time() - said > QUIET_SECONDS:
                    said = trio.current_time()
                    yield found or b"\n"
                with trio.move_on_after(LOOK_SECONDS):
                    await self._closing.wait()
        finally:
            self._listeners -= 1

    async def _look(self, path: Path, follower: Follower) -> bytes:
        return await trio.to_thread.run_sync(
            _look, path, follower, limiter=self._limiter
        )


def _look(path: Path, follower: Follower) -> bytes:
    """Runs in a worker thread. Opened each time: the file may have been replaced."""
    try:
        with open_store(path, writer=False) as store:
            news = follower.look(store)
    except NothingRecorded:
        follower.nothing_yet()
        return b""
    except StoreError as error:  # the recorder says what there is to say
        log.debug("nothing to tell: %s", error)
        return b""
    return b"".join(
        orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in news
    )

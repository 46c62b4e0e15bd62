"""Tasks upon the record, done between the recorder's commits: one at a time, in steps.

They are asked for over the observer's own socket, with a word that only the lock's
file names: whoever may read that file may write the record. The gateways forward
nothing to this path.
"""

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import trio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lunaroute.errors import LunarouteError, StoreError
from lunaroute.insight import counted
from lunaroute.observer._api import failure
from lunaroute.upkeep import Contact, Site, Steps, begin

log = logging.getLogger("lunaroute.observer")

PATH = "/upkeep"
TOKEN_HEADER = "lunaroute-upkeep"  # noqa: S105 - a name
# Not at once: starting is work enough.
FIRST_SECONDS = 60.0
# Tasks that wait for their turn; who asks beyond them waits, too.
_WAITING = 16

Say = Callable[[dict[str, Any]], Awaitable[None]]


class Upkeep:
    """``turn`` is held for each step, and by the recorder for each commit."""

    def __init__(self, site: Site, turn: trio.Lock) -> None:
        self._site = site
        self._turn = turn
        self._token = secrets.token_urlsafe()
        self._asking, self._asked = trio.open_memory_channel[
            tuple[dict[str, Any], Say]
        ](_WAITING)
        self._said: set[str] = set()

    def contact(self, socket: str) -> Contact:
        """How this process is asked."""
        return Contact(socket, self._token)

    def route(self) -> Route:
        """To be served on the observer's socket."""
        return Route(PATH, self._answer, methods=["POST"])

    async def performed(self, task: dict[str, Any]) -> dict[str, Any]:
        """Has a task done; its result. Raises StoreError with the reason why not."""
        send, receive = trio.open_memory_channel[dict[str, Any]](0)
        async with receive:
            await self._asking.send((task, send.send))
            async for message in receive:
                if "error" in message:
                    raise StoreError(message["error"])
                if "result" in message:
                    result: dict[str, Any] = message["result"]
                    return result
        raise StoreError("the recorder is ending")

    async def run(self, first: float = FIRST_SECONDS) -> None:
        """Does what is asked for, and looks after the limits, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._look_after, first)
            async for task, say in self._asked:
                await self._do(task, say)

    def rebuild(self) -> None:
        """Has a new database filled from the files that the old one knew."""
        try:
            self._asking.send_nowait(
                ({"task": "reindex", "missing": True}, self._report)
            )
        except trio.WouldBlock:
            log.warning("too much waits to be done; run `lunaroute reindex --missing`")

    async def _look_after(self, first: float) -> None:
        await trio.sleep(first)
        while True:
            await self._asking.send(({"task": "cleanup"}, self._report))
            await trio.sleep(self._site.interval_minutes * 60)

    async def _do(self, task: dict[str, Any], say: Say) -> None:
        steps: Steps | None = None
        told = ""
        try:
            steps = begin(self._site, task)
            while True:
                async with self._turn:
                    done = await trio.to_thread.run_sync(_next, steps)
                if not isinstance(done, str):
                    await say({"result": done})
                    return
                if done != told:
                    await say({"progress": done})
                    told = done
        except (LunarouteError, OSError) as error:
            await _tell(say, {"error": str(error)})
        except trio.BrokenResourceError:
            log.info("who asked for %s is gone; it is not finished", task.get("task"))
        except Exception as error:
            log.exception("the task %s failed", task.get("task"))
            await _tell(say, {"error": f"{type(error).__name__}: {error}"})
        finally:
            if steps is not None:
                with trio.CancelScope(shield=True):
                    await trio.to_thread.run_sync(steps.close)

    async def _report(self, message: dict[str, Any]) -> None:
        """What became of a task that nobody asked for: a line when something did."""
        if error := message.get("error"):
            self._warn(f"the record was not looked after: {error}")
        if (result := message.get("result")) is None:
            return
        if "rebuilt" in result:
            for warning in result["warnings"]:
                self._warn(warning)
            log.warning("%d exchanges came back from the files", result["added"])
            return
        if result["stopped"] and result["bytes_before"]:
            self._warn(f"retention has stopped: {result['stopped']}")
        for warning in result["warnings"]:
            self._warn(warning)
        gone = [each for each in result["items"] if each["what"] != "compress"]
        packed = len(result["items"]) - len(gone)
        if result["items"]:
            log.info(
                "retention: %s deleted with %s, %s compressed",
                counted(sum(each["exchanges"] for each in gone), "exchange"),
                counted(sum(bool(each["name"]) for each in gone), "file"),
                counted(packed, "file"),
            )

    def _warn(self, words: str) -> None:
        """Once: it would come again with every look."""
        if words not in self._said:
            self._said.add(words)
            log.warning("%s", words)

    async def _answer(self, request: Request) -> Response:
        given = request.headers.get(TOKEN_HEADER, "")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return failure(403, "this is for lunaroute's own commands")
        try:
            task = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            task = None
        if not isinstance(task, dict):
            return failure(400, "a task is a JSON object")
        return StreamingResponse(self._lines(task), media_type="application/x-ndjson")

    async def _lines(self, task: dict[str, Any]) -> AsyncIterator[bytes]:
        """A line of JSON for all that is said; ``result`` or ``error`` is last."""
        send, receive = trio.open_memory_channel[dict[str, Any]](0)
        async with receive:
            await self._asking.send((task, send.send))
            async for message in receive:
                yield orjson.dumps(message) + b"\n"
                if "progress" not in message:
                    return


async def _tell(say: Say, message: dict[str, Any]) -> None:
    try:
        await say(message)
    except trio.BrokenResourceError:
        log.warning("%s", message)


def _next(steps: Steps) -> str | dict[str, Any]:
    """The next step's words, or the result. Runs in a worker thread."""
    try:
        return next(steps)
    except StopIteration as end:
        result: dict[str, Any] = end.value
        return result

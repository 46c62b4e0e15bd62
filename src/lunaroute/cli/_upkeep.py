"""Commands that write the record: through the running recorder, or with its lock."""

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import click

from lunaroute.cli._text import one_line
from lunaroute.errors import LunarouteError, NothingRecorded, StoreError
from lunaroute.pricing import use_overrides
from lunaroute.upkeep import (
    Contact,
    RecorderRuns,
    Site,
    begin,
    find_contact,
    sole_writer,
)

# A recorder that starts or ends holds its lock a moment without being reachable.
_PATIENCE_SECONDS = 10.0
_PAUSE_SECONDS = 0.1

Say = Callable[[str], None]


def this_site() -> Site:
    """What this installation records, by its settings. Raises ConfigError."""
    # Imported here: they cost 0.1 s, and reading commands share this package.
    from lunaroute.config import make_plan, resolve  # noqa: PLC0415

    return Site.from_plain(make_plan(resolve({}, os.environ))["observer"]["upkeep"])


def perform(site: Site, task: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Has the task done; returns its result. Raises StoreError when it failed."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with sole_writer(site.home):
                use_overrides(site.prices)
                return _do(site, task, say)
        except RecorderRuns as error:
            contact = find_contact(site.home)
            try:
                if contact is not None:
                    return _ask(contact, task, say)
            except (FileNotFoundError, ConnectionRefusedError):
                pass  # it has just ended, or another one is just beginning
            if time.monotonic() > deadline:
                raise StoreError(
                    f"{error}, or wait for the command that writes at present"
                ) from error
            time.sleep(_PAUSE_SECONDS)


def performed(task: Mapping[str, Any], *, makes_home: bool = False) -> dict[str, Any]:
    """The same for a command: progress on a terminal, an error is exit code 2.

    Where nothing has been recorded yet, only what ``makes_home`` can begin.
    """
    progress = _progress if sys.stderr.isatty() else _silent
    try:
        site = this_site()
        if not makes_home and not site.home.exists():
            raise NothingRecorded(f"nothing has been recorded yet at {site.home}")
        result = perform(site, task, progress)
    except (LunarouteError, OSError) as error:
        progress("")
        click.echo(f"lunaroute: {one_line(str(error))}", err=True)
        sys.exit(2)
    progress("")
    return result


def _do(site: Site, task: Mapping[str, Any], say: Say) -> dict[str, Any]:
    steps, told = begin(site, task), ""
    while True:
        try:
            words = next(steps)
        except StopIteration as end:
            result: dict[str, Any] = end.value
            return result
        if words != told:
            say(words)
            told = words


class _Connection(http.client.HTTPConnection):
    """HTTP on a Unix socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def _ask(contact: Contact, task: Mapping[str, Any], say: Say) -> dict[str, Any]:
    connection = _Connection(contact.socket)
    try:
        headers = {"Host": "lunaroute", "lunaroute-upkeep": contact.token}
        connection.request("POST", "/upkeep", json.dumps(dict(task)).encode(), headers)
        response = connection.getresponse()
        for line in response:
            message: dict[str, Any] = json.loads(line)
            if "result" in message:
                result: dict[str, Any] = message["result"]
                return result
            if "error" in message:
                error = message["error"]
                raise StoreError(error["message"] if isinstance(error, dict) else error)
            say(message["progress"])
    except (http.client.HTTPException, ConnectionResetError, ValueError) as error:
        raise StoreError(f"the recorder did not answer: {error!r}") from error
    finally:
        connection.close()
    raise StoreError("the recorder ended before it had finished; run this again")


def _silent(_words: str) -> None:
    return


def _progress(words: str) -> None:
    click.echo(f"\r\x1b[2K{one_line(words)[:79]}", err=True, nl=False)

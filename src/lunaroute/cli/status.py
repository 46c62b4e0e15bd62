"""``lunaroute status``: whether it runs, where, and how it does."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from lunaroute.cli._ask import readiness, samples
from lunaroute.cli._launch import running
from lunaroute.cli._text import json_text, one_line
from lunaroute.errors import ConfigError, NothingRecorded, StoreError
from lunaroute.home import home_directory
from lunaroute.running import Server
from lunaroute.store import SessionFilter, open_store

NOT_RUNNING = 3  # as the exit codes of `systemctl status` and of init scripts
NOT_WELL = 1
# What a gateway says in the first second.
STARTING = "the recorder has not connected yet"


@dataclass(frozen=True, slots=True)
class Condition:
    """A server and what it answered."""

    server: Server
    state: str  # "ready", "degraded", "draining", "stopping", "silent"
    why: tuple[str, ...]
    backlog_exchanges: int | None  # None: unknown
    backlog_bytes: int | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a home holds; None where it cannot be known."""

    sessions_today: int | None
    sessions_bytes: int | None
    database_bytes: int | None


@click.command(name="status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Tell whether the proxy runs, where, and how it does.

    Exit code 0: it runs and forwards; 1: it runs and does not answer, or is stopping;
    3: it does not run.
    """
    try:
        home = home_directory(os.environ)
        conditions = [condition(server) for server in running(os.environ)]
        recorded = look(*_where(conditions))
    except ConfigError as error:
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(json_text(as_plain(home, conditions, recorded)))
    else:
        for line in lines(home, conditions, recorded):
            click.echo(line)
    sys.exit(exit_code(conditions))


def exit_code(conditions: list[Condition]) -> int:
    """See the command's help."""
    if not conditions:
        return NOT_RUNNING
    well = any(each.state in ("ready", "degraded") for each in conditions)
    return 0 if well else NOT_WELL


def condition(server: Server) -> Condition:
    """Asks a server how it does."""
    answer = None if server.stopping else readiness(server)
    if answer is None:
        state = "stopping" if server.stopping else "silent"
        return Condition(server, state, (), None, None)
    numbers = samples(server) if server.recording else {}
    return Condition(
        server,
        str(answer.get("status", "silent")),
        tuple(map(str, answer.get("why", ()))),
        _whole(numbers.get("lunaroute_tap_backlog_exchanges")),
        _whole(numbers.get("lunaroute_tap_backlog_bytes")),
    )


def look(sessions: Path | None, database: Path | None) -> Recorded:
    """What is recorded, and how much room it takes."""
    return Recorded(
        None if database is None else sessions_since(database, _midnight()),
        None if sessions is None else size_of(sessions),
        None if database is None else _database_size(database),
    )


def sessions_since(database: Path, moment_us: int) -> int | None:
    """How many sessions were active at or after it; None: that cannot be read."""
    try:
        with open_store(database, writer=False) as store:
            return store.session_page(SessionFilter(since=moment_us), limit=1).total
    except NothingRecorded:
        return 0
    except StoreError:
        return None


def size_of(directory: Path) -> int:
    """Bytes of all files below a directory; 0 if there is none."""
    total = 0
    for place, _, names in os.walk(directory):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:  # gone meanwhile
                continue
    return total


def as_plain(
    home: Path, conditions: list[Condition], recorded: Recorded
) -> dict[str, Any]:
    """For programs; the keys are kept."""
    return {
        "running": bool(conditions),
        "home": str(home),
        "servers": [
            {
                **{
                    name: value
                    for name, value in asdict(each).items()
                    if name != "server"
                },
                **asdict(each.server),
            }
            for each in conditions
        ],
        **asdict(recorded),
    }


def lines(home: Path, conditions: list[Condition], recorded: Recorded) -> Iterator[str]:
    """For people."""
    if not conditions:
        yield "LunaRoute does not run; `lunaroute env` or `lunaroute serve` starts it"
    for each in conditions:
        yield from _server_lines(each)
    yield f"  {'home':<10} {home}"
    if recorded.sessions_today is not None:
        yield f"  {'today':<10} {_count(recorded.sessions_today, 'session')}"
    sizes = [
        f"{_size(size)} {what}"
        for size, what in (
            (recorded.sessions_bytes, "session files"),
            (recorded.database_bytes, "database"),
        )
        if size is not None
    ]
    if sizes:
        yield f"  {'disk':<10} {', '.join(sizes)}"


def _server_lines(each: Condition) -> Iterator[str]:
    server = each.server
    yield f"LunaRoute {server.version} {_verdict(each)}"
    since = datetime.fromtimestamp(server.started_at).astimezone()
    age = _age(max(0.0, time.time() - server.started_at))
    yield f"  {'address':<10} {server.url}{_ports(server)}"
    yield f"  {'process':<10} {server.pid}, since {since:%Y-%m-%d %H:%M:%S} ({age})"
    if server.manager:
        yield f"  {'kept by':<10} {server.manager}"
    if server.config:
        yield f"  {'settings':<10} {server.config}"
    if server.page:
        yield f"  {'page':<10} {server.page}"
    yield f"  {'log':<10} {server.log or 'its terminal'}"
    if not server.recording:
        yield f"  {'recording':<10} off"
    elif each.backlog_exchanges is not None:
        waiting = _count(each.backlog_exchanges, "exchange")
        yield (
            f"  {'recording':<10} {waiting} under way or waiting to be recorded "
            f"({_size(each.backlog_bytes or 0)})"
        )
    else:
        yield f"  {'recording':<10} the recorder does not answer"
    for why in each.why if each.why != (STARTING,) else ():
        yield f"  {'trouble':<10} {one_line(why)}"


def _verdict(each: Condition) -> str:
    if each.why == (STARTING,):
        return "runs and forwards; its recorder is starting"
    return {
        "ready": "runs and forwards",
        "degraded": "runs and forwards, but something is wrong",
        "stopping": "is stopping: it finishes what is under way",
        "draining": "is stopping: it finishes what is under way",
    }.get(each.state, "runs and does not answer; `lunaroute restart` starts it anew")


def _ports(server: Server) -> str:
    others = [
        address for address in server.addresses if not server.url.endswith(address)
    ]
    return f" (listens on {', '.join(others)})" if others else ""


def _where(conditions: list[Condition]) -> tuple[Path | None, Path | None]:
    """The session files and the database, of the running server or by the settings."""
    recording = [each.server for each in conditions if each.server.recording]
    if recording:
        server = recording[0]
        return (
            Path(server.sessions_dir) if server.sessions_dir else None,
            Path(server.sqlite_path) if server.sqlite_path else None,
        )
    # Imported here: a server that runs has told all this already.
    from lunaroute.config import resolve  # noqa: PLC0415

    settings = resolve({}, os.environ).settings.session_recording
    return Path(settings.jsonl.directory), Path(settings.sqlite.path)


def _database_size(path: Path) -> int:
    total = 0
    for each in (path, Path(f"{path}-wal")):
        try:
            total += each.stat().st_size
        except OSError:
            continue
    return total


def _midnight() -> int:
    """The beginning of the reader's own day, in microseconds since the epoch."""
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0)
    return int(today.replace(microsecond=0).timestamp() * 1_000_000)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    """In the unit in which it has one to three digits before the point."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def _age(seconds: float) -> str:
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if minutes < 1:
        return f"{seconds:.0f} s"
    if hours < 1:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min"
    return f"{hours // 24} days"

"""Examines what is ours: settings, places, ports, database, build. Changes nothing."""

import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from lunaroute._fast import COMPILED
from lunaroute._version import __version__
from lunaroute.cli._ask import readiness
from lunaroute.cli._finding import Finding, note, ok, problem, warning
from lunaroute.config import Resolved
from lunaroute.errors import NothingRecorded, StoreError
from lunaroute.running import Server
from lunaroute.store import first_damage, open_store
from lunaroute.supervisor import who_listens

MB = 1_000_000
LITTLE_BYTES = 2_000 * MB
TOO_LITTLE_BYTES = 200 * MB
# A database of some GB takes minutes to be read whole.
CHECK_SECONDS = 5.0


def examine_settings(resolved: Resolved) -> Iterator[Finding]:
    """Which file, and what it warns about."""
    file = resolved.location.config_file
    yield ok("settings", f"read from {file}" if file else "no file, the defaults")
    for each in resolved.warnings:
        yield warning(
            "settings",
            each,
            "`lunaroute config show` says where each value comes from",
        )


def examine_build() -> Iterator[Finding]:
    """The compiled modules."""
    if COMPILED:
        yield ok("build", "compiled modules in use")
    elif os.environ.get("LUNAROUTE_PURE_PYTHON"):
        yield warning(
            "build",
            "compiled modules are switched off",
            "unset LUNAROUTE_PURE_PYTHON; without them forwarding takes longer",
        )
    else:
        yield warning(
            "build",
            "compiled modules are missing; everything works, forwarding takes longer",
            "install a C compiler and LunaRoute anew: pip install --force-reinstall",
        )


def examine_servers(servers: list[Server]) -> Iterator[Finding]:
    """Those that run: do they answer, and what do they complain about?"""
    if not servers:
        yield note("server", "none of this home runs", "`lunaroute env` starts one")
    for server in servers:
        text = f"process {server.pid} at {server.url}"
        if server.stopping:
            yield note("server", f"{text} is stopping", "nothing: it ends by itself")
            continue
        answer = readiness(server)
        if answer is None:
            yield problem(
                "server",
                f"{text} does not answer",
                "`lunaroute logs` may say why; `lunaroute restart` starts it anew",
            )
            continue
        yield ok("server", f"{text} forwards")
        if server.version != __version__:
            yield warning(
                "server",
                f"{text} is version {server.version}, this command {__version__}",
                "`lunaroute restart`",
            )
        for why in answer.get("why", ()):
            yield problem("server", str(why), "`lunaroute logs` has more of it")


def examine_port(host: str, port: int, servers: list[Server]) -> Iterator[Finding]:
    """The port that a server would take."""
    name = f"{host} port {port}"
    if any(each.url.endswith(f":{port}") for each in servers) or not port:
        return
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        holder = who_listens(port)
        who = f" by {holder}" if holder else ""
        yield problem(
            "port",
            f"cannot listen on {name}: {error.strerror}{who}",
            "end that program, or choose another port: --port, LUNAROUTE_PORT, `port`",
        )
    else:
        yield ok("port", f"{name} is free")


def examine_places(resolved: Resolved) -> Iterator[Finding]:
    """The home and what is recorded into: rights and room."""
    recording = resolved.settings.session_recording
    places = {resolved.location.home_directory}
    if recording.enabled and recording.jsonl.enabled:
        places.add(Path(recording.jsonl.directory))
    if recording.enabled and recording.sqlite.enabled:
        places.add(Path(recording.sqlite.path).parent)
    for place in sorted(places):
        yield from examine_place(place)
    if not recording.enabled:
        yield note(
            "recording",
            "nothing is recorded: session_recording.enabled is false",
            "set it to true if you want a record",
        )


def examine_place(place: Path) -> Iterator[Finding]:
    """Can it be written, by us alone, and is there room?"""
    there = _existing(place)
    if not os.access(there, os.W_OK | os.X_OK):
        yield problem(
            "rights",
            f"{there} cannot be written",
            f"make it yours (chown -R $USER {there}), or choose another home: "
            "LUNAROUTE_HOME",
        )
        return
    if not place.exists():
        yield ok("rights", f"{place} can be made")
    elif place.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(
            "rights",
            f"other users can look into {place}, where prompts and answers lie",
            f"chmod 700 {place}",
        )
    else:
        yield ok("rights", f"{place} is yours alone")
    free = shutil.disk_usage(there).free
    text = f"{free / 1000 / MB:.1f} GB free for {place}"
    if free < TOO_LITTLE_BYTES:
        yield problem("disk", text, "make room; recording stops when there is none")
    elif free < LITTLE_BYTES:
        yield warning("disk", text, "make room, or keep less: `lunaroute cleanup`")
    else:
        yield ok("disk", text)


def examine_database(path: Path, seconds: float = CHECK_SECONDS) -> Iterator[Finding]:
    """Can it be opened, and is it whole?"""
    try:
        with open_store(path, writer=False):
            pass
    except NothingRecorded:
        yield note("database", f"{path} is not there yet", "the first request makes it")
        return
    except StoreError as error:
        if "earlier LunaRoute" in str(error):
            yield note("database", str(error), "nothing while one is just starting")
            return
        yield problem(
            "database",
            str(error),
            "move the file aside; then `lunaroute reindex` makes it again from the "
            "session files",
        )
        return
    size = f"{path.stat().st_size / MB:,.0f} MB"
    wrong = first_damage(path, seconds)
    if wrong is None:
        yield ok("database", f"{path} ({size}) opens; too long to be read whole now")
    elif not wrong:
        yield ok("database", f"{path} ({size}) is whole")
    else:
        yield problem(
            "database",
            f"{path} is damaged: {wrong}",
            "nothing: the recorder moves it aside when it meets the damage, and fills "
            "a new one from the session files",
        )


def _existing(place: Path) -> Path:
    """The place, or the nearest directory above it that there is."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return place

"""That we are there: the home's lock, and the file by which commands find us."""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lunaroute._version import __version__
from lunaroute.running import Announcement, Server
from lunaroute.supervisor._manager import kept_by
from lunaroute.supervisor._places import claim
from lunaroute.supervisor._say import address_of, complain, exposed


class Presence:
    """From the first generation's start to the end of the process."""

    def __init__(
        self, flags: Mapping[str, Any], launch: Mapping[str, str], claimed: int | None
    ) -> None:
        self._flags = flags
        self._launch = launch
        self.claimed = claimed  # the home's lock, while we hold it
        self.door = ""  # where the next server finds us
        self._started_at = time.time()
        self._server: Server | None = None
        self._stopping = False
        self._announcement: Announcement | None = None

    def claims(self, options: Mapping[str, Any], address: str) -> None:
        """The home's lock, where recording was off until now. Raises ConfigError."""
        if self.claimed is None:
            self.claimed = claim(options, address)

    def serves(
        self,
        options: Mapping[str, Any],
        listeners: Sequence[socket.socket],
        page: Sequence[socket.socket],
    ) -> None:
        """All who ask are told so, from now on."""
        self._server = Server(
            pid=os.getpid(),
            home=options["home"],
            started_at=self._started_at,
            version=__version__,
            url=address_of(listeners),
            addresses=tuple(map(_address, listeners)),
            page=address_of(page) if page else "",
            dialects=tuple(options["dialects"]),
            exposed=bool(exposed(listeners)),
            remote=options["remote"],
            token_file=self._launch.get("token_file", ""),
            recording=options["recording"],
            sessions_dir=options["sessions_dir"] or "",
            sqlite_path=options["sqlite_path"] or "",
            config=options["config"],
            directory=_directory(),
            flags=self._flags,
            log=self._launch.get("log", ""),
            manager=kept_by(os.environ, os.getpid()),
            drain_seconds=options["shutdown_timeout_secs"],
            door=self.door,
            stopping=self._stopping,
        )
        self._tell(self._server)

    def stops(self) -> None:
        """No new connections: another server may take the home and the port.

        Its recorder waits for ours (``recorder.lock``), so that one writes at a time.
        """
        self._stopping = True
        if self.claimed is not None:
            os.close(self.claimed)
            self.claimed = None
        if self._server is not None:
            self._tell(replace(self._server, stopping=True))

    def ends(self) -> None:
        """Nobody finds us any more."""
        if self._announcement is not None:
            self._announcement.withdraw()

    def _tell(self, server: Server) -> None:
        if self._announcement is None:
            self._announcement = Announcement(Path(server.home), os.environ)
        try:
            self._announcement.tell(server)
        except OSError as error:
            complain(
                f"`lunaroute status` and `stop` will not find this server: {error}"
            )


def _directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return "/"


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

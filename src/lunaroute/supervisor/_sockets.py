"""The sockets that outlive the processes using them."""

import errno
import os
import socket
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from lunaroute.errors import ConfigError
from lunaroute.supervisor._holder import who_listens
from lunaroute.supervisor._say import complain

BACKLOG = 1024
MAX_SOCKET_PATH = 100


def bind(
    host: str, port: int, advice: str = "--port chooses another"
) -> list[socket.socket]:
    """Listening sockets for every address of ``host``, all on one port.

    Raises ConfigError in words for a port in use, with ``advice``, and the like.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}: {error.strerror}") from error
    # IPv4 first: "localhost" may name ::1 on a machine that cannot bind it.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    listeners: list[socket.socket] = []
    for family, kind, _, _, address in dict.fromkeys(found):
        try:
            listeners.append(_listen(family, kind, address[0], port))
        except OSError as error:
            if listeners:
                continue
            raise ConfigError(_cannot(host, port, error, advice)) from error
        port = listeners[0].getsockname()[1]
    return listeners


def bind_page(options: Mapping[str, Any]) -> list[socket.socket]:
    """The web page's listening sockets; none where it is off, has nothing to show, or
    its port is taken, which ends no proxy: another instance may have it.
    """
    if not (options["ui_enabled"] and options["recording"]):
        return []
    try:
        return bind(options["ui_host"], options["ui_port"], "ui.port chooses another")
    except ConfigError as error:
        complain(f"warning: the web page is not served: {error}")
        return []


def refuse_exposure(options: Mapping[str, Any]) -> None:
    """Raises ConfigError if other machines could spend the user's keys, or read the
    record, unasked.
    """
    page = options["ui_enabled"] and options["recording"]
    if page and not (options["remote"] or _is_own(options["ui_host"])):
        raise ConfigError(
            f"ui.host {options['ui_host']} is reachable from other machines, and "
            "whoever reaches the web page can read all that was recorded: set a token "
            "(LUNAROUTE_TOKEN) that they must show, or say --allow-remote, or listen "
            "on 127.0.0.1"
        )
    host = options["host"]
    if options["remote"] or _is_own(host):
        return
    raise ConfigError(
        f"host {host} is reachable from other machines, and whoever reaches this proxy "
        "can use it: set a token (LUNAROUTE_TOKEN) that they must show, or say "
        "--allow-remote, or listen on 127.0.0.1"
    )


def _is_own(host: str) -> bool:
    """Whether only this machine reaches that address."""
    return host == "localhost" or ip_address(host).is_loopback


def _cannot(host: str, port: int, error: OSError, advice: str) -> str:
    text = f"cannot listen on {host} port {port}: {error.strerror}"
    if error.errno != errno.EADDRINUSE:
        return text
    holder = who_listens(port)
    who = f" by {holder};" if holder else "; is another LunaRoute running?"
    return f"{text}{who} {advice}"


def _listen(family: int, kind: int, host: str | int, port: int) -> socket.socket:
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class Meeting:
    """A Unix socket that the supervisor holds: where a gateway finds the observer's
    web application, whichever observer that is, or where the next server finds us.

    It lies below the home, where the next start clears away what a killed one left;
    where there is no home, or it is too deep for a socket's path (104 bytes on macOS),
    in a temporary directory.
    """

    _count = 0

    def __init__(self, home: Path) -> None:
        Meeting._count += 1
        name = f"{os.getpid()}-{Meeting._count}.sock"
        directory = home / "run"
        is_long = len(os.fsencode(directory / name)) > MAX_SOCKET_PATH
        if is_long or not _is_writable(directory):
            directory = Path(tempfile.mkdtemp(prefix="lunaroute-"))
        for left in directory.glob("*.sock"):
            if _is_dead(left):
                left.unlink(missing_ok=True)
        self.path = directory / name
        self.listener = socket.socket(socket.AF_UNIX)
        new = self.path.with_suffix(".new")
        self.listener.bind(str(new))
        new.chmod(0o600)
        self.listener.listen(BACKLOG)
        new.rename(self.path)  # whoever sees it finds somebody who listens

    def close(self) -> None:
        self.listener.close()
        self.path.unlink(missing_ok=True)
        with suppress(OSError):  # another generation's lies there, or it is gone
            self.path.parent.rmdir()


def _is_writable(directory: Path) -> bool:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError:  # no home, or a read-only one
        return False
    return os.access(directory, os.W_OK | os.X_OK)


def _is_dead(path: Path) -> bool:
    """True if nobody listens there: the kernel refuses for a process that is gone."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.setblocking(False)
        try:
            asked.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:  # its queue is full, or it was removed just now
            return False
    return False


def meeting(plan: Mapping[str, Any]) -> Meeting | None:
    """A place to meet the observer, if there will be one."""
    options = plan["supervisor"]
    return Meeting(Path(options["home"])) if options["recording"] else None

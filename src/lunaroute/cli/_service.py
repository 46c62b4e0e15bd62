"""A service of the user's own, in the words of systemd and of launchd."""

import os
import plistlib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lunaroute.running import SERVICE_LABEL, Server

UNIT = "lunaroute.service"
_PLAIN = re.compile(r"[A-Za-z0-9_./:@=,+-]+")


def program() -> list[str]:
    """Ourselves by absolute path: a service has no PATH of the user's."""
    script = Path(sys.executable).with_name("lunaroute-server")
    if script.exists():
        return [str(script)]
    return [sys.executable, "-P", "-m", "lunaroute.cli"]


def unit_path(environ: Mapping[str, str]) -> Path:
    """Where systemd looks for units of the user."""
    config = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME')}/.config"
    return Path(config) / "systemd" / "user" / UNIT


def plist_path(environ: Mapping[str, str]) -> Path:
    """Where launchd looks for agents of the user."""
    home = Path(environ.get("HOME") or "~").expanduser()
    return home / "Library" / "LaunchAgents" / f"{SERVICE_LABEL}.plist"


def unit_text(
    command: Sequence[str], variables: Mapping[str, str], stop_seconds: int
) -> str:
    """systemd.service(5). Exit code 2 is a mistake that a new start does not mend."""
    lines = [
        "[Unit]",
        "Description=LunaRoute, a local proxy for AI coding assistants",
        "",
        "[Service]",
        "Type=exec",
        *(
            f"Environment={_quoted(f'{name}={value}')}"
            for name, value in variables.items()
        ),
        f"ExecStart={' '.join(map(_quoted, command))}",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=on-failure",
        "RestartSec=2",
        "RestartPreventExitStatus=2",
        "KillMode=mixed",
        f"TimeoutStopSec={stop_seconds}",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "",
        "[Install]",
        "WantedBy=default.target",
        "",
    ]
    return "\n".join(lines)


def plist_text(
    command: Sequence[str],
    variables: Mapping[str, str],
    stop_seconds: int,
    log: Path,
) -> str:
    """launchd.plist(5). What is said before the log is open goes beside it."""
    service = {
        "Label": SERVICE_LABEL,
        "ProgramArguments": list(command),
        "EnvironmentVariables": dict(variables),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ExitTimeOut": stop_seconds,
        "ProcessType": "Interactive",  # or macOS slows it down
        "Umask": 0o077,
        "StandardErrorPath": str(log.with_name("service.log")),
    }
    return plistlib.dumps(service, sort_keys=False).decode()


def orders(server: Server, what: str) -> list[str]:
    """The command line by which its manager stops ("stop") or restarts a server."""
    name, *words = server.manager.split()
    if name == "launchd":
        target = f"gui/{os.getuid()}/{words[0]}"
        if what == "stop":
            return ["launchctl", "bootout", target]
        return ["launchctl", "kickstart", "-k", target]
    return ["systemctl", words[0], what, words[1]]


def _quoted(word: str) -> str:
    """As systemd reads a word of a command line: it replaces % and $."""
    word = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

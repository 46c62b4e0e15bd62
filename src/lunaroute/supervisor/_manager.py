"""Who keeps this process: a service manager that started it, or nobody."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from lunaroute.running import SERVICE_LABEL

_CGROUP = Path("/proc/self/cgroup")


def kept_by(environ: Mapping[str, str], pid: int) -> str:
    """ "systemd --user UNIT", "systemd --system UNIT" or "launchd LABEL"; else empty.

    systemd.exec(5): SYSTEMD_EXEC_PID is the process that systemd itself started; what
    that starts has the variable, too, and another number. A label of launchd is ours.
    """
    if environ.get("SYSTEMD_EXEC_PID") == str(pid):
        with suppress(OSError):
            return by_systemd(_CGROUP.read_text())
    if environ.get("XPC_SERVICE_NAME") == SERVICE_LABEL:
        return f"launchd {SERVICE_LABEL}"
    return ""


def by_systemd(cgroup: str) -> str:
    """The unit, from the text of /proc/self/cgroup; empty where that names none."""
    for line in cgroup.splitlines():
        path = line.split(":", 2)[-1]
        unit = path.rpartition("/")[2]
        if unit.endswith(".service"):
            whose = "--user" if "/user@" in path else "--system"
            return f"systemd {whose} {unit}"
    return ""

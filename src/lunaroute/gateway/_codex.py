"""The file in which the Codex CLI keeps its login, read again when it changes.

The calls block: a stat at most once a second and, after a change, one read of a few
kB; both take microseconds on a local disk, less than handing them to a thread would.
"""

import logging
import os
import stat
import time
from pathlib import Path

from lunaroute.gateway._options import Provider
from lunaroute.model import Dialect
from lunaroute.routing import CodexAuth, Login, LoginError, is_openais, parse_login

log = logging.getLogger("lunaroute.gateway")

CHECK_SECONDS = 1.0
# The real one has 4 kB; whatever is much longer is another file.
MAX_BYTES = 1024 * 1024

_Stamp = tuple[int, int, int, int]  # what changes when the file does


class CodexFile:
    """Knows the login that the file holds at present, None without one."""

    def __init__(self, settings: CodexAuth) -> None:
        self.settings = settings
        self._path = Path(settings.file)
        self._login: Login | None = None
        self._stamp: _Stamp | None = None
        self._checked = float("-inf")
        self._said = ""

    def login(self, now: float) -> Login | None:
        """The login as of ``now`` (monotonic seconds), a second old at most."""
        if now - self._checked >= CHECK_SECONDS:
            self._checked = now
            self._check()
        return self._login

    def _check(self) -> None:
        """Reads the file if it is another than before; says once what is wrong."""
        try:
            if _stamp(self._path.stat()) == self._stamp:
                return
            self._stamp = None
            content, self._stamp = _read(self._path)
            settings = self.settings
            self._login = parse_login(
                content, settings.token_field, settings.account_id
            )
            self._said = ""
        except FileNotFoundError:
            self._login = self._stamp = None
            self._complain("" if self.settings.is_optional else "there is no such file")
        except OSError as error:
            self._login = self._stamp = None
            self._complain(f"cannot read it: {error.strerror}")
        except LoginError as error:
            self._login = None  # the stamp stays: the same file is not read again
            self._complain(str(error))

    def _complain(self, reason: str) -> None:
        if reason and reason != self._said:
            log.warning("codex_auth: no login in %s: %s", self._path, reason)
        self._said = reason


def codex_file(provider: Provider) -> CodexFile | None:
    """The file to be asked for this provider's requests, if there is one."""
    settings = provider.codex_auth
    if settings is None:
        return None
    if provider.dialect is Dialect.OPENAI and is_openais(provider.base.origin):
        file = CodexFile(settings)
        file.login(time.monotonic())  # what is wrong is said at the start
        return file
    if not settings.is_optional:
        log.warning(
            "providers.%s.codex_auth has no effect: the login goes to "
            "https://api.openai.com and https://chatgpt.com only, not to %s",
            provider.name,
            provider.base.url,
        )
    return None


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev


def _read(path: Path) -> tuple[bytes, _Stamp]:
    """Content and stamp. Raises OSError, LoginError for what cannot be the file."""
    # Opened without waiting: a named pipe would hold up every stream.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise LoginError(f"it is no file of at most {MAX_BYTES} bytes")
        return os.read(descriptor, MAX_BYTES), _stamp(status)
    finally:
        os.close(descriptor)

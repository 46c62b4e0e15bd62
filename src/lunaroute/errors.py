"""The exception tree. The type says whose fault it is, the fault how to answer.

Nothing here knows HTTP beyond a status number, nothing here does I/O.
"""


class LunarouteError(Exception):
    """Root of every error that LunaRoute raises on purpose."""


class Fault(LunarouteError):
    """Something wrong with one exchange; carries the answer it deserves.

    ``status`` is the HTTP status to answer with when nothing was sent yet,
    ``str(fault)`` the short public message: it never holds a credential.
    """

    status = 500

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        if status is not None:
            self.status = status


class ClientFault(Fault):
    """The client sent what we must refuse (RFC 9112 syntax, limits, policy)."""

    status = 400


class UpstreamFault(Fault):
    """The provider could not be reached or broke off; 502, or 504 for silence."""

    status = 502


class ConfigError(LunarouteError):
    """A setting is wrong. The message names the source, the key and the remedy."""


class StoreError(LunarouteError):
    """The session store cannot be opened, read or written. Says which and why."""


class NothingRecorded(StoreError):
    """There is no store yet. The message says where it would be."""


class DamagedStore(StoreError):
    """SQLite found the file damaged while it used it."""


class LinkError(LunarouteError):
    """The bytes on the link are not frames of this version: our own fault."""

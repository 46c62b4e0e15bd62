"""The protocol of writers, and what they are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Written:
    """An exchange as it was recorded, redacted as the settings say.

    ``lines`` are its events as docs/recording.md has them, each with its line feed and
    whole: nothing of them refers to earlier ones. ``day`` (YYYY-MM-DD) is the user's.
    """

    exchange_id: str
    session_id: str
    day: str
    lines: bytes


@runtime_checkable
class SessionWriter(Protocol):
    """Each writer has a thread of its own, in which both are called, never at once."""

    def write(self, batch: Sequence[Written]) -> None:
        """Keeps the batch. Whatever it raises, it gets the same batch again later: an
        exchange may come twice, with the same id.
        """
        ...

    def close(self) -> None:
        """The end: nothing more will come."""
        ...

"""What to do with credentials: whose go to the provider, in which form. Pure."""

from dataclasses import dataclass
from typing import Literal

from lunaroute.model import Dialect
from lunaroute.routing._facts import CARRIERS


@dataclass(frozen=True, slots=True)
class Key:
    """A configured key. ``replace`` puts it in the place of the client's, ``fill``
    uses it only where the client sent none, so that nobody with a subscription is
    billed by accident.
    """

    value: str
    policy: Literal["replace", "fill"]

    def __repr__(self) -> str:
        return f"Key(policy={self.policy!r})"  # the value never reaches a log


@dataclass(frozen=True, slots=True)
class HeaderChange:
    """Header names (lower case) to drop and lines to add."""

    drop: frozenset[bytes] = frozenset()
    add: tuple[bytes, ...] = ()


UNCHANGED = HeaderChange()


def credentials(
    dialect: Dialect,
    key: Key | None,
    *,
    client_sent: bool,
    login: HeaderChange | None = None,
) -> HeaderChange:
    """How the request's credentials change on the way to the provider.

    A key that replaces goes first, then what the client sent, then ``login`` (Codex'
    own, if it may be used), then a key that fills.
    """
    if key is not None and key.policy == "replace":
        return _carry(dialect, key)
    if client_sent:
        return UNCHANGED
    if login is not None:
        return login
    return UNCHANGED if key is None else _carry(dialect, key)


def _carry(dialect: Dialect, key: Key) -> HeaderChange:
    """The key in the form that the provider wants, in the place of every other."""
    if dialect is Dialect.ANTHROPIC:
        line = b"x-api-key: " + key.value.encode()
    else:
        line = b"Authorization: Bearer " + key.value.encode()
    return HeaderChange(CARRIERS, (line,))

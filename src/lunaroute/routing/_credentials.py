"""What to do with credentials: whose go to the provider, in which form. Pure."""

from dataclasses import dataclass
from typing import Literal

from lunaroute.model import Dialect

_CARRIERS = frozenset((b"authorization", b"x-api-key"))


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
    dialect: Dialect, key: Key | None, *, client_sent: bool
) -> HeaderChange:
    """How the request's credentials change on the way to the provider."""
    if key is None or (key.policy == "fill" and client_sent):
        return UNCHANGED
    if dialect is Dialect.ANTHROPIC:
        line = b"x-api-key: " + key.value.encode()
    else:
        line = b"Authorization: Bearer " + key.value.encode()
    return HeaderChange(_CARRIERS, (line,))

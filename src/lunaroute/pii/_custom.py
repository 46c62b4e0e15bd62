"""Patterns of the user's own, run by RE2: whatever they are, the time stays linear."""

from collections.abc import Iterator
from dataclasses import dataclass

import re2

from lunaroute.errors import ConfigError
from lunaroute.pii._finding import Finding


@dataclass(frozen=True, slots=True)
class CustomPattern:
    """A kind of the user's own: what it is called, how it looks, how sure a match is.

    ``redaction_mode`` and ``placeholder`` are for what becomes of its findings.
    """

    name: str
    pattern: str
    confidence: float = 0.9
    redaction_mode: str = "mask"
    placeholder: str | None = None


class Custom:
    """One compiled pattern. ConfigError says why one does not compile."""

    def __init__(self, custom: CustomPattern) -> None:
        options = re2.Options()
        options.log_errors = False
        try:
            self._pattern = re2.compile(custom.pattern, options)
        except re2.error as error:
            reason = error.args[0] if error.args else error
            if isinstance(reason, bytes):
                reason = reason.decode("utf-8", "replace")
            raise ConfigError(
                f"the pattern of {custom.name!r} is none that RE2 can run: {reason}"
                " (look-around and back-references are not to be had)"
            ) from error
        self._custom = custom

    def find(self, text: str) -> Iterator[Finding]:
        """The matches that are not empty."""
        for match in self._pattern.finditer(text):
            start, end = match.span()
            if start < end:
                yield Finding(start, end, self._custom.name, self._custom.confidence)

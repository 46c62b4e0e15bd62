"""What is put in a finding's place."""

from dataclasses import dataclass
from enum import StrEnum

from lunaroute.pii._pseudonym import Tokens


class Mode(StrEnum):
    """What becomes of a finding."""

    MASK = "mask"  # [EMAIL]
    REMOVE = "remove"  # nothing
    TOKENIZE = "tokenize"  # [EMAIL:a3f8e9d2], the same for the same value
    PARTIAL = "partial"  # ************.com


@dataclass(frozen=True, slots=True)
class Rule:
    """How findings of one kind are replaced.

    ``placeholder`` takes the place of ``[LABEL]`` in mode ``mask``. ``shown`` is how
    many characters ``partial`` leaves at the end; of a secret never more than a
    quarter, and of a value that is no longer than that nothing.
    """

    label: str
    mode: Mode = Mode.MASK
    is_secret: bool = True
    placeholder: str | None = None
    shown: int = 4

    def replaced(self, value: str, tokens: Tokens) -> str:
        """What is written instead of ``value``."""
        match self.mode:
            case Mode.REMOVE:
                return ""
            case Mode.TOKENIZE:
                return tokens.token(self.label, value)
            case Mode.PARTIAL:
                return _partial(value, self._left(len(value)))
        return f"[{self.label}]" if self.placeholder is None else self.placeholder

    def _left(self, size: int) -> int:
        most = size // 4 if self.is_secret else size - 1
        return self.shown if self.shown <= most else (most if self.is_secret else 0)


def _partial(value: str, left: int) -> str:
    return "*" * (len(value) - left) + value[len(value) - left :]

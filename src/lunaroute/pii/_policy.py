"""What is to be redacted and how, as it is told once; the redactor made of it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lunaroute.pii._custom import CustomPattern
from lunaroute.pii._detector import Detector
from lunaroute.pii._kind import KINDS
from lunaroute.pii._plugin import load_plugins
from lunaroute.pii._pseudonym import Tokens
from lunaroute.pii._redactor import Redactor
from lunaroute.pii._rule import Mode, Rule

_NO_LABEL = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Policy:
    """``modes`` has the kinds that are looked for and what becomes of each.

    ``secret`` keys the tokens; where it is empty, whoever opens the home has one. With
    ``reversible`` what tokens stand for is to be kept, encrypted. ``plugins`` says
    whether the detectors of installed packages search, too. ``loopback`` and
    ``documentation`` say whether such addresses of networks count.
    """

    modes: Mapping[str, str]
    min_confidence: float = 0.7
    shown: int = 4
    custom: tuple[CustomPattern, ...] = ()
    secret: str = ""
    reversible: bool = False
    plugins: bool = False
    loopback: bool = False
    documentation: bool = True

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Policy":
        """From what ``plain`` gave."""
        custom = tuple(CustomPattern(**each) for each in plain["custom"])
        return cls(**{**plain, "custom": custom})

    def plain(self) -> dict[str, Any]:
        """As JSON can have it."""
        return asdict(self)

    @property
    def is_off(self) -> bool:
        """Whether nothing is redacted."""
        return not (self.modes or self.custom or self.plugins)

    def redactor(self, tokens: Tokens) -> Redactor:
        """Raises ConfigError for a pattern that cannot be run and for a plug-in that
        cannot be loaded.
        """
        finder = Detector(
            self.modes,
            custom=self.custom,
            min_confidence=self.min_confidence,
            extra=load_plugins() if self.plugins else (),
            loopback=self.loopback,
            documentation=self.documentation,
        )
        return Redactor(finder, self._rules(), tokens)

    def _rules(self) -> dict[str, Rule]:
        rules = {
            name: Rule(
                KINDS[name].label,
                Mode(mode),
                is_secret=KINDS[name].is_secret,
                shown=self.shown,
            )
            for name, mode in self.modes.items()
        }
        own = {
            each.name: Rule(
                label_of(each.name),
                Mode(each.redaction_mode),
                placeholder=each.placeholder,
                shown=self.shown,
            )
            for each in self.custom
        }
        return rules | own


def label_of(name: str) -> str:
    """What stands in brackets for a kind of the user's own."""
    return _NO_LABEL.sub("_", name.upper()).strip("_") or "CUSTOM"

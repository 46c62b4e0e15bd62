"""What an examination found: one fact, how bad it is, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is; only a problem keeps something from working."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """``remedy`` is what to do; empty where nothing is to be done."""

    topic: str
    level: Level
    text: str
    remedy: str = ""


def ok(topic: str, text: str) -> Finding:
    return Finding(topic, Level.OK, text)


def note(topic: str, text: str, remedy: str = "") -> Finding:
    return Finding(topic, Level.NOTE, text, remedy)


def warning(topic: str, text: str, remedy: str) -> Finding:
    return Finding(topic, Level.WARNING, text, remedy)


def problem(topic: str, text: str, remedy: str) -> Finding:
    return Finding(topic, Level.PROBLEM, text, remedy)

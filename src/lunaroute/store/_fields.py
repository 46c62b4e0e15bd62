"""The fields of the query language: their names, and what may stand behind the colon.

A value that cannot be meant is a ValueError whose text is for the user.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from lunaroute.model import Outcome, TextKind
from lunaroute.store._rows import OPEN

FieldValue = str | int

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AGE = re.compile(r"([0-9]{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COUNT = re.compile(r"([0-9]{1,12})([km]?)")
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_DOLLARS = re.compile(r"([<>]=?|=?)\$?([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)")
_STATUS_WORDS = ("ok", "error", OPEN, *(outcome.value for outcome in Outcome))


def _name(value: str, _now: datetime) -> str:
    return value


def _kind(value: str, _now: datetime) -> str:
    kinds = [kind.value for kind in TextKind]
    if not any(fnmatchcase(kind, _only_stars(value.lower())) for kind in kinds):
        raise ValueError(f"a kind is one of {', '.join(kinds)}")
    return value.lower()


def _status(value: str, _now: datetime) -> FieldValue:
    word = value.lower()
    if _STATUS.fullmatch(word):
        return word if word.endswith("xx") else int(word)
    if word not in _STATUS_WORDS:
        raise ValueError(
            f"a status is a number such as 429 or 5xx, or {', '.join(_STATUS_WORDS)}"
        )
    return word


def _count(value: str, _now: datetime) -> int:
    found = _COUNT.fullmatch(value.lower())
    if not found:
        raise ValueError("it takes a number such as 5000 or 5k")
    return int(found[1]) * _FACTORS[found[2]]


def _dollars(value: str, _now: datetime) -> str:
    """The comparison and the number, as `>=0.5`."""
    found = _DOLLARS.fullmatch(value)
    if not found:
        raise ValueError("it takes US dollars, as in cost>0.50, cost<1 or cost>=2")
    return f"{found[1] or '='}{float(found[2])}"


def _moment(value: str, now: datetime) -> int:
    """Microseconds since the epoch; days and times without an offset are local."""
    try:
        moment = _day(value.lower(), now) or datetime.fromisoformat(value)
        return (moment.astimezone() - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError, OSError) as error:
        # Years that the system's calendar does not reach are errors of these kinds.
        raise ValueError(
            "it takes a day (2026-10-01, today, yesterday), a time (2026-10-01T12:30)"
            " or an age (30m, 24h, 7d, 2w)"
        ) from error


def _day(word: str, now: datetime) -> datetime | None:
    if age := _AGE.fullmatch(word):
        return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
    if word not in ("today", "yesterday"):
        return None
    # Without its offset: the day may have begun under another one.
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    days = timedelta(days=word == "yesterday")
    return today.replace(tzinfo=None) - days


def _only_stars(pattern: str) -> str:
    return re.sub(r"[\[?]", r"[\g<0>]", pattern)


# Each makes its value out of what the user wrote and the present time. In the order
# in which the documents name them.
FIELDS: Mapping[str, Callable[[str, datetime], FieldValue]] = {
    "tool": _name,
    "model": _name,
    "session": _name,
    "agent": _name,
    "role": _name,
    "kind": _kind,
    "status": _status,
    "after": _moment,
    "before": _moment,
    "file": _name,
    "min_tokens": _count,
    "project": _name,
    "cost": _dollars,
}

FIELD_NAMES = tuple(FIELDS)

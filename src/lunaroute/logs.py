"""What a process says about itself: lines on standard error, for people or as JSON.

An exception nobody expected may quote in its message what just passed: a key, a prompt.
So of such a one only the kind is told, and where it was raised. Nobody logs a secret
on purpose; what looks like one is masked all the same, because a log is what people
send to others.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from traceback import format_tb
from types import TracebackType

TRACE = 5

LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
# Statements of SQL are said only where somebody asks for them.
SQL = "lunaroute.sql"

_WORDS = {"warning": "warn", "critical": "error"}
_SECRETS = (
    (re.compile(r"\b((?i:bearer))\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"\b((?i:basic))\s+(?=[a-z]*[A-Z0-9=])[A-Za-z0-9+/=]{8,}"), r"\1 ***"),
    (
        re.compile(
            r"\b(?:sk-|sk_|rk_|pk_|gh[opsur]_|github_pat_|glpat-|xox[a-z]-|AKIA|AIza|eyJ)"
            r"[A-Za-z0-9._-]{8,}"
        ),
        "***",
    ),
    (
        re.compile(
            r"(?i)\b([a-z-]*(?:api[-_]?key|token|secret|password|authorization|cookie))"
            r"""\b(["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}"""
        ),
        r"\1\2***",
    ),
)
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_stderr(level: str, form: str = "text", *, sql: bool = False) -> None:
    """From now on, what is at least as important as ``level`` (a setting's value), as
    ``text`` or as ``json``, one object a line; with every statement if ``sql``.
    """
    logging.addLevelName(TRACE, "TRACE")
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if form == "json" else _Formatter(_FORMAT))
    logging.basicConfig(level=LEVELS[level], handlers=[handler])
    logging.getLogger(SQL).setLevel(logging.INFO if sql else logging.WARNING)
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_thread


def masked(text: str) -> str:
    """The text without what looks like a credential."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def json_line(level: str, logger: str, message: str, **more: object) -> str:
    """One object, without the line's end. Members whose value is None are left out."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    said: dict[str, object] = {
        "time": now.replace("+00:00", "Z"),
        "level": level,
        "logger": logger,
        "message": masked(message),
    }
    said |= {name: value for name, value in more.items() if value is not None}
    return json.dumps(said, ensure_ascii=False, default=str)


def outline(error: BaseException) -> str:
    """Kind and place of an exception and of those that led to it."""
    return "\n".join(_outlines(error, set()))


def _outlines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__
    if before is None and not error.__suppress_context__:
        before = error.__context__
    if before is not None and id(before) not in seen:
        yield from _outlines(before, seen)
        yield "\nand then:"
    yield "".join(format_tb(error.__traceback__)) + _named(error)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            if id(each) not in seen:
                yield "\nin the group:"
                yield from _outlines(each, seen)


def _named(error: BaseException) -> str:
    kind = type(error).__name__
    if type(error).__module__.partition(".")[0] == __name__.partition(".")[0]:
        return f"{kind}: {error}"  # our own words
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    return kind


class _Formatter(logging.Formatter):
    def formatException(  # noqa: N802 - the base class' name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return "" if ei[1] is None else outline(ei[1])

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class _JsonLines(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = record.levelname.lower()
        failed = record.exc_info and self.formatException(record.exc_info)
        return json_line(
            _WORDS.get(level, level),
            record.name,
            record.getMessage(),
            process=record.process,
            exception=masked(failed) if failed else None,
            **getattr(record, "facts", {}),
        )


def _last_words(
    _kind: type[BaseException], error: BaseException, _place: TracebackType | None
) -> None:
    logging.getLogger("lunaroute").critical("ends by a fault:\n%s", outline(error))


def _last_words_of_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        _last_words(arguments.exc_type, arguments.exc_value, None)

"""What a process says about itself: lines on standard error.

An exception nobody expected may quote in its message what just passed: a key, a prompt.
So of such a one only the kind is told, and where it was raised.
"""

import logging
import sys
import threading
from collections.abc import Iterator
from traceback import format_tb
from types import TracebackType

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_stderr(level: str) -> None:
    """From now on, what is at least as important as ``level`` (a setting's value)."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(_FORMAT))
    logging.basicConfig(level=LEVELS[level], handlers=[handler])
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_thread


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


def _last_words(
    _kind: type[BaseException], error: BaseException, _place: TracebackType | None
) -> None:
    logging.getLogger("lunaroute").critical("ends by a fault:\n%s", outline(error))


def _last_words_of_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        _last_words(arguments.exc_type, arguments.exc_value, None)

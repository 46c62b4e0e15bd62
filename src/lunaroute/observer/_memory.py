"""What the summary at the end is made of where SQLite recording is off: the exchanges
that this process recorded, in numbers, in memory.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from lunaroute.errors import StoreError
from lunaroute.recording import News
from lunaroute.store import Prepared, Store, ToolCallRow, memory_store

_log = logging.getLogger("lunaroute.observer")

# Some 10 MB; then the oldest tenth is forgotten.
MAX_EXCHANGES = 10_000


class Memory:
    """Texts, bodies and headers are left out. ``began`` is in seconds since the epoch,
    ``forgotten`` is how many exchanges found no room.
    """

    def __init__(self) -> None:
        self.began = time.time()
        self.forgotten = 0
        self.store: Store = memory_store()
        self._count = 0

    def remember(self, news: Sequence[News]) -> None:
        """Never raises: what is written down already must not fail for a sum."""
        try:
            with self.store.writing() as batch:
                for each in news:
                    batch.add(_numbers(each))
            self._count += len(news)
            if self._count > MAX_EXCHANGES:
                gone = self.store.forget_oldest(MAX_EXCHANGES // 10 * 9)
                self.forgotten += gone
                self._count -= gone
        except StoreError as error:
            _log.warning("the summary will lack exchanges: %s", error)


def _numbers(news: News) -> Prepared:
    row = replace(
        news.row,
        query=None,
        path=None,
        error_text=None,
        request_headers=None,
        answer_headers=None,
        vendor_usage=None,
        metadata=None,
        price_entry=None,
        request_hash=None,
        problem=None,
    )
    calls = tuple(_call(call) for call in news.calls)
    return Prepared(row, calls=calls, results=news.results, durations=news.durations)


def _call(call: ToolCallRow) -> ToolCallRow:
    return replace(call, arguments="", files=())

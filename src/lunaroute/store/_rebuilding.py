"""Exchanges that are made again from their events: what the store knows of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import apsw

from lunaroute.store._imports import IMPORT
from lunaroute.store._rows import OPEN

COSTS = (
    *("cost_usd", "cost_input_usd", "cost_cache_read_usd", "cost_cache_write_usd"),
    *("cost_output_usd", "price_entry", "price_version"),
)
_KNOWN = f"""
SELECT id, outcome, ifnull(listener, ''), {", ".join(COSTS)} FROM exchanges
WHERE id IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Known:
    """``costs`` are the columns of :data:`COSTS`, by name."""

    is_open: bool
    is_imported: bool
    costs: dict[str, float | str | None]


class Rebuilding:
    """Get one from ``Store.rebuilding``, inside ``Store.writing``."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        """Those of ``ids`` that are there."""
        found = self._connection.execute(_KNOWN, (json.dumps(list(ids)),))
        return {
            str(id_): Known(
                outcome == OPEN,
                str(listener).startswith(IMPORT),
                dict(zip(COSTS, costs, strict=True)),
            )
            for id_, outcome, listener, *costs in found
        }

    def take_out(self, exchange_id: str) -> None:
        """The exchange with its texts and calls, to be added again."""
        self._connection.execute("DELETE FROM exchanges WHERE id = ?", (exchange_id,))

"""The cost of one exchange, part by part."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars. ``total`` is the sum of the parts, which are disjoint.

    ``input`` and ``output`` hold the audio of their direction; ``thinking`` is what
    vendors call thinking or reasoning, ``fees`` what they bill by number: the searches
    that they ran and, of few of them, the request itself.
    ``entry`` is JSON: the matched line of the table and the prices that were used.
    """

    total: float
    input: float
    cache_read: float
    cache_write: float
    output: float
    thinking: float
    fees: float
    provider: str
    model: str
    entry: str
    version: str

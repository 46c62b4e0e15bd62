from collections.abc import Sequence

from lunaroute._fast._triggered import Literal

class Triggers:
    def __init__(self, literals: Sequence[Literal], shapes: int) -> None: ...
    def scan(self, data: bytes) -> list[tuple[int, int, int]]: ...

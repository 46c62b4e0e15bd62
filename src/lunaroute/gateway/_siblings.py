"""How many connections each worker holds, in memory that the workers share.

Two words for each: the number, and when it was told. Each writes its own alone, and
what it reads of the others may be a moment old.
"""

import mmap
import os
import time

WORD = 8
# Told once a second at least; one that is silent for so long is dead, or stands still.
FORGOTTEN_NS = 3_000_000_000


class Siblings:
    """The other workers' numbers. Takes ``descriptor``, a file of the supervisor's that
    all of them were given, and closes it.
    """

    def __init__(self, descriptor: int, worker: int, workers: int) -> None:
        size = 2 * WORD * workers
        if os.fstat(descriptor).st_size < size:
            os.ftruncate(descriptor, size)
        self._words = memoryview(mmap.mmap(descriptor, size)).cast("q")
        os.close(descriptor)
        self._own = 2 * worker
        self.tell(0)

    def tell(self, connections: int) -> None:
        """Says how many connections this worker holds now."""
        self._words[self._own] = connections
        self._words[self._own + 1] = time.monotonic_ns()

    def least(self) -> int | None:
        """What the idlest of the others holds; None if none of them lives."""
        since = time.monotonic_ns() - FORGOTTEN_NS
        words, own = self._words, self._own
        return min(
            (
                words[at]
                for at in range(0, len(words), 2)
                if at != own and words[at + 1] > since
            ),
            default=None,
        )

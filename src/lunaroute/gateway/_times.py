"""What happened when, in monotonic nanoseconds."""

import time
from dataclasses import dataclass

from lunaroute.link import Times

now = time.monotonic_ns


@dataclass(slots=True)
class Clock:
    """Written as things happen; 0 where they have not."""

    accepted: int = 0
    head_received: int = 0
    first_byte_up: int = 0
    last_byte_up: int = 0
    first_byte_down: int = 0
    first_body_down: int = 0

    def times(self, ended: int) -> Times:
        return Times(
            self.accepted,
            self.head_received,
            self.first_byte_up,
            self.last_byte_up,
            self.first_byte_down,
            self.first_body_down,
            ended,
        )

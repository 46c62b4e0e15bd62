"""A file without a name: the memory in which the gateways tell each other how many
connections each holds. What is in it is theirs.
"""

import os
import tempfile


def make_board() -> int:
    """Its descriptor. Raises OSError if the system gives no memory."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("lunaroute-workers")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())

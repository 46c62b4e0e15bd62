"""Session ids that are safe as file names, in SQL and on a terminal.

A client chooses its session's id, so nothing of it is trusted: what is not a short,
plain word is replaced by its hash, and no two ids ever share a file.
"""

import hashlib
import re
import uuid
from dataclasses import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")

# The two shapes made here. A client's id of such a shape is hashed like an unsafe one,
# else it could be chosen to meet another id's file.
_OURS = re.compile(r"(?i)h_.*|.*_h[0-9a-f]{20}")

# Disks of macOS and Windows hold `Ab` and `ab` for one name.
_READABLE_PART = 42

_NAMESPACE = uuid.UUID("5c0a3f0e-6a63-4a55-9b1c-0f2d2d0c7b51")


@dataclass(frozen=True, slots=True)
class SessionName:
    """``id`` is what the record calls the session, ``stem`` what its files are called.

    ``client_id`` keeps the client's own words where ``id`` replaces them.
    """

    id: str
    stem: str
    client_id: str | None = None


def name_session(client_id: str | None, exchange_id: str) -> SessionName:
    """The name of the session that the client named, or of one made for the exchange.

    The latter is made from the exchange's id, which is as unique as a fresh UUID and
    leads an exchange that is delivered twice to the same file.
    """
    if not client_id:
        alone = str(uuid.uuid5(_NAMESPACE, exchange_id))
        return SessionName(alone, f"session_{alone}")
    digest = hashlib.sha256(client_id.encode("utf-8", "surrogatepass")).hexdigest()
    if not _PLAIN.fullmatch(client_id) or _OURS.fullmatch(client_id):
        replaced = f"h_{digest[:32]}"
        return SessionName(replaced, f"session_{replaced}", client_id)
    if client_id != client_id.lower():
        stem = f"session_{client_id[:_READABLE_PART]}_h{digest[:20]}"
        return SessionName(client_id, stem)
    return SessionName(client_id, f"session_{client_id}")

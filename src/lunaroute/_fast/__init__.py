"""Small scanners over raw bytes, compiled where a build exists.

Each module has a Python twin that is its oracle and its fallback. ``COMPILED`` says
which of the two runs; ``LUNAROUTE_PURE_PYTHON=1`` asks for the twins.
"""

import os

from lunaroute._fast._framing import FramingError as FramingError

COMPILED: bool

# All or nothing: a mixture of compiled modules and twins would be a third build
# that no test run covers.
try:
    if os.environ.get("LUNAROUTE_PURE_PYTHON", "") not in ("", "0"):
        raise ImportError("LUNAROUTE_PURE_PYTHON asks for the twins")
    from lunaroute._fast import (
        _chunked,
        _escapes,
        _head,
        _keccak,
        _luhn,
        _session,
        _sse,
        _triggers,  # noqa: F401 - is there; who scans texts chooses it by COMPILED
        _values,
    )

    ChunkedBody = _chunked.ChunkedBody
    escapes = _escapes.escapes
    unescaped = _escapes.unescaped
    field_value = _head.field_value
    head_end = _head.head_end
    pick_fields = _head.pick_fields
    rewrite = _head.rewrite
    scan_request = _head.scan_request
    scan_response = _head.scan_response
    keccak256 = _keccak.keccak256
    luhn_valid = _luhn.luhn_valid
    user_id_span = _session.user_id_span
    event_ends = _sse.event_ends
    value_spans = _values.value_spans
except ImportError:
    from lunaroute._fast._chunked_py import (  # type: ignore[assignment] # same methods
        ChunkedBody as ChunkedBody,
    )
    from lunaroute._fast._escapes_py import escapes as escapes
    from lunaroute._fast._escapes_py import unescaped as unescaped
    from lunaroute._fast._head_py import field_value as field_value
    from lunaroute._fast._head_py import head_end as head_end
    from lunaroute._fast._head_py import pick_fields as pick_fields
    from lunaroute._fast._head_py import rewrite as rewrite
    from lunaroute._fast._head_py import scan_request as scan_request
    from lunaroute._fast._head_py import scan_response as scan_response
    from lunaroute._fast._keccak_py import keccak256 as keccak256
    from lunaroute._fast._luhn_py import luhn_valid as luhn_valid
    from lunaroute._fast._session_py import user_id_span as user_id_span
    from lunaroute._fast._sse_py import event_ends as event_ends
    from lunaroute._fast._values_py import value_spans as value_spans

    COMPILED = False
else:
    COMPILED = True

__all__ = [
    "COMPILED",
    "ChunkedBody",
    "FramingError",
    "escapes",
    "event_ends",
    "field_value",
    "head_end",
    "keccak256",
    "luhn_valid",
    "pick_fields",
    "rewrite",
    "scan_request",
    "scan_response",
    "unescaped",
    "user_id_span",
    "value_spans",
]

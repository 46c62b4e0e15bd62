from collections.abc import Collection

def scan_request(
    raw: bytes,
) -> tuple[bytes, bytes, int, int, bool, bool, bytes] | None: ...
def scan_response(raw: bytes) -> tuple[int, int, int, bool] | None: ...
def field_value(raw: bytes, name: bytes) -> bytes: ...
def rewrite(
    raw: bytes,
    start: bytes,
    gone: Collection[bytes],
    gone_too: Collection[bytes],
    host: bytes | None,
    tail: bytes,
) -> bytes: ...

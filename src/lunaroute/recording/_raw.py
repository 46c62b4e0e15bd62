"""The body of a request, given back from the JSONL file that keeps it."""

import io
from collections.abc import Iterator
from pathlib import Path

import zstandard

from lunaroute.errors import StoreError
from lunaroute.recording._once import Bodies
from lunaroute.store import ExchangeRow, Store


def recorded_request(store: Store, row: ExchangeRow) -> bytes:
    """The decoded body of the request as it was sent, byte for byte.

    Raises StoreError with the reason where it was not kept, or not as it was.
    """
    if (row.listener or "").startswith("import:"):
        raise StoreError(
            f"the body of {row.id} was imported and stands, if anywhere, in the file"
            " that it came from"
        )
    if row.jsonl_file is None:
        raise StoreError(
            f"the body of {row.id} was not kept: bodies are in the JSONL files,"
            " and session_recording.jsonl.enabled was false when it was recorded"
        )
    path = _found(store, row.jsonl_file)
    try:
        body = Bodies(_lines(path)).body(row.id)
    except (KeyError, ValueError, zstandard.ZstdError) as error:
        raise StoreError(f"{path} was changed: {error!r}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
    if body is None:
        why = row.problem or (
            "none was forwarded" if not row.request_bytes else "no text"
        )
        raise StoreError(f"the body of {row.id} was not kept: {why}")
    return body


def _found(store: Store, name: str) -> Path:
    paths = store.jsonl_paths(name)
    for path in paths:
        for each in (path, path.with_name(f"{path.name}.zst")):
            if each.exists():
                return each
    raise StoreError(f"{paths[0] if paths else name} is gone, and the body with it")


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if path.suffix != ".zst":
            yield from file
            return
        decompressor = zstandard.ZstdDecompressor()
        reader = decompressor.stream_reader(file, read_across_frames=True)
        with reader, io.BufferedReader(reader) as lines:
            yield from lines

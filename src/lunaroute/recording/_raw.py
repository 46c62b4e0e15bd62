"""Bodies and events of exchanges, given back from the JSONL files that keep them."""

import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import orjson
import zstandard

from lunaroute.errors import StoreError
from lunaroute.pii import Mark
from lunaroute.recording._once import Bodies
from lunaroute.recording._said import json_member
from lunaroute.recording._stream import Stream
from lunaroute.store import ExchangeRow, Store

_REQUEST = b'{"type":"request_recorded"'
_RESPONSE = b'{"type":"response_recorded"'
# Ids are ours: no quote and no escape in them.
_EXCHANGE = re.compile(rb'\{"type":"[a-z_]+","schema":\d+,"exchange_id":"([^"\\]+)"')


def recorded_request(store: Store, row: ExchangeRow) -> bytes:
    """The decoded body of the request as it was sent, byte for byte.

    Raises StoreError with the reason where it was not kept, or not as it was.
    """
    return SessionFiles(store).request(row)


class SessionFiles:
    """What the JSONL files keep of exchanges. The file of the last one asked for stays
    in memory: the next one is mostly in it, too.
    """

    __slots__ = ("_also", "_bodies", "_lines", "_paths", "_store")

    def __init__(self, store: Store, also: Path | None = None) -> None:
        """``also`` is a directory of session files for those that have moved."""
        self._store = store
        self._also = also
        self._paths: list[Path] = []
        self._lines: dict[str, list[bytes]] = {}
        self._bodies = Bodies(())

    def request(self, row: ExchangeRow) -> bytes:
        """As :func:`recorded_request`."""
        path = self._read(row)
        try:
            body = self._bodies.body(row.id)
        except (KeyError, ValueError) as error:
            raise StoreError(f"{path} was changed: {error!r}") from error
        if body is None:
            why = row.problem or (
                "none was forwarded" if not row.request_bytes else "no text"
            )
            raise StoreError(f"the body of {row.id} was not kept: {why}")
        return body

    def marks(self, row: ExchangeRow) -> tuple[Mark, ...]:
        """Where that body is not as it was sent, because it was redacted before it was
        written; all other bytes are. Raises StoreError.
        """
        for line in self.lines(row):
            if line.startswith(_REQUEST):
                marks = orjson.loads(line).get("request_redacted", ())
                return tuple(Mark(*each) for each in marks)
        return ()

    def answered(self, row: ExchangeRow) -> Stream:
        """The decoded body of the answer, and where it is not as it was sent.

        Raises StoreError with the reason where it was not kept.
        """
        for line in self.lines(row):
            if line.startswith(_RESPONSE):
                try:
                    found = _answered(line)
                except (KeyError, TypeError, ValueError) as error:
                    raise StoreError(
                        f"the file of {row.id} was changed: {error}"
                    ) from error
                if found is not None:
                    return found
        why = row.problem or "it is no text"
        if row.streaming and not row.problem:
            why = (
                "it streamed, and something in it was redacted or is unknown, or an"
                " earlier version recorded it"
            )
        elif not row.answer_bytes:
            why = "there is none"
        raise StoreError(f"the body of the answer to {row.id} was not kept: {why}")

    def lines(self, row: ExchangeRow) -> list[bytes]:
        """The exchange's events as they stand in the file, references included; none
        where the file no longer has any. Raises StoreError where there is no file.
        """
        self._read(row)
        return self._lines.get(row.id, [])

    def _read(self, row: ExchangeRow) -> Path:
        """Reads the exchange's file unless that was the last one read."""
        if (row.listener or "").startswith("import:"):
            raise StoreError(
                f"the body of {row.id} was imported and stands, if anywhere, in the"
                " file that it came from"
            )
        if row.jsonl_file is None:
            raise StoreError(
                f"the body of {row.id} was not kept: bodies are in the JSONL files,"
                " and session_recording.jsonl.enabled was false when it was recorded"
            )
        paths = _found(self._store, row.jsonl_file, self._also)
        if paths != self._paths:
            self._paths = []
            lines = _whole_lines(paths)
            if lines is None:
                # It was compressed just now, and stands under its other name.
                paths = _found(self._store, row.jsonl_file, self._also)
                lines = _whole_lines(paths) or []
            try:
                self._bodies = Bodies(lines)
            except (KeyError, ValueError) as error:
                raise StoreError(f"{paths[0]} was changed: {error!r}") from error
            self._lines = _by_exchange(lines)
            self._paths = paths
        return paths[0]


def _answered(line: bytes) -> Stream | None:
    """Of a ``response_recorded``; None where it does not hold the body."""
    event = orjson.loads(line)
    packed, raw = event.get("response_body"), event.get("response_raw")
    if packed is not None:
        body = Stream.unpacked(packed, event["response_text"]).body
    elif isinstance(raw, str):
        body = raw.encode("utf-8")
    else:
        body = json_member(line, b"response_json")
    marks = tuple(Mark(*each) for each in event.get("response_redacted", ()))
    return Stream(body, marks) if body else None


def _whole_lines(paths: list[Path]) -> list[bytes] | None:
    """Raises StoreError; None where one of the files went meanwhile."""
    try:
        told = chain.from_iterable(map(read_lines, paths))
        # What is being written just now has no end yet.
        return [line for line in told if line.endswith(b"\n")]
    except FileNotFoundError:
        return None
    except zstandard.ZstdError as error:
        raise StoreError(f"{paths[0]} was changed: {error!r}") from error
    except OSError as error:
        raise StoreError(f"{paths[0]}: {error.strerror or error}") from error


def _by_exchange(lines: Iterable[bytes]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for line in lines:
        name = _EXCHANGE.match(line)
        if name is not None:
            found.setdefault(name[1].decode(), []).append(line)
    return found


def _found(store: Store, name: str, also: Path | None) -> list[Path]:
    """The compressed file, the plain one, or both: a clock that was set back makes a
    day's file a second time.
    """
    paths = store.jsonl_paths(name)
    moved: tuple[Path, ...] = () if also is None else (also / name,)
    for path in (*paths, *moved):
        both = (path.with_name(f"{path.name}.zst"), path)
        if found := [each for each in both if each.exists()]:
            return found
    raise StoreError(f"{paths[0] if paths else name} is gone, and the body with it")


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file of events, plain or ``.zst``. Raises OSError or ZstdError."""
    with path.open("rb") as file:
        if path.suffix != ".zst":
            yield from file
            return
        decompressor = zstandard.ZstdDecompressor()
        reader = decompressor.stream_reader(file, read_across_frames=True)
        with reader, io.BufferedReader(reader) as lines:
            yield from lines

"""Request bodies once: what a session's file of the day holds already is referred to.

A client sends its whole history with every turn. In the line of a request, values that
an earlier request in the same file brought are replaced by where they stand there::

    {"$lunaroute": "same", "as": "<exchange_id>", "at": 120, "bytes": 48213}

``request_refs`` lists where in the kept JSON such places are, so that a client's own
text of this look is never taken for one. What an answer said is referred to where its
events hold it (``_said``): ``"as":"<exchange_id>#response_text"``. References go to the
newest place that holds the value, a run of neighbours in one. ``Bodies`` puts a body
together again, byte for byte. Nothing refers to another file: each can be read, kept
and deleted alone.
"""

import hashlib
import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from lunaroute._fast import value_spans
from lunaroute.recording._said import Said, value_at

# Shorter values are cheaper repeated than looked up; in a run of neighbours they count.
_SMALLEST = 24

# A reference takes about this much itself.
_WORTH_IT = 160

# body, list of messages, message, its content, block, the block's content, its block,
# its text.
_DEEPEST = 7

# Values known of one file; beyond it the file's next body is written whole again.
_MOST_VALUES = 20_000

# Of all files together, some 250 bytes each; those written longest ago are forgotten.
_MOST_IN_ALL = 100_000

_REQUEST = b'{"type":"request_recorded"'
_JSON = b'"request_json":'
_REFS = re.compile(rb'"request_refs":(\[[0-9,]*\]),')


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: in the body of which exchange, or in what which answer
    said, and after a comma?
    """

    source: str
    start: int
    follows_comma: bool


@dataclass(slots=True)
class _Run:
    """Bytes of a body that stand as they are in an earlier one."""

    start: int
    end: int
    source: str
    source_start: int

    def takes(self, start: int, place: _Place, body: bytes) -> bool:
        """Whether the value at ``start`` is the next one here as well as there."""
        return (
            start == self.end + 1
            and body[self.end] == ord(",")
            and place.source == self.source
            and place.follows_comma
            and place.start == self.source_start + (start - self.start)
        )


@dataclass(slots=True)
class _File:
    """The values that a file holds; which file that is, and how long it was when they
    were written.
    """

    end: int
    inode: tuple[int, int] | None
    values: dict[bytes, _Place] = field(default_factory=dict)
    said: Said = field(default_factory=Said)


class Once:
    """What of requests' bodies the files written by this process hold.

    Before the lines of a batch go to a file it is asked by ``resume``, and after they
    were written told by ``reached``: what somebody else cut, deleted or wrote anew in
    between is not referred to.
    """

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: OrderedDict[Path, _File] = OrderedDict()

    def resume(self, path: Path, size: int) -> None:
        """Lines will be added to ``path``, which is ``size`` bytes long now."""
        file, inode = self._files.pop(path, None), _inode(path)
        if (
            file is None
            or (file.end, file.inode) != (size, inode)
            or len(file.values) > _MOST_VALUES
        ):
            file = _File(size, inode)
        self._files[path] = file
        while sum(len(each.values) for each in self._files.values()) > _MOST_IN_ALL:
            self._files.popitem(last=False)

    def reached(self, path: Path, end: int) -> None:
        """The lines are written and end there."""
        if path in self._files:
            self._files[path].end = end
            self._files[path].inode = _inode(path)

    def shorten(self, path: Path, exchange_id: str, lines: bytes, body: bytes) -> bytes:
        """The lines with what ``path`` holds already referred to. They must be what is
        written next.

        ``body`` is the request as it stands in the lines; empty where it does not.
        """
        file = self._files.get(path)
        if file is None:
            return lines
        at = lines.find(_JSON) if len(body) >= _WORTH_IT else -1
        while at >= 0 and not lines.startswith(body, at + len(_JSON)):
            at = lines.find(_JSON, at + 1)
        if at < 0:
            _hear(file, lines)
            return lines
        runs = _runs(file.values, exchange_id, body)
        rest = lines[at + len(_JSON) + len(body) :]
        _hear(file, rest)
        if not runs:
            return lines
        kept, places = _kept(body, runs)
        refs = b'"request_refs":[%s],' % b",".join(b"%d" % place for place in places)
        return b"".join((lines[:at], refs, _JSON, kept, rest))

    def forget(self) -> None:
        """After a failure it is not known what the files hold."""
        self._files.clear()


def _hear(file: _File, lines: bytes) -> None:
    """Makes known what the answers say whose events are in these lines."""
    for line in lines.splitlines():
        for source, text in file.said.texts(line):
            for start, end, _ in value_spans(text, _WORTH_IT, _DEEPEST):
                value = text[start:end]
                digest = hashlib.blake2b(value, digest_size=16).digest()
                file.values[digest] = _Place(
                    source, start, text[start - 1 : start] == b","
                )


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat(follow_symlinks=False)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _runs(known: dict[bytes, _Place], exchange_id: str, body: bytes) -> list[_Run]:
    """What of ``body`` is known, and makes all of it known as standing there."""
    runs: list[_Run] = []
    passed = 0
    for start, end, depth in value_spans(body, _SMALLEST, _DEEPEST):
        # The body itself is never the same, and hashing it would double the work.
        if not depth or start < passed:
            continue
        digest = hashlib.blake2b(body[start:end], digest_size=16).digest()
        place = known.get(digest)
        known[digest] = _Place(exchange_id, start, body[start - 1] == ord(","))
        if place is None or place.source == exchange_id:
            continue
        passed = end
        if runs and runs[-1].takes(start, place, body):
            runs[-1].end = end
        else:
            runs.append(_Run(start, end, place.source, place.start))
    return [run for run in runs if run.end - run.start >= _WORTH_IT]


def _kept(body: bytes, runs: list[_Run]) -> tuple[bytes, list[int]]:
    parts: list[bytes] = []
    places = []
    size = passed = 0
    for run in runs:
        ref = orjson.dumps(
            {
                "$lunaroute": "same",
                "as": run.source,
                "at": run.source_start,
                "bytes": run.end - run.start,
            }
        )
        plain = body[passed : run.start]
        places.append(size + len(plain))
        parts += (plain, ref)
        size += len(plain) + len(ref)
        passed = run.end
    return b"".join((*parts, body[passed:])), places


@dataclass(frozen=True, slots=True)
class _Segment:
    """A piece of a body: its own bytes, or where it stands in another one."""

    start: int
    size: int
    own: bytes
    source: str = ""
    source_start: int = 0


class Bodies:
    """The request bodies of one file, put together again."""

    __slots__ = ("_said", "_segments")

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._segments: dict[str, list[_Segment]] = {}
        self._said = Said()
        for line in lines:
            self.add(line)

    def body(self, exchange_id: str) -> bytes | None:
        """The body as it was recorded; None where none was, or not as it was.

        Raises KeyError where a body that it refers to is missing from the file, and
        ValueError where that is too short.
        """
        segments = self._segments.get(exchange_id)
        if segments is None:
            return None
        return self._read(exchange_id, 0, segments[-1].start + segments[-1].size)

    def add(self, line: bytes) -> None:
        """A line more, behind those that were there."""
        if not line.startswith(_REQUEST):
            for source, text in self._said.texts(line):
                self._segments[source] = [_Segment(0, len(text), text)]
            return
        event = orjson.loads(line)
        exchange_id = str(event["exchange_id"])
        raw = event.get("request_raw")
        if isinstance(raw, str):
            text = raw.encode("utf-8")
            self._segments[exchange_id] = [_Segment(0, len(text), text)]
            return
        # In a string the quotes would be escaped: the first one is the member's name.
        at = line.find(_JSON)
        kept = value_at(line, at + len(_JSON))
        if kept:
            # Of a client's own members of this name none stands before the body.
            found = _REFS.search(line, 0, at)
            places = orjson.loads(found.group(1)) if found else []
            self._segments[exchange_id] = _segments(kept, places)

    def _read(self, exchange_id: str, start: int, end: int) -> bytes:
        # No recursion: a long session's bodies refer to each other in a long chain.
        parts: list[bytes] = []
        wanted = [(exchange_id, start, end)]
        while wanted:
            source, start, end = wanted.pop()
            segments = self._segments[source]
            at = bisect_right(segments, start, key=lambda each: each.start) - 1
            segment = segments[at]
            upto = min(end, segment.start + segment.size)
            if upto <= start < end:
                raise ValueError(f"{source} has no byte {start}")
            if upto < end:
                wanted.append((source, upto, end))
            skipped = start - segment.start
            if segment.source:
                begin = segment.source_start + skipped
                wanted.append((segment.source, begin, begin + upto - start))
            else:
                parts.append(segment.own[skipped : skipped + upto - start])
        return b"".join(parts)


def _segments(kept: bytes, places: list[int]) -> list[_Segment]:
    segments: list[_Segment] = []
    size = passed = 0
    for place in places:
        end = kept.index(b"}", place) + 1
        ref = orjson.loads(kept[place:end])
        if place > passed:
            segments.append(_Segment(size, place - passed, kept[passed:place]))
            size += place - passed
        segments.append(_Segment(size, ref["bytes"], b"", ref["as"], ref["at"]))
        size += ref["bytes"]
        passed = end
    rest = kept[passed:]
    return [*segments, _Segment(size, len(rest), rest)]

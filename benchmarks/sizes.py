"""How much a growing session takes on disk: JSONL, plain and compressed, and SQLite.

Run from the repository's root: ``python -m benchmarks.sizes``. The session is made of
this project's own source code: each turn brings a tool's result and the model's answer,
and sends the whole history again with its cache marker moved, as Claude Code does.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import apsw
import zstandard

from lunaroute.recording import Recorder, recorded_request
from lunaroute.store import open_store
from tests.recording.build import exchange, sse

# Turns and the sum of the request bodies, in bytes.
CASES = ((50, 10_000_000), (150, 100_000_000))
BOOT = "0123456789abcdef" * 2
SYSTEM_BYTES, TOOL_BYTES, TOOLS = 12_000, 2_500, 12


def code() -> Iterator[str]:
    """Source text without end, a letter at a time."""
    text = "".join(path.read_text() for path in sorted(Path("src").rglob("*.py")))
    while True:
        yield from text


def turns(
    count: int, total: int, *, system_bytes: int = SYSTEM_BYTES, tool_count: int = TOOLS
) -> Iterator[tuple[bytes, list[bytes]]]:
    """The bodies of requests that sum to about ``total``, with the answers' events."""
    source = code()

    def take(size: float) -> str:
        return "".join(next(source) for _ in range(int(size)))

    system = [{"type": "text", "text": take(system_bytes)}]
    tools = [
        {"name": f"T{n}", "description": take(TOOL_BYTES)} for n in range(tool_count)
    ]
    first = len(json.dumps([system, tools]))
    share = (2 * total / count - 2 * first) / count
    messages: list[object] = []
    for turn in range(count):
        result = {
            "type": "tool_result",
            "tool_use_id": f"toolu_{turn:04d}",
            "content": take(0.8 * share),
        }
        marked = {**result, "cache_control": {"type": "ephemeral"}}
        body = {
            "model": "claude-opus-5-5",
            "messages": [*messages, {"role": "user", "content": [marked]}],
            "system": system,
            "tools": tools,
            "max_tokens": 128_000,
            "stream": True,
        }
        text, command = take(0.1 * share), take(0.1 * share)
        call = {
            "type": "tool_use",
            "id": f"toolu_{turn + 1:04d}",
            "name": "Bash",
            "input": {"command": command},
        }
        said = [{"type": "text", "text": text}, call]
        messages += [
            {"role": "user", "content": [result]},
            {"role": "assistant", "content": said},
        ]
        yield json.dumps(body, separators=(",", ":")).encode(), answer(text, call)


def answer(text: str, call: dict[str, object]) -> list[bytes]:
    """The events of an answer that says ``text`` and asks for a tool."""
    usage = {"input_tokens": 5, "cache_read_input_tokens": 1_000, "output_tokens": 1}
    arguments = json.dumps(call["input"])
    message = {"id": "msg_1", "model": "claude-opus-5-5", "usage": usage}
    return sse(
        {"type": "message_start", "message": message},
        *block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": text}),
        *block(
            1,
            {**call, "input": {}},
            {"type": "input_json_delta", "partial_json": arguments},
        ),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use"},
            "usage": {"output_tokens": 300},
        },
        {"type": "message_stop"},
    )


def block(
    index: int, start: dict[str, object], delta: dict[str, object]
) -> Iterator[dict[str, object]]:
    yield {"type": "content_block_start", "index": index, "content_block": start}
    yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of one session, in bytes. ``floor`` is the last request's body, which holds all
    that was said once, plain and by zstd; ``empty`` is a database without any session,
    ``tables`` are SQLite's, with their indexes.
    """

    turns: int
    sent: int
    floor: tuple[int, int]
    jsonl: tuple[int, int]
    sqlite: int
    empty: int
    tables: dict[str, int]


def measure(count: int, total: int) -> Sizes:
    """What a session takes. Every body must come back."""
    with tempfile.TemporaryDirectory() as home:
        place = Path(home)
        sent = list(turns(count, total))
        open_store(place / "empty.db", writer=True).close()
        with open_store(place / "sessions.db", writer=True) as store:
            recorder = Recorder(place / "sessions", store)
            for number, (body, events) in enumerate(sent, start=1):
                raw = exchange(
                    number,
                    request_pieces=[body],
                    answer=events,
                    content_type="text/event-stream",
                )
                # Ids as long as a gateway gives them.
                raw.id = replace(raw.id, boot=BOOT)
                recorder.record([raw])
            for number, (body, _) in enumerate(sent, start=1):
                row = store.get_exchange(f"{BOOT}-0-{number}")
                assert recorded_request(store, row) == body, number
        files = [path.read_bytes() for path in place.rglob("*.jsonl")]
        database = place / "sessions.db"
        return Sizes(
            count,
            sum(len(body) for body, _ in sent),
            _both([sent[-1][0]]),
            _both(files),
            database.stat().st_size,
            (place / "empty.db").stat().st_size,
            _tables(database),
        )


def _both(texts: list[bytes]) -> tuple[int, int]:
    """Plain, and as retention compresses."""
    packed = [zstandard.compress(text, 3) for text in texts]
    return sum(map(len, texts)), sum(map(len, packed))


def _tables(database: Path) -> dict[str, int]:
    """Bytes of the pages of each table with its indexes, most first."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    found: dict[str, int] = {}
    for name, size in connection.execute(
        "SELECT iif(s.tbl_name LIKE 'texts_index%', 'texts_index',"
        " ifnull(s.tbl_name, 'the schema')) AS name, sum(d.pgsize)"
        " FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name"
        " GROUP BY 1 ORDER BY 2 DESC"
    ):
        found[str(name)] = int(size)
    connection.close()
    return found


def main() -> None:
    measured = [measure(count, total) for count, total in CASES]
    print(
        "| turns | bodies, MB | said once (zstd -3), MB | JSONL (zstd -3), MB |"
        " SQLite, MB | in all (JSONL compressed), MB |\n|" + " --- |" * 6
    )
    for each in measured:
        plain, packed = (size + each.sqlite for size in each.jsonl)
        row = (
            f"{each.sent / 1e6:.2f}",
            _pair(*each.floor, unit=1e6),
            _pair(*each.jsonl, unit=1e6),
            f"{each.sqlite / 1e6:.2f}",
            _pair(plain, packed, unit=1e6),
        )
        print(f"| {each.turns} | " + " | ".join(row) + " |")
    print("\n| kB | " + " | ".join(f"{each.turns} turns" for each in measured), end="")
    print(" | promised |\n|" + " --- |" * (len(measured) + 2))
    for name, told, promise in (
        ("a request, JSONL", lambda s: s.jsonl[0] / s.turns, "10"),
        ("a request, JSONL compressed", lambda s: s.jsonl[1] / s.turns, "1"),
        ("a request, SQLite", lambda s: s.sqlite / s.turns, ""),
        ("a session, SQLite", lambda s: float(s.sqlite), "10; 1 to 2"),
        ("a session, JSONL", lambda s: float(s.jsonl[0]), ""),
    ):
        cells = " | ".join(f"{told(each) / 1e3:.1f}" for each in measured)
        print(f"| {name} | {cells} | {promise} |")
    for each in measured:
        parts = ", ".join(
            f"{name} {size / 1e3:.0f}" for name, size in list(each.tables.items())[:6]
        )
        print(f"\n{each.turns} turns, kB of SQLite: {parts}")
    print(f"\nA database without a session: {measured[0].empty / 1e3:.0f} kB")


def _pair(plain: int, packed: int, *, unit: float) -> str:
    return f"{plain / unit:.2f} ({packed / unit:.2f})"


if __name__ == "__main__":
    main()

"""How much a growing session takes on disk: JSONL, plain and compressed, and SQLite.

Run from the repository's root: ``python -m benchmarks.sizes``. The session is made of
this project's own source code: each turn brings a tool's result and the model's answer,
and sends the whole history again with its cache marker moved, as Claude Code does.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import zstandard

from lunaroute.recording import Recorder, recorded_request
from lunaroute.store import open_store
from tests.recording.build import exchange, sse

# Turns and the sum of the request bodies, in bytes.
CASES = ((50, 10_000_000), (150, 100_000_000))
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


def measure(count: int, total: int) -> str:
    """One row: what was sent, and what it takes. Every body must come back."""
    with tempfile.TemporaryDirectory() as home:
        place = Path(home)
        sent = list(turns(count, total))
        with open_store(place / "sessions.db", writer=True) as store:
            recorder = Recorder(place / "sessions", store)
            for number, (body, events) in enumerate(sent, start=1):
                raw = exchange(
                    number,
                    request_pieces=[body],
                    answer=events,
                    content_type="text/event-stream",
                )
                recorder.record([raw])
            for number, (body, _) in enumerate(sent, start=1):
                row = store.get_exchange(f"boot-0-{number}")
                assert recorded_request(store, row) == body, number
        files = [path.read_bytes() for path in place.rglob("*.jsonl")]
        packed = [zstandard.compress(text, 3) for text in files]
        database = (place / "sessions.db").stat().st_size
    sums = [
        sum(len(body) for body, _ in sent),
        sum(map(len, files)),
        sum(map(len, packed)),
        database,
    ]
    return f"| {count} | " + " | ".join(f"{size / 1e6:.2f}" for size in sums) + " |"


def main() -> None:
    print("| turns | bodies, MB | JSONL, MB | JSONL by zstd -3, MB | SQLite, MB |")
    print("| --- | --- | --- | --- | --- |")
    for count, total in CASES:
        print(measure(count, total), flush=True)


if __name__ == "__main__":
    main()

"""How long search and the list of sessions take on a large record.

Run from the repository's root: ``python -m benchmarks.search [--texts 1000000]
[--rounds 20]``. The texts are code and prose of made-up words whose frequencies fall as
those of a language do, so that some stand in a third of all texts; ten texts make an
exchange, fifty exchanges a session, and the last session is one of 500. Each query is asked ``rounds`` times, in turn with
the others; the table has the median and the 95th percentile of all its answers.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks._measure import options
from lunaroute.insight import session_record, session_timeline
from lunaroute.store import (
    ExchangeRow,
    Prepared,
    SessionFilter,
    Store,
    TextRow,
    ToolCallRow,
    open_store,
)

TEXTS_OF_EXCHANGE, EXCHANGES_OF_SESSION, WORDS_OF_TEXT = 10, 50, 60
BATCH = 200
LONG_SESSION, LONG = "session-long", 500
START = 1_780_000_000_000_000

QUERIES = {
    "a word of a third of all texts": "common0",
    "a rare word": "word9000",
    "two words": "common0 word400",
    "a phrase": '"common0 common1"',
    "a prefix": "word90*",
    "a part of identifiers": "handler",
    "one word without another": "common1 -common0",
    "a word, model:": "common0 model:claude-opus-*",
    "a word, after:": "common0 after:2026-01-01",
    "a word, tool:": "module7 tool:Edit",
    "a common word that no text of the tool has": "common0 tool:Edit",
    "file:": "file:module7.py",
    "cost>": "cost>0.45 common0",
}
FILTERS: dict[str, dict[str, object]] = {
    "no filter": {},
    "model": {"model": "claude-opus-5-5"},
    "project": {"project": "project3"},
    "tool": {"tool": "Edit"},
    "success=false": {"success": False},
}


def texts(chance: random.Random, number: int) -> Iterator[TextRow]:
    """The texts of one exchange."""
    kinds = ("prompt", "answer", "tool_input", "tool_output", "thinking")
    for ordinal in range(TEXTS_OF_EXCHANGE):
        words = [f"common{n}" for n in range(3) if chance.random() < 0.3]
        words += [
            f"word{int(10_000 * chance.random() ** 3)}" for _ in range(WORDS_OF_TEXT)
        ]
        if chance.random() < 0.1:
            words.append(f"Request{chance.randrange(500)}Handler")
        kind = kinds[ordinal % len(kinds)]
        if kind == "tool_input":
            text = f'{{"file_path": "src/module{number % 40}.py", "old": "{number}"}}'
        else:
            text = " ".join(words)
        unique = f"{number}.{ordinal}".encode()
        yield TextRow(ordinal, kind, "user", text, unique)


def exchange(chance: random.Random, number: int, is_long: bool) -> Prepared:
    session = number // EXCHANGES_OF_SESSION
    rows = tuple(texts(chance, number))
    row = ExchangeRow(
        id=f"boot-0-{number}",
        session_id=LONG_SESSION if is_long else f"session-{session}",
        started_at=START + number * 1_000_000,
        outcome="answered" if chance.random() < 0.97 else "refused_by_provider",
        endpoint="messages",
        dialect="anthropic",
        provider="anthropic",
        model_requested=chance.choice(("claude-opus-5-5", "claude-haiku-4-5")),
        status=200,
        streaming=True,
        ended_us=2_000_000,
        input_uncached=chance.randrange(2_000),
        output=chance.randrange(2_000),
        cost_usd=chance.random() / 2,
        project=f"project{session % 20}",
    )
    named = (f"src/module{number % 40}.py",)
    call = ToolCallRow(0, f"call-{number}", "Edit", rows[2].text, named)
    return Prepared(row, rows, (call,))


def fill(store: Store, count: int) -> None:
    chance = random.Random(1)
    numbers = list(range(count // TEXTS_OF_EXCHANGE))
    for at in range(0, len(numbers), BATCH):
        with store.writing() as batch:
            for number in numbers[at : at + BATCH]:
                is_long = number >= len(numbers) - LONG
                problem = batch.add(exchange(chance, number, is_long))
                assert problem is None, problem


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1_000 * (time.perf_counter() - began)


def works(store: Store) -> dict[str, Callable[[], object]]:
    """What is measured, by its name."""
    found: dict[str, Callable[[], object]] = {}
    for name, query in QUERIES.items():
        found[f"search: {name}"] = lambda query=query: store.search(query, 20)
    for name, wanted in FILTERS.items():
        asked = SessionFilter(**wanted)  # type: ignore[arg-type] # the table above is right
        found[f"sessions: {name}"] = lambda asked=asked: store.session_page(
            asked, limit=50
        )
    found[f"a session of {LONG} turns"] = lambda: session_record(store, LONG_SESSION)
    found[f"the timeline of {LONG} turns"] = lambda: session_timeline(
        store, LONG_SESSION
    )
    return found


def main() -> None:
    parser = options(__doc__ or "", rounds=20)
    parser.add_argument("--texts", type=int, default=1_000_000, help="(%(default)s)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "sessions.db"
        with open_store(path, writer=True) as store:
            seconds = timed(lambda: fill(store, chosen.texts)) / 1_000
        size = path.stat().st_size / 1e6
        print(f"{chosen.texts:,} texts, {size:.0f} MB, written in {seconds:.0f} s\n")
        print("| what | p50, ms | p95, ms |\n| --- | --- | --- |")
        with open_store(path, writer=False) as store:
            asked = works(store)
            taken: dict[str, list[float]] = {name: [] for name in asked}
            for _ in range(chosen.rounds):
                for name, work in asked.items():
                    taken[name].append(timed(work))
        for name, times in taken.items():
            times.sort()
            p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
            print(f"| {name} | {p50:.1f} | {p95:.1f} |")


if __name__ == "__main__":
    main()

"""How long starts and restarts take: ``python -m benchmarks.restarts [--json FILE]``.

The real `lunaroute serve`, killed as the tests kill it; medians of the rounds. With
``--store-mb 1000`` at a home whose database is that large already.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lunaroute.store import ExchangeRow, Prepared, TextRow, ToolCallRow, open_store
from tests.kit import BIN, Raw, Serve, ask, clean_environment, post, until
from tests.provider import Provider

ROUNDS = 7
COUNT = "SELECT count(*) AS n FROM exchanges WHERE outcome <> 'open'"
# Most of it in tools' arguments, which no index holds: so the file grows fast.
WORDS_OF_TEXT = 4_000
TEXTS_OF_EXCHANGE = 2
CALLS_OF_EXCHANGE = 8


def fill(home: Path, megabytes: float) -> None:
    """A database of about that size, in sessions of fifty exchanges."""
    home.mkdir(parents=True)
    chance = random.Random(1)
    words = [f"{chance.getrandbits(40):x}" for _ in range(20_000)]
    path = home / "sessions.db"
    number = 0
    with open_store(path, writer=True, durable=False) as store:
        while path.stat().st_size < megabytes * 1e6:
            with store.writing() as batch:
                for _ in range(20):
                    number += 1
                    problem = batch.add(exchange(number, words, chance))
                    assert problem is None, problem


def exchange(number: int, words: list[str], chance: random.Random) -> Prepared:
    said = [" ".join(chance.choices(words, k=WORDS_OF_TEXT)) for _ in range(3)]
    texts = tuple(
        TextRow(
            ordinal, "tool_output", "user", said[ordinal], b"%d.%d" % (number, ordinal)
        )
        for ordinal in range(TEXTS_OF_EXCHANGE)
    )
    calls = tuple(
        ToolCallRow(ordinal, f"call-{number}-{ordinal}", "Write", said[2])
        for ordinal in range(CALLS_OF_EXCHANGE)
    )
    row = ExchangeRow(
        id=f"boot-0-{number}",
        session_id=f"session-{number // 50}",
        started_at=1_780_000_000_000_000 + number * 1_000_000,
        outcome="answered",
        endpoint="messages",
    )
    return Prepared(row, texts, calls)


def count(serve: Serve) -> int:
    rows = serve.rows(COUNT)
    return int(rows[0]["n"]) if rows else 0


def answered(serve: Serve) -> None:
    """One request, to its answer."""
    with Raw(serve.port) as client:
        client.send(post(ask()))
        client.read_answer()


def after_a_dead_gateway(serve: Serve) -> float:
    gateway = serve.child("gateway")
    began = time.monotonic()
    os.kill(gateway, signal.SIGKILL)
    answered(serve)
    return time.monotonic() - began


def after_a_dead_observer(serve: Serve) -> float:
    before = count(serve)
    observer = serve.child("observer")
    began = time.monotonic()
    os.kill(observer, signal.SIGKILL)
    answered(serve)
    until(lambda: count(serve) > before)
    return time.monotonic() - began


def reload(serve: Serve) -> float:
    seen = serve.stdout.count("configuration reloaded")
    began = time.monotonic()
    serve.process.send_signal(signal.SIGHUP)
    until(lambda: serve.stdout.count("configuration reloaded") > seen)
    return time.monotonic() - began


def start_and_stop(
    provider: Provider, home: Path, number: signal.Signals
) -> tuple[float, float, float]:
    """To serving, to the first committed record, and from the signal to the end."""
    began = time.monotonic()
    with Serve(home, provider.url) as serve:
        started = time.monotonic() - began
        before = count(serve)
        answered(serve)
        until(lambda: count(serve) > before)
        recorded = time.monotonic() - began
        began = time.monotonic()
        if number is signal.SIGKILL:
            for pid in serve.children().values():
                os.kill(pid, number)
        serve.stop(number)
        return started, recorded, time.monotonic() - began


def commands(provider: Provider, home: Path) -> list[float]:
    """`lunaroute env` as a shell waits for it, without a server, then with one; and
    `lunaroute restart`.
    """
    environment = clean_environment(
        home,
        LUNAROUTE_ANTHROPIC_BASE_URL=provider.url,
        LUNAROUTE_OPENAI_BASE_URL=provider.url,
    )
    times = []
    for words in (["env", "--port", "0"], ["env"], ["restart"]):
        began = time.monotonic()
        subprocess.run(
            [str(BIN / "lunaroute"), *words],
            env=environment,
            check=True,
            capture_output=True,
        )
        times.append(time.monotonic() - began)
    subprocess.run(
        [str(BIN / "lunaroute"), "stop"],
        env=environment,
        check=True,
        capture_output=True,
    )
    return times


def spaced(measure: Callable[[Serve], float], serve: Serve, rounds: int) -> list[float]:
    """Rounds far enough apart that no back-off of a crash loop is measured."""
    times = []
    for _ in range(rounds):
        times.append(measure(serve))
        time.sleep(2.5)
    return times


def run(rounds: int, megabytes: float) -> dict[str, list[float]]:
    """Seconds of each round, by row."""
    provider = Provider()
    started, recorded = "start to serving", "start to the first committed record"
    ended, killed = "SIGTERM to the end", "all killed: start to the first record"
    cold, warm = "lunaroute env, nothing runs", "lunaroute env, a server runs"
    anew = "lunaroute restart, to the new server"
    rows: dict[str, list[float]] = {
        name: [] for name in (started, recorded, ended, killed, cold, warm, anew)
    }
    with tempfile.TemporaryDirectory() as place:
        kept = Path(place) / "kept"
        if megabytes:
            fill(kept, megabytes)
            size = (kept / "sessions.db").stat().st_size / 1e6
            print(f"a database of {size:.0f} MB")
        for number in range(rounds):
            home = kept if megabytes else Path(place) / str(number)
            times = start_and_stop(provider, home, signal.SIGTERM)
            for name, seconds in zip((started, recorded, ended), times, strict=True):
                rows[name].append(seconds)
            start_and_stop(provider, home, signal.SIGKILL)
            times = start_and_stop(provider, home, signal.SIGTERM)
            rows[killed].append(times[1])
            times_of = commands(provider, home)
            for name, seconds in zip((cold, warm, anew), times_of, strict=True):
                rows[name].append(seconds)
        with Serve(kept, provider.url) as serve:
            answered(serve)
            rows["gateway killed to the next answer"] = spaced(
                after_a_dead_gateway, serve, rounds
            )
            rows["observer killed to the next committed record"] = spaced(
                after_a_dead_observer, serve, rounds
            )
            rows["SIGHUP to serving the new configuration"] = spaced(
                reload, serve, rounds
            )
    provider.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--store-mb", type=float, default=0.0)
    options = parser.parse_args()
    rows = run(options.rounds, options.store_mb)
    for name, times in rows.items():
        print(f"{name:<46} {statistics.median(times):6.2f} s  (max {max(times):.2f})")
    if options.json:
        options.json.write_text(json.dumps({"restarts": rows}, indent=2))


if __name__ == "__main__":
    main()

"""How long starts and restarts take: ``python -m benchmarks.restarts [--json FILE]``.

The real `lunaroute serve`, killed as the tests kill it; medians of the rounds.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.kit import BIN, Raw, Serve, ask, clean_environment, post, until
from tests.provider import Provider

ROUNDS = 7


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
    before = len(serve.rows())
    observer = serve.child("observer")
    began = time.monotonic()
    os.kill(observer, signal.SIGKILL)
    answered(serve)
    until(lambda: len(serve.rows()) > before)
    return time.monotonic() - began


def reload(serve: Serve) -> float:
    seen = serve.stdout.count("configuration reloaded")
    began = time.monotonic()
    serve.process.send_signal(signal.SIGHUP)
    until(lambda: serve.stdout.count("configuration reloaded") > seen)
    return time.monotonic() - began


def start_and_stop(provider: Provider, home: Path) -> tuple[float, float]:
    began = time.monotonic()
    with Serve(home, provider.url) as serve:
        started = time.monotonic() - began
        answered(serve)
        serve.recorded(1)
        began = time.monotonic()
        serve.stop()
        return started, time.monotonic() - began


def env(provider: Provider, home: Path) -> tuple[float, float]:
    """`lunaroute env` as a shell waits for it: without a server, then with one."""
    environment = clean_environment(
        home,
        LUNAROUTE_ANTHROPIC_BASE_URL=provider.url,
        LUNAROUTE_OPENAI_BASE_URL=provider.url,
    )
    times = []
    for _ in range(2):
        began = time.monotonic()
        subprocess.run(
            [str(BIN / "lunaroute"), "env", "--port", "0"],
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
    return times[0], times[1]


def spaced(measure: Callable[[Serve], float], serve: Serve, rounds: int) -> list[float]:
    """Rounds far enough apart that no back-off of a crash loop is measured."""
    times = []
    for _ in range(rounds):
        times.append(measure(serve))
        time.sleep(2.5)
    return times


def run(rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, by row."""
    provider = Provider()
    rows: dict[str, list[float]] = {
        "start to serving": [],
        "SIGTERM to the end": [],
        "lunaroute env, nothing runs": [],
        "lunaroute env, a server runs": [],
    }
    with tempfile.TemporaryDirectory() as place:
        for number in range(rounds):
            started, ended = start_and_stop(provider, Path(place) / str(number))
            rows["start to serving"].append(started)
            rows["SIGTERM to the end"].append(ended)
            cold, warm = env(provider, Path(place) / f"env{number}")
            rows["lunaroute env, nothing runs"].append(cold)
            rows["lunaroute env, a server runs"].append(warm)
        with Serve(Path(place) / "kept", provider.url) as serve:
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
    options = parser.parse_args()
    rows = run(options.rounds)
    for name, times in rows.items():
        print(f"{name:<46} {statistics.median(times):6.2f} s  (max {max(times):.2f})")
    if options.json:
        options.json.write_text(json.dumps({"restarts": rows}, indent=2))


if __name__ == "__main__":
    main()

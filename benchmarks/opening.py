"""How soon what is under way stands in the database: ``python -m benchmarks.opening``.

A request to the real `lunaroute serve` whose answer streams for some seconds: from its
last byte until its row is seen from outside, and how old the newest text of its answer
is that is committed, looked at ten times a second.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._measure import options, percentile
from tests.kit import Raw, Serve, ask, post, until
from tests.provider import STREAM_HEAD, Provider, Seen, chunk, named

SECONDS = 4.0


def stream(_seen: Seen) -> Iterator[bytes]:
    """Fifty pieces of text a second, each with the moment at which it was sent."""
    yield STREAM_HEAD
    yield chunk(named("message_start", message={"model": "m", "usage": {}}))
    until_then = time.monotonic() + SECONDS
    while (now := time.monotonic()) < until_then:
        delta = {"type": "text_delta", "text": f"over hill and dale at={now:.4f} "}
        yield chunk(named("content_block_delta", index=0, delta=delta))
        time.sleep(0.02)
    yield chunk(named("message_stop"))
    yield b"0\r\n\r\n"


def opened(serve: Serve, agent: str) -> str:
    """The id of a request's row, as soon as it is there."""
    sql = f"SELECT id FROM exchanges WHERE user_agent = '{agent}'"
    return str(until(lambda: serve.rows(sql), agent)[0]["id"])


def age(serve: Serve, exchange_id: str) -> float | None:
    """Of the newest text that is committed, in seconds; None where there is none."""
    sql = f"SELECT text FROM open_answers WHERE exchange_id = '{exchange_id}'"
    now = time.monotonic()
    text = "".join(row["text"] for row in serve.rows(f"{sql} ORDER BY piece"))
    moments = [word[3:] for word in text.split(" ")[:-1] if word.startswith("at=")]
    return now - float(moments[-1]) if moments else None


def one(serve: Serve, agent: str, ages: list[float]) -> float:
    """Seconds until its row is there; adds how old the text was at each look."""
    with Raw(serve.port) as client:
        client.send(post(ask("stream", stream=True), user_agent=agent))
        began = time.monotonic()
        exchange_id = opened(serve, agent)
        took = time.monotonic() - began
        while time.monotonic() - began < SECONDS:
            if (found := age(serve, exchange_id)) is not None:
                ages.append(found)
            time.sleep(0.1)
    return took


def main() -> None:
    parser = options(__doc__ or "", rounds=10)
    chosen = parser.parse_args()
    provider = Provider()
    provider.scripts["stream"] = stream
    rows: list[float] = []
    ages: list[float] = []
    with (
        tempfile.TemporaryDirectory() as place,
        Serve(Path(place), provider.url) as serve,
    ):
        rows += [
            one(serve, f"opening/{number}", ages) for number in range(chosen.rounds + 1)
        ]
    provider.close()
    del rows[0]  # the recorder was still starting
    for name, values in (("its row is there", rows), ("age of the newest text", ages)):
        middle, worst = percentile(values, 0.5) * 1_000, max(values) * 1_000
        print(f"{name:<24} p50 {middle:5.0f} ms   worst {worst:5.0f} ms")


if __name__ == "__main__":
    main()

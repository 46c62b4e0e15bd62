"""Clients that ask all the time, and know what became of each of their requests."""

import contextlib
import itertools
import json
import random
import threading
import time
from dataclasses import dataclass

from tests.kit import Raw, Serve, ask, post, until
from tests.provider import STREAM_HEAD, Provider, chunk, named, whole

# A request is known by its user agent, which the record keeps.
AGENT = "torture"
WORDS = "over hill and dale, through bush and brier, over park and pale "


@dataclass(slots=True)
class Asked:
    """One request. Moments are of ``time.monotonic``; 0 where it did not come to it."""

    number: int
    kind: str
    sent: float = 0.0
    answered: float = 0.0
    status: int = 0

    @property
    def agent(self) -> str:
        return f"{AGENT}/{self.number}"


def teach(provider: Provider) -> dict[str, float]:
    """The provider's answers: at once, as a stream, as a stream of some seconds.

    Returns where it notes when each request reached it, by its user agent.
    """
    seen_at: dict[str, float] = {}

    def note(seen) -> None:
        seen_at[(seen.field(b"user-agent") or b"").decode()] = time.monotonic()

    def deltas(count: int, pause: float):
        def play(seen):
            note(seen)
            yield STREAM_HEAD
            usage = {"input_tokens": 7, "output_tokens": 1}
            yield chunk(named("message_start", message={"model": "m", "usage": usage}))
            for _ in range(count):
                delta = {"type": "text_delta", "text": WORDS}
                yield chunk(named("content_block_delta", index=0, delta=delta))
                time.sleep(pause)
            usage = {"output_tokens": count}
            delta = {"stop_reason": "end_turn"}
            yield chunk(named("message_delta", delta=delta, usage=usage))
            yield chunk(named("message_stop"))
            yield b"0\r\n\r\n"

        return play

    def plain(seen):
        note(seen)
        yield whole({"id": "x", "type": "message"})

    provider.scripts["plain"] = plain
    provider.scripts["stream"] = deltas(5, 0.0)
    provider.scripts["slow"] = deltas(60, 0.05)
    return seen_at


def readiness(port: int) -> dict:
    """What ``/readyz`` says, with its status; empty where nobody answers."""
    try:
        with Raw(port) as raw:
            raw.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head, body = raw.read_answer()
    except (OSError, AssertionError):
        return {}
    return {**json.loads(body), "http": int(head[9:12])}


def is_ready(port: int) -> bool:
    return readiness(port).get("status") == "ready"


def mark(serve: Serve, agent: str) -> None:
    """One request; returns when it is recorded, and what ended before it with it."""
    wanted = f"SELECT 1 FROM exchanges WHERE user_agent = '{agent}'"
    with Raw(serve.port) as client:
        client.send(post(ask("plain", session="marks"), user_agent=agent))
        client.read_answer()
    until(lambda: serve.rows(f"{wanted} AND outcome = 'answered'"), f"{agent} recorded")


class Load:
    """So many clients at one proxy, until ``stop``."""

    def __init__(self, port: int, clients: int = 4, seed: int = 1) -> None:
        self._port = port
        self._numbers = itertools.count(seed * 1_000_000)
        self._seed = seed
        self._stopping = threading.Event()
        self.asked: list[Asked] = []
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True)
            for number in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when no request is under way any more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, client: int) -> None:
        chance = random.Random(self._seed * 100 + client)
        while not self._stopping.is_set():
            try:
                with Raw(self._port) as raw:
                    for _ in range(20):
                        if self._stopping.is_set():
                            return
                        self._ask(raw, chance, client)
            except (OSError, AssertionError):
                time.sleep(0.02)  # killed: the next connection waits for the next one

    def _ask(self, raw: Raw, chance: random.Random, client: int) -> None:
        weights = (6, 3, 1) if client else (0, 1, 4)
        (kind,) = chance.choices(("plain", "stream", "slow"), weights)
        one = Asked(next(self._numbers), kind)
        body = ask(kind, stream=kind != "plain", session=f"s{self._seed}-{client}")
        self.asked.append(one)
        one.sent = time.monotonic()
        raw.send(post(body, user_agent=one.agent))
        head, _ = raw.read_answer()
        one.answered = time.monotonic()
        one.status = int(head[9:12])
        if kind != "slow":
            time.sleep(chance.random() * 0.02)


@contextlib.contextmanager
def loaded(port: int, clients: int = 4, seed: int = 1):
    """A load for as long as the block runs."""
    load = Load(port, clients, seed)
    try:
        yield load
    finally:
        load.stop()

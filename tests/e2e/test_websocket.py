"""Turns on a WebSocket, from a client that is not ours to the record and its search."""

import contextlib
import json
import socket
import threading
from dataclasses import dataclass, field

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.clients.answers import PRINTED
from tests.clients.provider import ClientProvider, Scene
from tests.clients.record import missing
from tests.e2e.test_metrics import counted
from tests.kit import CEILING, Serve
from tests.provider import Cut

SESSION = "0b9a3c1e-5d0f-4a6e-9c57-1d2e3f405162"
SHELL = {"type": "function", "name": "exec_command"}
PROMPT = [{"role": "user", "content": "Tell me about Kilimanjaro."}]


@dataclass
class HaltingProvider(ClientProvider):
    """Begins each answer, and goes no further while the test lasts."""

    over: threading.Event = field(default_factory=threading.Event)

    def _say(self, session, texts, body):
        session.send(texts[0])
        self.over.wait(CEILING)
        raise Cut


@contextlib.contextmanager
def conversing(home, scene, make=ClientProvider):
    """A provider that plays ``scene``, and a proxy in front of it."""
    with contextlib.closing(make(scene=scene)) as provider:
        with Serve(home, provider.url) as serve:
            yield serve, provider
        assert provider.faults == []


def dial(serve: Serve) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{serve.port}/v1/responses",
        proxy=None,
        additional_headers={"session-id": SESSION, "thread-id": SESSION},
    )


def ask(client: ClientConnection, **fields) -> dict:
    """One request; the message that ends its response."""
    client.send(json.dumps({"type": "response.create", "model": "gpt-5.4", **fields}))
    while True:
        event = json.loads(client.recv(60))
        if event["type"] in ("response.completed", "error"):
            return event


@pytest.mark.parametrize("deflate", [False, True])
def test_turns_are_exchanges_like_any_other(tmp_path, deflate):
    scene = Scene(wants_tool=True, deflate=deflate)
    with conversing(tmp_path / "home", scene) as (serve, provider):
        with dial(serve) as client:
            ask(client, generate=False, tools=[SHELL], input=[])
            ask(client, input=PROMPT)
            serve.recorded(2)  # while the WebSocket is open
            result = {
                "type": "function_call_output",
                "call_id": "call_called",
                "output": PRINTED,
            }
            ask(client, input=[result], previous_response_id="resp_tool")
            # As Codex does: no Close frame, the answer's end is all it waits for.
            client.socket.shutdown(socket.SHUT_RDWR)
        whole, warm, first, second = serve.recorded(4)
        figures = counted(serve, 4)
        found = json.loads(serve.run("search", "Kilimanjaro", "--json").stdout)
        shown = json.loads(serve.run("sessions", "show", SESSION, "--json").stdout)
        events = serve.events()
    for what in ("connections_opened_total", "connections_closed_total"):
        assert figures[f"lunaroute_ws_{what}{{endpoint=websocket}}"] == 1
        assert missing(serve, provider, "Kilimanjaro") == []
    assert {row["session_id"] for row in (whole, warm, first, second)} == {SESSION}
    assert {row["problem"] for row in (whole, warm, first, second)} == {None}
    assert [row["endpoint"] for row in (whole, warm, first, second)] == [
        "websocket", "warm_up", "responses", "responses",
    ]  # fmt: skip
    assert (whole["outcome"], whole["model_requested"]) == ("answered", None)
    assert whole["tunnel_up_bytes"] >= sum(
        row["request_bytes"] for row in (warm, first, second)
    )
    for number, row in enumerate((warm, first, second), start=1):
        assert row["id"] == f"{whole['id']}.{number}"
        assert row["outcome"] == "answered"
        assert row["model_requested"] == row["model_used"] == "gpt-5.4"
    for row in (first, second):
        assert (row["input_uncached"], row["cache_read"]) == (20, 40)
        assert (row["output"], row["reasoning"]) == (9, 16)
        assert 0 <= row["first_token_us"] <= row["ended_us"]
    assert warm["input_uncached"] is None
    assert json.loads(warm["vendor_usage"])["input_tokens"] == 60
    assert {hit["exchange_id"] for hit in found} == {first["id"]}
    assert shown["turn_count"] == 2
    assert shown["total_tokens"] == 2 * 85
    calls = [call for turn in shown["turns"] for call in turn["calls"]]
    assert [call["result_exchange_id"] for call in calls] == [second["id"]]
    completed = [e["exchange_id"] for e in events if e["type"] == "completed"]
    assert sorted(completed) == [row["id"] for row in (whole, warm, first, second)]


def test_a_refusal_in_a_frame(tmp_path):
    with conversing(tmp_path / "home", Scene(first="limited")) as (serve, provider):
        with dial(serve) as client:
            assert ask(client, input=PROMPT, tools=[SHELL])["status"] == 429
            assert ask(client, input=PROMPT, tools=[SHELL])["type"] != "error"
        whole, refused, answered = serve.recorded(3)
        assert missing(serve, provider, "") == []
    assert (refused["outcome"], refused["status"]) == ("refused_by_provider", 429)
    assert refused["error_text"] == "simulated 429"
    assert (whole["outcome"], answered["outcome"]) == ("answered", "answered")


def test_the_provider_breaks_off_within_an_answer(tmp_path):
    with conversing(tmp_path / "home", Scene(first="cut")) as (serve, provider):
        with dial(serve) as client, pytest.raises(ConnectionClosed):
            ask(client, input=PROMPT, tools=[SHELL])
        whole, turn = serve.recorded(2)
        assert missing(serve, provider, "") == []
    assert (whole["outcome"], turn["outcome"]) == ("answered", "upstream_cut")
    assert turn["model_used"] == "gpt-5.4"


def test_the_client_leaves_within_an_answer(tmp_path):
    with conversing(tmp_path / "home", Scene(), HaltingProvider) as (serve, _):
        with dial(serve) as client:
            create = {"type": "response.create", "model": "gpt-5.4", "input": PROMPT}
            client.send(json.dumps(create))
            client.recv(60)
            client.socket.shutdown(socket.SHUT_RDWR)
        whole, turn = serve.recorded(2)
    assert (whole["outcome"], turn["outcome"]) == ("answered", "client_left")

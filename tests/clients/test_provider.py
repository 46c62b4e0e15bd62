"""The simulated provider's WebSocket, with a client that is not ours."""

import contextlib
import json

import pytest
from websockets.sync.client import connect

from tests.clients.answers import COMMAND, PRINTED
from tests.clients.provider import ClientProvider, Scene

SHELL = {"type": "function", "name": "exec_command"}


def ask(socket, **fields) -> dict:
    """One request; its completed response."""
    socket.send(json.dumps({"type": "response.create", "model": "m", **fields}))
    while (event := json.loads(socket.recv(30)))["type"] != "response.completed":
        pass
    return event["response"]


@pytest.mark.parametrize("deflate", [False, True])
def test_a_turn_with_a_tool(deflate):
    scene = Scene(wants_tool=True, deflate=deflate)
    with contextlib.closing(ClientProvider(scene=scene)) as provider:
        url = provider.url.replace("http", "ws") + "/v1/responses"
        with connect(url, proxy=None) as socket:
            warm = ask(socket, generate=False, tools=[SHELL], input=[])
            assert warm["output"] == []
            call = ask(socket, input=[{"role": "user", "content": "Go"}])["output"][-1]
            assert json.loads(call["arguments"]) == {"cmd": COMMAND}
            result = {"type": "function_call_output", "output": PRINTED}
            answer = ask(socket, input=[result])["output"][-1]
            assert PRINTED in answer["content"][0]["text"]
        assert [frame.compressed for frame in provider.frames] == [deflate] * 3
        assert provider.faults == []

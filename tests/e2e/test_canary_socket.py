"""What goes through a WebSocket leaves nothing of the values either, compressed and cut.

One value of each kind is sent in every place of a turn and of its answer, with the live
view on; then all is killed within another answer, and every file is searched.
"""

import contextlib
import json
import os
import signal
import threading
from dataclasses import dataclass, field

from tests.clients.provider import ClientProvider, Scene
from tests.clients.websocket import Session
from tests.e2e.test_canary import (
    ALL,
    BIRDS,
    CONFIG,
    assert_gone,
    files_of,
    unpacked,
)
from tests.e2e.test_websocket import SESSION, dial
from tests.kit import CEILING, Serve, alive, until
from tests.provider import Cut

MORE = "so it goes on and on. " * 100


@dataclass
class Aviary(ClientProvider):
    """Answers with the values; with a half of one where the request says so."""

    waiting: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def _converse(self, stream, send, seen):
        session = Session(stream, send, deflate=self.scene.deflate)
        session.accept(seen.head, (("x-request-id", BIRDS[0].value),))
        for data in session.messages():
            if not data.startswith(b'{"type": "response.create"'):
                continue
            for event in answer(halts=b"[[halt]]" in data):
                session.send(json.dumps(event))
            if b"[[halt]]" in data:
                self.waiting.set()
                self.over.wait(CEILING)
                raise Cut


def answer(*, halts: bool):
    """The events of one response; each value is cut in its middle."""
    response = {"id": "resp_1", "model": "gpt-x"}
    yield {"type": "response.created", "response": response}
    yield {"type": "response.output_item.added", "output_index": 0,
           "item": {"id": "msg_1", "type": "message", "content": []}}  # fmt: skip
    about = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    spoken = [part for bird in BIRDS for part in halves(f"{bird.words}\n", bird)]
    if halts:
        key = next(bird for bird in BIRDS if bird.kind == "anthropic_key")
        spoken += [MORE, key.words[:-20]]
    for part in spoken:
        yield {"type": "response.output_text.delta", **about, "delta": part}
    if halts:
        return
    text = {"type": "output_text", "text": "".join(spoken)}
    done = {"id": "msg_1", "type": "message", "role": "assistant", "content": [text]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": done}
    for number, bird in enumerate(BIRDS, start=1):
        arguments = json.dumps({"cmd": bird.words})
        item = {"id": f"fc_{number}", "type": "function_call", "name": bird.words,
                "call_id": f"call_{number}", "arguments": ""}  # fmt: skip
        about = {"item_id": f"fc_{number}", "output_index": number}
        yield {"type": "response.output_item.added", **about, "item": item}
        for part in halves(arguments, bird):
            delta = {**about, "delta": part}
            yield {"type": "response.function_call_arguments.delta", **delta}
        item["arguments"] = arguments
        yield {"type": "response.output_item.done", **about, "item": item}
    yield {"type": "response.unheard_of", "note": ALL}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    yield {"type": "response.completed",
           "response": {**response, "output": [done], "usage": usage}}  # fmt: skip
    yield {"type": "error", "status": 400, "error": {"type": "bad", "message": ALL}}


def halves(text: str, bird):
    at = text.index(bird.value[:6]) + len(bird.value[:6]) // 2
    return text[:at], text[at:]


def turn(marker: str) -> str:
    words = [{"type": "input_text", "text": bird.words} for bird in BIRDS]
    tools = [{"type": "function", "name": f"f{number}", "description": bird.words,
              "parameters": {"properties": {bird.words: {}}}}
             for number, bird in enumerate(BIRDS)]  # fmt: skip
    items = [
        {"type": "message", "role": "user", "content": words},
        *({"type": "function_call", "call_id": f"call_{number}", "name": "run",
           "arguments": json.dumps({"cmd": bird.words})}
          for number, bird in enumerate(BIRDS)),
        *({"type": "function_call_output", "call_id": f"call_{number}",
           "output": bird.words} for number, bird in enumerate(BIRDS)),
    ]  # fmt: skip
    body = {"type": "response.create", "model": "gpt-x", "instructions": ALL,
            "metadata": {"note": ALL}, "tools": tools, "input": items,
            "user": marker}  # fmt: skip
    return json.dumps(body)


def test_no_file_has_any_of_it(tmp_path):
    home = tmp_path / "home"
    live = {"LUNAROUTE_LOG_REQUESTS": "true"}
    with (
        contextlib.closing(Aviary(scene=Scene(deflate=True))) as provider,
        contextlib.ExitStack() as dialed,
    ):
        config = CONFIG.format(url=provider.url)
        with Serve(home, provider.url, config=config, environment=live) as serve:
            client = dialed.enter_context(dial(serve))
            client.send(json.dumps({"type": "session.update", "note": ALL}))
            client.send(ALL)
            client.send(turn("whole"))
            while json.loads(client.recv(60))["type"] != "error":
                pass
            serve.recorded(1)
            shown = serve.run("sessions", "show", SESSION, "--json")
            exported = serve.run("sessions", "export", SESSION, "-f", "json")
            client.send(turn("[[halt]]"))
            assert provider.waiting.wait(60)
            rows = serve.rows("SELECT redacted FROM exchanges")
            said = "SELECT text FROM open_answers WHERE text <> ''"
            until(lambda: serve.rows(said), "a piece of the answer")
            pids = [serve.process.pid, *serve.children().values()]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            until(lambda: not any(map(alive, pids[1:])), "the end of all")
        provider.over.set()
        assert provider.faults == []
    for path in files_of(home):
        assert_gone(str(path), path.read_bytes() + unpacked(path))
    for done in (shown, exported):
        assert done.returncode == 0
        assert_gone("asked", (done.stdout + done.stderr).encode())
    assert_gone("said", (serve.stdout + serve.stderr).encode())
    assert "REQUEST #2 to OpenAI" in serve.stdout
    found = {kind for row in rows for kind in json.loads(row["redacted"] or "{}")}
    assert found >= {bird.kind for bird in BIRDS}

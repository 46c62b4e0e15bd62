"""The live view of the real program, while a stream runs."""

import json
import threading
from contextlib import closing

from tests.e2e.test_metrics import counted
from tests.kit import CEILING, Raw, Serve, ask, post, until
from tests.provider import STREAM_HEAD, Provider, anthropic_events, chunk, named

SENTENCE = "The moon guides travellers over the mountain. "
SECRET = "ghp_" + "x7Kq2ZpL9vRt4WmN8bYc3HdF6gJs1aQe5uTo"


def long_answer(gate):
    """Says something, stops until the gate opens, and says the rest."""

    def answer(_seen):
        begin, start, _, *_, stop, delta, end = anthropic_events(False)
        yield STREAM_HEAD
        yield chunk(begin + start)
        for at in range(40):
            if at == 30:
                gate.wait(CEILING)
            piece = SENTENCE if at != 20 else f"token {SECRET[:15]}"
            if at == 21:
                piece = f"{SECRET[15:]} \x1b[31m "
            yield chunk(
                named(
                    "content_block_delta",
                    index=0,
                    delta={"type": "text_delta", "text": piece},
                )
            )
        yield chunk(stop + delta + end) + b"0\r\n\r\n"

    return answer


def test_it_shows_a_stream_while_it_runs_and_needs_no_recording(tmp_path):
    gate = threading.Event()
    variables = {"LUNAROUTE_LOG_REQUESTS": "true", "LUNAROUTE_LOG_LEVEL": "debug"}
    with (
        closing(Provider(scripts={"long": long_answer(gate)})) as provider,
        Serve(
            tmp_path / "home", provider.url, "--no-recording", environment=variables
        ) as serve,
        Raw(serve.port) as raw,
    ):
        raw.send(post(ask("long", stream=True), x_api_key=SECRET))
        until(lambda: "📝" in serve.stdout, "text while the stream runs")
        assert "🏁" not in serve.stdout
        gate.set()
        raw.read_answer()
        until(lambda: "🏁" in serve.stdout, "the end")
        counted(serve, 1)
        assert serve.stop() == 0
    shown = serve.stdout
    for words in (
        "│ REQUEST #1 to Anthropic (streaming)\n",
        "│ Model: claude-sonnet-4-6\n│ Messages: 1 message\n",
        "│ STREAMING #1 from Anthropic\n",
        "│ 📊 Usage: input=12, cache_read=100, cache_write=5, output=26, total=143, cost=$",
        "│ 🏁 Stream ended: end_turn (200, ",
    ):
        assert words in shown
    said = "".join(line[4:] for line in shown.splitlines() if line.startswith("│ 📝"))
    assert said.count("moon guides") == 38
    assert "\x1b" not in shown
    assert "x-api-key: …" in serve.stderr
    assert "stages: head read " in serve.stderr
    assert SECRET[15:] not in shown + serve.stderr
    assert not list((tmp_path / "home").rglob("*.jsonl")) + list(
        (tmp_path / "home").rglob("*.db")
    )


def test_as_objects(tmp_path):
    variables = {"LUNAROUTE_LOG_REQUESTS": "true", "LUNAROUTE_LOG_FORMAT": "json"}
    with (
        closing(Provider()) as provider,
        Serve(tmp_path / "home", provider.url, environment=variables) as serve,
    ):
        with Raw(serve.port) as raw:
            raw.send(post(ask("tool", stream=True)))
            raw.read_answer()
        until(lambda: '"event": "end"' in serve.stdout, "the end")
        assert serve.stop() == 0
    lines = [json.loads(line) for line in serve.output]
    shown = [line for line in lines if line["logger"] == "lunaroute.requests"]
    assert [line["event"] for line in shown] == [
        "request",
        "answer",
        "text",
        "tool",
        "usage",
        "end",
    ]
    assert shown[0]["messages"] == 1
    assert shown[4]["usage"]["total"] == 143
    assert shown[5]["outcome"] == "answered"

"""The official Python SDKs through the proxy: they see, and the provider sees, exactly
what they would without it; afterwards the record knows what happened.
"""

import json
from collections.abc import Callable
from pathlib import Path

import anthropic
import openai
import pytest

from tests.kit import Serve
from tests.provider import ANSWER, MODEL, TOOL_INPUT, Provider

HOP = {b"host", b"connection", b"keep-alive"}
CITY = TOOL_INPUT["city"]
TOOL = {
    "name": "get_weather",
    "description": "The weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}
FUNCTION = {"name": "get_weather", "parameters": TOOL["input_schema"]}
CHAT_TOOL = {"type": "function", "function": FUNCTION}
RESPONSES_TOOL = {"type": "function", "strict": False, **FUNCTION}
PROMPT = "Where does the xylophone live? "


def claude(base: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=base, api_key="sk-ant-dummy", max_retries=2)


def gpt(base: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{base}/v1", api_key="sk-dummy", max_retries=2)


def message(marker: str, **more) -> dict:
    content = f"{PROMPT}[[{marker}]]" if marker else PROMPT
    return {
        "model": MODEL,
        "max_tokens": 50,
        "messages": [{"role": "user", "content": content}],
        "metadata": {"user_id": f"user_a_account_b_session_{marker or 'plain'}"},
        **more,
    }


def chat(marker: str, **more) -> dict:
    return {
        "model": "gpt-5.4",
        "messages": [{"role": "user", "content": f"{PROMPT}[[{marker}]]"}],
        "extra_headers": {"x-session-id": f"chat-{marker}"},
        **more,
    }


def asked(marker: str, **more) -> dict:
    return {
        "model": "gpt-5.4",
        "input": f"{PROMPT}[[{marker}]]",
        "extra_headers": {"session-id": f"resp-{marker}"},
        **more,
    }


def dump(thing):
    return thing.model_dump(mode="json")


def events(stream) -> list:
    with stream as open_stream:
        return [dump(event) for event in open_stream]


def anthropic_plain(base):
    with claude(base) as client:
        raw = client.messages.with_raw_response.create(**message("plain"))
        headers = [pair for pair in raw.headers.multi_items() if pair[0] != "date"]
        return dump(raw.parse()), headers


def anthropic_stream(base):
    with claude(base) as client:
        return events(client.messages.create(**message("stream"), stream=True))


def anthropic_tool(base):
    """A whole tool loop, streamed by the helper."""
    with claude(base) as client:
        asked_for = message("tool", tools=[TOOL])
        with client.messages.stream(**asked_for) as stream:
            first = stream.get_final_message()
        call = first.content[-1]
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
        asked_for["messages"] += [
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [result]},
        ]
        with client.messages.stream(**asked_for) as stream:
            return dump(first), dump(stream.get_final_message())


def anthropic_limited(base):
    with claude(base) as client:
        return dump(client.messages.create(**message("limited")))


def anthropic_overloaded(base):
    with claude(base) as client:
        return dump(client.messages.create(**message("overloaded")))


def anthropic_bad(base):
    with claude(base) as client:
        return failure(lambda: client.messages.create(**message("bad")))


def anthropic_error_midway(base):
    with claude(base) as client:
        asked_for = message("error_midway", stream=True)
        return failure(lambda: events(client.messages.create(**asked_for)))


def anthropic_cut_midway(base):
    with claude(base) as client:
        asked_for = message("cut_midway", stream=True)
        return failure(lambda: events(client.messages.create(**asked_for)))


def anthropic_leaves_early(base):
    with claude(base) as client:
        stream = client.messages.create(**message("gated"), stream=True)
        seen = [dump(next(stream)) for _ in range(2)]
        stream.close()
        return seen


def chat_plain(base):
    with gpt(base) as client:
        return dump(client.chat.completions.create(**chat("plain")))


def chat_stream(base):
    with gpt(base) as client:
        options = {"include_usage": True}
        return events(
            client.chat.completions.create(
                **chat("stream"), stream=True, stream_options=options
            )
        )


def chat_tool(base):
    with gpt(base) as client:
        return events(
            client.chat.completions.create(
                **chat("tool"), tools=[CHAT_TOOL], stream=True
            )
        )


def chat_limited(base):
    with gpt(base) as client:
        return dump(client.chat.completions.create(**chat("limited")))


def chat_error_midway(base):
    with gpt(base) as client:
        asked_for = chat("error_midway", stream=True)
        return failure(lambda: events(client.chat.completions.create(**asked_for)))


def responses_plain(base):
    with gpt(base) as client:
        return dump(client.responses.create(**asked("plain")))


def responses_stream(base):
    with gpt(base) as client:
        return events(client.responses.create(**asked("stream"), stream=True))


def responses_tool(base):
    with gpt(base) as client:
        asked_for = asked("tool", tools=[RESPONSES_TOOL], stream=True)
        return events(client.responses.create(**asked_for))


def responses_overloaded(base):
    with gpt(base) as client:
        return dump(client.responses.create(**asked("overloaded")))


def failure(act: Callable[[], object]):
    """What the SDK raised, in the terms a user's program would branch on."""
    with pytest.raises(Exception) as raised:
        act()
    error = raised.value
    return (
        type(error).__module__,
        type(error).__name__,
        getattr(error, "status_code", None),
        getattr(error, "body", None),
    )


CASES = [
    anthropic_plain,
    anthropic_stream,
    anthropic_tool,
    anthropic_limited,
    anthropic_overloaded,
    anthropic_bad,
    anthropic_error_midway,
    anthropic_cut_midway,
    anthropic_leaves_early,
    chat_plain,
    chat_stream,
    chat_tool,
    chat_limited,
    chat_error_midway,
    responses_plain,
    responses_stream,
    responses_tool,
    responses_overloaded,
]

# Per case: session, and of each of its exchanges (outcome, status, model, stop
# reason, uncached input, cache read, output, thinking or reasoning, tool calls).
A = MODEL
G = "gpt-5.4"
REFUSED = "refused_by_provider"
CALL = [("get_weather", TOOL_INPUT)]
RECORDED = {
    anthropic_plain: (
        "plain",
        [("answered", 200, A, "end_turn", 12, 100, 26, None, [])],
    ),
    anthropic_stream: (
        "stream",
        [("answered", 200, A, "end_turn", 12, 100, 26, None, [])],
    ),
    anthropic_tool: (
        "tool",
        [
            ("answered", 200, A, "tool_use", 12, 100, 26, None, CALL),
            ("answered", 200, A, "end_turn", 12, 100, 26, None, []),
        ],
    ),
    anthropic_limited: (
        "limited",
        [
            (REFUSED, 429, None, None, None, None, None, None, []),
            ("answered", 200, A, "end_turn", 12, 100, 26, None, []),
        ],
    ),
    anthropic_overloaded: (
        "overloaded",
        [
            (REFUSED, 529, None, None, None, None, None, None, []),
            ("answered", 200, A, "end_turn", 12, 100, 26, None, []),
        ],
    ),
    anthropic_bad: ("bad", [(REFUSED, 400, None, None, None, None, None, None, [])]),
    anthropic_error_midway: (
        "error_midway",
        [(REFUSED, 200, A, None, 12, 100, 1, None, [])],
    ),
    anthropic_cut_midway: (
        "cut_midway",
        [("upstream_cut", 200, A, None, 12, 100, 1, None, [])],
    ),
    anthropic_leaves_early: (
        "gated",
        [("client_left", 200, A, None, 12, 100, 1, None, [])],
    ),
    chat_plain: ("chat-plain", [("answered", 200, G, "stop", 20, 30, 12, 8, [])]),
    chat_stream: ("chat-stream", [("answered", 200, G, "stop", 20, 30, 12, 8, [])]),
    chat_tool: ("chat-tool", [("answered", 200, G, "tool_calls", 20, 30, 12, 8, CALL)]),
    chat_limited: (
        "chat-limited",
        [
            (REFUSED, 429, None, None, None, None, None, None, []),
            ("answered", 200, G, "stop", 20, 30, 12, 8, []),
        ],
    ),
    chat_error_midway: (
        "chat-error_midway",
        [(REFUSED, 200, G, None, None, None, None, None, [])],
    ),
    responses_plain: (
        "resp-plain",
        [("answered", 200, G, "completed", 20, 40, 9, 16, [])],
    ),
    responses_stream: (
        "resp-stream",
        [("answered", 200, G, "completed", 20, 40, 9, 16, [])],
    ),
    responses_tool: (
        "resp-tool",
        [("answered", 200, G, "completed", 20, 40, 9, 16, CALL)],
    ),
    responses_overloaded: (
        "resp-overloaded",
        [
            (REFUSED, 503, None, None, None, None, None, None, []),
            ("answered", 200, G, "completed", 20, 40, 9, 16, []),
        ],
    ),
}


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """One provider and one proxy for all cases, as a day at work would have it."""
    provider = Provider()
    with Serve(tmp_path_factory.mktemp("sdks") / "home", provider.url) as serve:
        yield serve, provider
    provider.close()


def requests_without_hops(provider: Provider) -> list:
    return [
        (
            seen.line,
            [(name, value) for name, value in seen.fields if name.lower() not in HOP],
            seen.body,
        )
        for seen in provider.seen
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_sdk_and_provider_see_the_same_with_and_without_the_proxy(proxied, case):
    serve, provider = proxied
    direct = Provider()
    try:
        expected = case(direct.url)
    finally:
        direct.close()
    provider.seen.clear()
    provider.counts.clear()
    provider.gate.clear()
    before = len(serve.rows())
    assert case(serve.url) == expected
    assert requests_without_hops(provider) == requests_without_hops(direct)

    session, exchanges = RECORDED[case]
    # A client that left is noticed while the provider is still silent.
    serve.recorded(before + len(exchanges))
    provider.gate.set()
    rows = [row for row in serve.recorded(0) if row["session_id"] == session]
    assert [in_the_row(serve, row) for row in rows] == exchanges
    assert [in_the_jsonl(serve, row) for row in rows] == exchanges


def in_the_row(serve: Serve, row: dict) -> tuple:
    calls = serve.rows(
        f"SELECT * FROM tool_calls WHERE exchange_id = '{row['id']}' ORDER BY ordinal"
    )
    thinking = row["thinking"] if row["thinking"] is not None else row["reasoning"]
    return (
        row["outcome"],
        row["status"],
        row["model_used"],
        row["stop_reason"],
        row["input_uncached"],
        row["cache_read"],
        row["output"],
        thinking,
        [(call["name"], json.loads(call["arguments"])) for call in calls],
    )


def in_the_jsonl(serve: Serve, row: dict) -> tuple:
    """The same facts from the exchange's lines in its session's file."""
    path = next((serve.home / "sessions").rglob(Path(row["jsonl_file"]).name))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [line for line in lines if line["exchange_id"] == row["id"]]
    kinds = [line["type"] for line in lines]
    assert kinds[0] == "started"
    assert kinds[-1] == "completed"
    assert kinds.count("completed") == 1
    completed = lines[-1]
    answers = [line for line in lines if line["type"] == "response_recorded"]
    model = answers[0]["model_used"] if answers else None
    tokens = completed["final_stats"]["tokens"]
    known = row["output"] is not None  # 0 and unknown differ in the row only
    thinking = max(completed["total_thinking"], completed["total_reasoning"])
    return (
        completed["outcome"],
        row["status"],
        model,
        completed["finish_reason"],
        row["input_uncached"] if tokens["input"] == row_input(row) else tokens,
        completed["total_cache_read"] if known else None,
        row["output"] if tokens["output"] == row_output(row) else tokens,
        thinking or None,
        [
            (line["tool_name"], json.loads(line["tool_arguments"]))
            for line in lines
            if line["type"] == "tool_call_recorded"
        ],
    )


def row_input(row: dict) -> int:
    return row["input_uncached"] or 0


def row_output(row: dict) -> int:
    return row["output"] or 0


def test_a_word_of_prompt_answer_and_tool_input_is_found(proxied):
    serve, _ = proxied
    anthropic_tool(serve.url)
    serve.recorded(2)
    for word, kind in (
        ("xylophone", "prompt"),
        ("travellers", "answer"),
        (CITY, "tool_input"),
    ):
        found = serve.run("search", word, "--json")
        assert found.returncode == 0, found.stderr
        hits = json.loads(found.stdout)
        assert kind in {hit["kind"] for hit in hits}, hits
    assert ANSWER.split()[1] in serve.run("search", "moon").stdout


def test_no_credential_reaches_the_disk(proxied):
    serve, _ = proxied
    anthropic_plain(serve.url)
    chat_plain(serve.url)
    serve.recorded(2)
    assert serve.stop() == 0
    for path in serve.home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"sk-ant-dummy" not in data, path
            assert b"sk-dummy" not in data, path

"""Answers of the chat completions API, streamed and whole."""

import pytest

from lunaroute.model import Endpoint, Text, TextKind, ToolCall

CHAT = Endpoint.CHAT


def chunk(finish_reason=None, index=0, **delta):
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c", "model": "m", "choices": [choice]}


def call(index=0, call_id=None, name=None, arguments=None):
    function = {"name": name, "arguments": arguments}
    return chunk(tool_calls=[{"index": index, "id": call_id, "function": function}])


def test_a_text_with_usage_in_a_chunk_of_its_own(stream, read_stream):
    facts = read_stream(CHAT, stream("chat_text"))
    assert (facts.model, facts.response_id) == ("gpt-5.4", "chatcmpl-1")
    assert facts.stop_reason == "stop"
    assert facts.complete
    assert (facts.events, facts.unknown_events, facts.problem) == (6, 0, None)
    assert facts.texts == (Text(TextKind.ANSWER, "assistant", "Hello, wörld"),)
    usage = facts.usage
    assert (usage.input_uncached, usage.cache_read, usage.cache_write_5m) == (
        250,
        600,
        100,
    )
    assert (usage.audio_input, usage.audio_output) == (50, 6)
    assert (usage.output, usage.reasoning, usage.thinking) == (130, 64, None)
    assert (usage.input_total, usage.output_total) == (1000, 200)
    assert usage.vendor["prompt_tokens_details.cached_tokens"] == 600


def test_calls_are_named_by_their_first_delta(stream, read_stream):
    facts = read_stream(CHAT, stream("chat_tools"))
    assert facts.tool_calls == (
        ToolCall("call_a", "read_file", '{"path":"a.py"}'),
        ToolCall("call_b", "list_dir", "{}"),
    )
    # usage and finish_reason in the same chunk
    assert facts.stop_reason == "tool_calls"
    assert facts.usage.total == 15
    assert [text.kind for text in facts.texts] == [TextKind.TOOL_INPUT] * 2


def test_all_choices_are_read(stream, read_stream):
    facts = read_stream(CHAT, stream("chat_choices"))
    assert [text.text for text in facts.texts] == ["A1A2", "B1", "I cannot do that."]
    assert facts.stop_reason == "stop"
    assert facts.has_refusal


def test_an_error_in_the_middle(stream, read_stream):
    facts = read_stream(CHAT, stream("chat_error"))
    assert facts.error_kind == "server_error"
    assert facts.error_text == "The server had an error"
    assert [text.text for text in facts.texts] == ["Ha"]
    assert not facts.complete
    assert facts.usage is None


def test_an_error_told_by_the_event_field(read_stream):
    facts = read_stream(CHAT, b'event: error\ndata: {"message":"m","code":"c"}\n\n')
    assert (facts.error_kind, facts.error_text) == ("c", "m")
    assert facts.unknown_events == 0


def test_calls_that_share_an_index_are_told_apart_by_their_ids(read_events):
    facts = read_events(
        CHAT,
        call(0, "a", "f", '{"x":'),
        call(0, None, None, "1}"),
        call(0, "b", "g", "{}"),
        call(0, "b", None, " "),
    )
    assert facts.tool_calls == (
        ToolCall("a", "f", '{"x":1}'),
        ToolCall("b", "g", "{} "),
    )


def test_calls_without_an_index_go_by_their_position(read_events):
    calls = [
        {"id": "a", "function": {"name": "f", "arguments": "{}"}},
        {"id": "b", "function": {"name": "g", "arguments": "{}"}},
    ]
    facts = read_events(CHAT, chunk(tool_calls=calls))
    assert [found.name for found in facts.tool_calls] == ["f", "g"]


def test_the_old_single_call(read_events):
    facts = read_events(
        CHAT,
        chunk(function_call={"name": "f", "arguments": '{"a"'}),
        chunk("function_call", function_call={"arguments": ":1}"}),
    )
    assert facts.tool_calls == (ToolCall("", "f", '{"a":1}'),)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thinking_of_compatible_servers(read_events, name):
    facts = read_events(
        CHAT, chunk(**{name: "h"}), chunk(**{name: "m"}), chunk(content="a")
    )
    assert [(text.kind, text.text) for text in facts.texts] == [
        (TextKind.THINKING, "hm"),
        (TextKind.ANSWER, "a"),
    ]


@pytest.mark.parametrize(
    ("event", "unknown"),
    [
        ({"choices": []}, 0),
        ({"choices": [], "prompt_filter_results": []}, 0),
        ({"usage": {"prompt_tokens": 1}}, 0),
        ({"object": "holo"}, 1),
        ({"choices": None, "usage": None, "error": None}, 1),
    ],
)
def test_unknown_events_are_counted(read_events, event, unknown):
    assert read_events(CHAT, event).unknown_events == unknown


def test_without_done_a_stream_is_not_complete(read_events):
    facts = read_events(CHAT, chunk(content="a"), chunk("stop"))
    assert facts.stop_reason == "stop"
    assert not facts.complete


def test_a_filtered_answer_is_a_refusal(read_events):
    assert read_events(CHAT, chunk("content_filter")).has_refusal
    assert not read_events(CHAT, chunk("stop", content="a")).has_refusal


@pytest.mark.parametrize(
    ("event", "is_token"),
    [
        (chunk(role="assistant", content=""), False),
        (chunk(role="assistant", content=None, refusal=None), False),
        (chunk("stop"), False),
        ({"choices": [], "usage": {"prompt_tokens": 1}}, False),
        (chunk(content="a"), True),
        (chunk(refusal="n"), True),
        (chunk(reasoning_content="h"), True),
        (call(0, "a", "f", ""), True),
    ],
)
def test_what_counts_as_a_token(event, is_token):
    from lunaroute.dialects._chat_answer import ChatAnswer

    answer = ChatAnswer()
    assert answer.take_event("message", event)
    assert answer.draft.saw_token is is_token


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("Hi.", ["Hi."]),
        ([{"type": "text", "text": "Hi."}], ["Hi."]),
        (None, []),
        ("", []),
    ],
)
def test_a_whole_completion(read_body, content, texts):
    calls = [{"id": "t", "function": {"name": "f", "arguments": '{"a": 1}'}}]
    message = {"role": "assistant", "content": content, "tool_calls": calls}
    facts = read_body(
        CHAT,
        {
            "id": "c",
            "model": "m",
            "choices": [
                {"index": 0, "message": message, "finish_reason": "tool_calls"}
            ],
            "usage": {"prompt_tokens": 5, "completion_tokens": 9},
        },
    )
    assert (facts.model, facts.response_id, facts.complete) == ("m", "c", True)
    assert facts.stop_reason == "tool_calls"
    assert [text.text for text in facts.texts] == [*texts, '{"a": 1}']
    assert facts.tool_calls == (ToolCall("t", "f", '{"a": 1}'),)
    assert facts.usage.total == 14


def test_an_error_with_a_good_status(read_body):
    facts = read_body(CHAT, {"error": {"message": "m", "type": "t", "code": None}})
    assert (facts.error_kind, facts.error_text) == ("t", "m")

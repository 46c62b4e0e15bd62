"""Answers of the messages API, streamed and whole."""

import pytest

from lunaroute.model import Endpoint, Text, TextKind, ToolCall

MESSAGES = Endpoint.MESSAGES


def start(**usage):
    message = {"id": "msg", "model": "m", "content": [], "usage": usage}
    return {"type": "message_start", "message": message}


def delta(kind, index=0, **piece):
    return {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": kind, **piece},
    }


def test_a_turn_with_tools(stream, read_stream):
    facts = read_stream(MESSAGES, stream("anthropic_tools"))
    assert facts.model == "claude-opus-5-5"
    assert facts.response_id == "msg_01A"
    assert facts.stop_reason == "tool_use"
    assert facts.complete
    assert (facts.events, facts.unknown_events, facts.problem) == (22, 0, None)
    assert facts.texts == (
        Text(TextKind.THINKING, "assistant", "The test fails — look at the file."),
        Text(TextKind.ANSWER, "assistant", "I will read both files. ☃"),
        Text(TextKind.TOOL_INPUT, "assistant", '{"file_path": "src/app/auth.py"}'),
        Text(TextKind.TOOL_INPUT, "assistant", '{"command": "ls -la"}'),
    )
    assert facts.tool_calls == (
        ToolCall("toolu_01", "Read", '{"file_path": "src/app/auth.py"}'),
        ToolCall("toolu_02", "Bash", '{"command": "ls -la"}'),
    )
    usage = facts.usage
    # later mentions win; the split of the writes is told once, at the beginning
    assert (usage.input_uncached, usage.cache_read) == (14, 4100)
    assert (usage.cache_write_5m, usage.cache_write_1h) == (100, 200)
    assert (usage.output, usage.thinking, usage.output_total) == (60, 30, 90)
    assert usage.vendor["output_tokens"] == 90
    assert usage.vendor["cache_creation.ephemeral_1h_input_tokens"] == 200


def test_blocks_nobody_knows_and_tools_of_the_provider(stream, read_stream):
    facts = read_stream(MESSAGES, stream("anthropic_blocks"))
    assert facts.unknown_events == 1
    assert facts.complete
    assert facts.problem is None
    assert facts.stop_reason == "compaction"
    assert [text.text for text in facts.texts] == [
        '{"query":"luna"}',
        "Summary so far.",
        "still here",
        "{}",
        "Done.",
    ]
    assert facts.tool_calls == (
        ToolCall("srvtoolu_1", "web_search", '{"query":"luna"}'),
        ToolCall("toolu_9", "Now", "{}"),
    )
    # what the iterations say stands beside the sums
    assert (facts.usage.input_uncached, facts.usage.output) == (7, 40)
    assert facts.usage.vendor["iterations.0.input_tokens"] == 900
    assert facts.usage.vendor["server_tool_use.web_search_requests"] == 1


def test_a_refusal(stream, read_stream):
    facts = read_stream(MESSAGES, stream("anthropic_crlf"))
    assert facts.has_refusal
    assert facts.stop_reason == "refusal"
    assert facts.usage.output == 2


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens", "pause_turn", "tool_use"])
def test_other_ends_are_no_refusals(read_events, reason):
    end = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {}}
    facts = read_events(MESSAGES, start(), end)
    assert facts.stop_reason == reason
    assert not facts.has_refusal


def test_an_error_in_the_middle(stream, read_stream):
    facts = read_stream(MESSAGES, stream("anthropic_error"))
    assert (facts.error_kind, facts.error_text) == ("overloaded_error", "Overloaded")
    assert [text.text for text in facts.texts] == ["Half a sen"]
    assert not facts.complete
    assert facts.usage.input_uncached == 12


def test_a_cut_stream_keeps_the_tool_input_that_had_come(stream, read_stream):
    data = stream("anthropic_tools")
    facts = read_stream(MESSAGES, data[: data.index(b"src/app/auth.py")])
    assert not facts.complete
    assert facts.problem is None
    assert facts.tool_calls == (
        ToolCall("toolu_01", "Read", '{"file_path": '),
        ToolCall("toolu_02", "Bash", '{"command": "ls'),
    )
    assert facts.usage.output == 1


def test_the_type_may_stand_in_the_event_field_alone(read_stream):
    data = b'event: message_start\ndata: {"message":{"id":"a","model":"m"}}\n\n'
    assert read_stream(MESSAGES, data).model == "m"


def test_deltas_without_their_block(read_events):
    facts = read_events(
        MESSAGES,
        delta("text_delta", text="a"),
        delta("text_delta", text="b"),
        delta("thinking_delta", 1, thinking="t"),
        delta("input_json_delta", 2, partial_json="{}"),
        delta("signature_delta", 3, signature="s"),
    )
    assert [(text.kind, text.text) for text in facts.texts] == [
        (TextKind.ANSWER, "ab"),
        (TextKind.THINKING, "t"),
        (TextKind.TOOL_INPUT, "{}"),
    ]
    assert facts.tool_calls == (ToolCall("", "", "{}"),)


@pytest.mark.parametrize(
    "delta",
    [
        None,
        ["text_delta"],
        {"type": ["text_delta"], "text": "x"},
        {"type": None, "text": "x"},
        {"type": "text_delta", "text": ["x"]},
        {"type": "text_delta", "text": 1},
        {"type": "text_delta", "text": ""},
    ],
)
def test_deltas_that_are_none_say_nothing(read_events, delta):
    event = {"type": "content_block_delta", "index": 0, "delta": delta}
    facts = read_events(MESSAGES, event)
    assert facts.texts == ()
    assert facts.problem is None
    assert facts.unknown_events == 0


def test_an_empty_input_is_known_once_its_block_is_closed(read_events):
    block = {"type": "tool_use", "id": "t", "name": "Now", "input": {}}
    begin = {"type": "content_block_start", "index": 0, "content_block": block}
    end = {"type": "content_block_stop", "index": 0}
    assert read_events(MESSAGES, begin).tool_calls == (ToolCall("t", "Now", ""),)
    assert read_events(MESSAGES, begin, end).tool_calls == (ToolCall("t", "Now", "{}"),)


def test_an_index_used_again_is_another_block(read_events):
    block = {"type": "text", "text": "1:"}
    begin = {"type": "content_block_start", "index": 0, "content_block": block}
    end = {"type": "content_block_stop", "index": 0}
    one, two = delta("text_delta", text="a"), delta("text_delta", text="b")
    facts = read_events(MESSAGES, begin, one, end, begin, two, end)
    assert [text.text for text in facts.texts] == ["1:a", "1:b"]


def test_writes_without_a_split_count_as_the_short_kind(read_events):
    facts = read_events(MESSAGES, start(cache_creation_input_tokens=7))
    assert facts.usage.cache_write_5m == 7
    assert facts.usage.cache_write_1h is None
    assert facts.usage.thinking is None


def test_null_in_a_later_usage_changes_nothing(read_events):
    end = {"type": "message_delta", "delta": {}, "usage": {"input_tokens": None}}
    assert read_events(MESSAGES, start(input_tokens=5), end).usage.input_uncached == 5


@pytest.mark.parametrize(
    ("event", "is_token"),
    [
        (start(), False),
        ({"type": "ping"}, False),
        ({"type": "content_block_start", "content_block": {"type": "text"}}, False),
        (delta("text_delta", text=""), False),
        (delta("signature_delta", signature="s"), False),
        (delta("text_delta", text="a"), True),
        (delta("thinking_delta", thinking="a"), True),
        (delta("input_json_delta", partial_json=""), True),
    ],
)
def test_what_counts_as_a_token(event, is_token):
    from lunaroute.dialects._anthropic_answer import AnthropicAnswer

    answer = AnthropicAnswer()
    assert answer.take_event("", event)
    assert answer.draft.saw_token is is_token


def test_a_whole_message(read_body):
    facts = read_body(
        MESSAGES,
        {
            "id": "msg",
            "type": "message",
            "model": "m",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "Hi."},
                {"type": "tool_use", "id": "t", "name": "Bash", "input": {"c": "ls"}},
                {"type": "holo", "x": 1},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 5, "output_tokens": 9},
        },
    )
    assert (facts.model, facts.response_id, facts.complete) == ("m", "msg", True)
    assert facts.stop_reason == "tool_use"
    assert [(text.kind, text.text) for text in facts.texts] == [
        (TextKind.THINKING, "hm"),
        (TextKind.ANSWER, "Hi."),
        (TextKind.TOOL_INPUT, '{"c":"ls"}'),
    ]
    assert facts.tool_calls == (ToolCall("t", "Bash", '{"c":"ls"}'),)
    assert (facts.usage.input_uncached, facts.usage.output) == (5, 9)


def test_an_error_with_a_good_status(read_body):
    error = {"type": "error", "error": {"type": "api_error", "message": "Sorry"}}
    facts = read_body(MESSAGES, error)
    assert (facts.error_kind, facts.error_text) == ("api_error", "Sorry")


def test_an_mcp_servers_tool_keeps_its_server(read_events):
    block = {"type": "mcp_tool_use", "id": "t", "name": "find", "server_name": "docs"}
    begin = {"type": "content_block_start", "index": 0, "content_block": block}
    events = [start(), begin, delta("input_json_delta", partial_json='{"q": 1}')]
    facts = read_events(MESSAGES, *events)
    assert facts.tool_calls == (ToolCall("t", "find", '{"q": 1}', "docs"),)

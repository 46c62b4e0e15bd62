"""Answers of the responses API, streamed and whole."""

import pytest

from lunaroute.model import Endpoint, Text, TextKind, ToolCall

RESPONSES = Endpoint.RESPONSES
MESSAGE = {
    "id": "msg",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "Hi."}],
}
CALL = {"id": "fc", "type": "function_call", "call_id": "c", "name": "f"}


def end(status="completed", output=(), **more):
    response = {
        "id": "r",
        "model": "m",
        "status": status,
        "output": list(output),
        **more,
    }
    return {"type": f"response.{status}", "response": response}


def piece(name, index=0, item_id="msg", **more):
    kind = f"response.{name}"
    return {"type": kind, "output_index": index, "item_id": item_id, **more}


def item(ending, value, index=0):
    kind = f"response.output_item.{ending}"
    return {"type": kind, "output_index": index, "item": value}


def test_a_turn_is_told_three_times_and_counted_once(stream, read_stream):
    facts = read_stream(RESPONSES, stream("responses_tools"))
    assert (facts.model, facts.response_id) == ("gpt-6.1-sol", "resp_1")
    assert facts.stop_reason == "completed"
    assert facts.complete
    assert (facts.unknown_events, facts.problem) == (0, None)
    assert facts.texts == (
        Text(TextKind.THINKING, "assistant", "**Plan** the edit."),
        Text(TextKind.ANSWER, "assistant", "Both edits are done."),
        Text(TextKind.TOOL_INPUT, "assistant", '{"cmd":"ls src"}'),
        Text(TextKind.TOOL_INPUT, "assistant", "text(1 + 1);"),
    )
    assert facts.tool_calls == (
        ToolCall("call_1", "exec_command", '{"cmd":"ls src"}'),
        ToolCall("call_2", "exec", "text(1 + 1);"),
    )
    usage = facts.usage
    assert (usage.input_uncached, usage.cache_read, usage.cache_write_5m) == (
        300,
        1500,
        200,
    )
    assert (usage.output, usage.reasoning, usage.thinking) == (104, 16, None)
    assert (usage.total, usage.vendor["total_tokens"]) == (2120, 2120)


def test_a_stream_that_was_cut_before_its_end_says_the_same(stream, read_stream):
    data = stream("responses_tools")
    whole = read_stream(RESPONSES, data)
    cut = read_stream(RESPONSES, data[: data.index(b"event: response.completed")])
    assert not cut.complete
    assert cut.usage is cut.stop_reason is None
    assert cut.model == whole.model
    assert (cut.texts, cut.tool_calls) == (whole.texts, whole.tool_calls)


@pytest.mark.parametrize(
    ("upto", "texts"),
    [
        (b'"delta":"are done."', ["**Plan** the edit.", "Both edits "]),
        (b'"delta":"the edit."', ["**Plan** "]),
        (
            b'"delta":"\\"ls src',
            ["**Plan** the edit.", "Both edits are done.", '{"cmd":'],
        ),
    ],
)
def test_the_deltas_of_an_item_that_was_cut(stream, read_stream, upto, texts):
    data = stream("responses_tools")
    facts = read_stream(RESPONSES, data[: data.index(upto)])
    assert [text.text for text in facts.texts] == texts


def test_a_call_that_was_cut_keeps_its_name(stream, read_stream):
    data = stream("responses_tools")
    facts = read_stream(RESPONSES, data[: data.index(b'"delta":"+ 1);"')])
    assert facts.tool_calls[1] == ToolCall("call_2", "exec", "text(1 ")


def test_a_failure_keeps_what_had_come(stream, read_stream):
    facts = read_stream(RESPONSES, stream("responses_failed"))
    assert (facts.error_kind, facts.error_text) == (
        "server_error",
        "The server had an error.",
    )
    assert facts.stop_reason == "failed"
    assert facts.complete
    assert [text.text for text in facts.texts] == ["**Plan** the edit.", "Both edits "]


def test_an_incomplete_response_says_why(stream, read_stream):
    facts = read_stream(RESPONSES, stream("responses_incomplete"))
    assert facts.stop_reason == "incomplete: max_output_tokens"
    assert facts.complete
    assert [text.text for text in facts.texts] == ["Cut"]
    assert facts.usage.output_total == 120


def test_error_events_refusals_and_the_unknown(stream, read_stream):
    facts = read_stream(RESPONSES, stream("responses_error"))
    assert (facts.error_kind, facts.error_text) == ("server_error", "It broke.")
    assert [text.text for text in facts.texts] == ["I cannot."]
    assert facts.has_refusal
    assert facts.unknown_events == 1
    assert not facts.complete


def test_an_error_in_a_frames_shape(read_events):
    error = {"code": "rate_limit_exceeded", "message": "Slow"}
    facts = read_events(RESPONSES, {"type": "error", "status": 429, "error": error})
    assert (facts.error_kind, facts.error_text) == ("rate_limit_exceeded", "Slow")


@pytest.mark.parametrize(
    ("status", "reason"),
    [("completed",) * 2, ("failed",) * 2, ("incomplete",) * 2, ("cancelled",) * 2],
)
def test_the_four_ends(read_events, status, reason):
    facts = read_events(RESPONSES, end(status))
    assert facts.complete
    assert facts.stop_reason == reason


def test_an_end_whose_response_has_no_status(read_events):
    facts = read_events(RESPONSES, {"type": "response.completed", "response": {}})
    assert (facts.complete, facts.stop_reason) == (True, "completed")


def test_an_end_without_output_leaves_the_items_as_they_were(read_events):
    facts = read_events(RESPONSES, item("done", MESSAGE), end(output=[]))
    assert [text.text for text in facts.texts] == ["Hi."]


def test_a_completed_response_has_the_last_word(read_events):
    delta = piece("output_text.delta", 5, "other", delta="draft")
    facts = read_events(RESPONSES, delta, end(output=[MESSAGE]))
    assert [text.text for text in facts.texts] == ["Hi."]


def test_a_failed_one_may_leave_out_the_item_it_was_at(read_events):
    facts = read_events(
        RESPONSES,
        item("done", MESSAGE),
        piece("output_text.delta", 1, "msg_2", delta="and th"),
        end("failed", [MESSAGE]),
    )
    assert [text.text for text in facts.texts] == ["Hi.", "and th"]


def test_done_replaces_the_deltas(read_events):
    facts = read_events(
        RESPONSES,
        item("added", {**CALL, "arguments": ""}),
        piece("function_call_arguments.delta", delta="{"),
        piece("function_call_arguments.done", arguments='{"a":1}'),
    )
    assert facts.tool_calls == (ToolCall("c", "f", '{"a":1}'),)


def test_an_item_done_without_its_text_keeps_the_deltas(read_events):
    facts = read_events(
        RESPONSES,
        piece("output_text.delta", delta="Hi"),
        item("done", {**MESSAGE, "content": []}),
    )
    assert [text.text for text in facts.texts] == ["Hi"]


def test_deltas_without_their_item(read_events):
    facts = read_events(
        RESPONSES,
        piece("reasoning_text.delta", 0, "rs", delta="hm"),
        piece("output_text.delta", 1, content_index=1, delta="b"),
        piece("output_text.delta", 1, content_index=0, delta="a"),
        piece("custom_tool_call_input.delta", 2, "ctc", delta="x"),
        {"type": "response.output_text.delta", "item_id": "late", "delta": "z"},
    )
    assert [(text.kind, text.text) for text in facts.texts] == [
        (TextKind.THINKING, "hm"),
        (TextKind.ANSWER, "a"),
        (TextKind.ANSWER, "b"),
        (TextKind.TOOL_INPUT, "x"),
        (TextKind.ANSWER, "z"),
    ]
    assert facts.tool_calls == (ToolCall("ctc", "custom_tool", "x"),)


@pytest.mark.parametrize(
    "kind",
    [
        "response.queued",
        "response.in_progress",
        "response.content_part.added",
        "response.web_search_call.searching",
        "response.mcp_call.in_progress",
        "response.shell_call_output_content.delta",
        "keepalive",
    ],
)
def test_events_that_are_known_and_say_nothing(read_events, kind):
    assert read_events(RESPONSES, {"type": kind}).unknown_events == 0


def test_the_end_of_other_dialects_is_not_this_ones(read_events):
    facts = read_events(RESPONSES, end(), "[DONE]")
    assert (facts.complete, facts.events, facts.unknown_events) == (True, 2, 0)
    assert not read_events(RESPONSES, "[DONE]").complete


def test_a_warm_up_has_usage_and_no_texts(read_events):
    usage = {"input_tokens": 5, "output_tokens": 0}
    facts = read_events(RESPONSES, end(usage=usage))
    assert (facts.usage.total, facts.texts) == (5, ())


@pytest.mark.parametrize(
    ("event", "is_token"),
    [
        ({"type": "response.created", "response": {"output": []}}, False),
        (item("added", MESSAGE), False),
        (piece("output_text.delta", delta=""), False),
        (item("done", {"type": "reasoning", "summary": []}), False),
        (piece("output_text.delta", delta="a"), True),
        (piece("reasoning_summary_text.delta", delta="a"), True),
        (piece("function_call_arguments.delta", delta="{"), True),
        (item("done", MESSAGE), True),
        (end(output=[MESSAGE]), True),
    ],
)
def test_what_counts_as_a_token(event, is_token):
    from lunaroute.dialects._responses_answer import ResponsesAnswer

    answer = ResponsesAnswer()
    assert answer.take_event("", event)
    assert answer.draft.saw_token is is_token


def test_a_whole_response(read_body):
    output = [
        {"type": "reasoning", "id": "rs", "summary": [{"text": "hm"}]},
        MESSAGE,
        {**CALL, "arguments": '{"a": 1}'},
        {"type": "compaction", "encrypted_content": "xx"},
    ]
    usage = {"input_tokens": 5, "output_tokens": 9}
    facts = read_body(RESPONSES, end(output=output, usage=usage)["response"])
    assert (facts.model, facts.response_id, facts.complete) == ("m", "r", True)
    assert facts.stop_reason == "completed"
    assert [text.text for text in facts.texts] == ["hm", "Hi.", '{"a": 1}']
    assert facts.tool_calls == (ToolCall("c", "f", '{"a": 1}'),)
    assert facts.usage.total == 14


def test_a_whole_response_that_refuses(read_body):
    refusal = {**MESSAGE, "content": [{"type": "refusal", "refusal": "No."}]}
    facts = read_body(RESPONSES, end(output=[refusal])["response"])
    assert facts.has_refusal
    assert [text.text for text in facts.texts] == ["No."]


def test_a_filtered_response_is_a_refusal(read_body):
    details = {"reason": "content_filter"}
    body = end("incomplete", incomplete_details=details)["response"]
    facts = read_body(RESPONSES, body)
    assert facts.has_refusal
    assert facts.stop_reason == "incomplete: content_filter"


def test_a_whole_response_that_failed(read_body):
    error = {"code": "server_error", "message": "m"}
    facts = read_body(RESPONSES, end("failed", error=error)["response"])
    assert (facts.error_kind, facts.error_text) == ("server_error", "m")
    assert facts.stop_reason == "failed"


@pytest.mark.parametrize(
    ("items", "counted"),
    [
        ([], {}),
        ([{"type": "web_search_call", "action": {"type": "search"}}] * 2, {"web_search_call": 2}),
        ([{"type": "web_search_call"}, {"type": "file_search_call"}],
         {"web_search_call": 1, "file_search_call": 1}),
        ([{"type": "web_search_call", "action": {"type": "open_page"}}], {}),
        # A tool of the client that is called so costs nothing.
        ([{"type": "function_call", "name": "web_search_call", "arguments": "{}"}], {}),
    ],
)  # fmt: skip
def test_what_is_billed_by_number_is_counted(read_events, items, counted):
    usage = {"input_tokens": 5, "output_tokens": 1}
    whole = {"status": "completed", "output": items, "usage": usage}
    facts = read_events(
        Endpoint.RESPONSES, {"type": "response.completed", "response": whole}
    )
    assert facts.usage.vendor == usage | counted

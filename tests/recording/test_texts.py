"""Texts and results as rows: once each, found again by their hash."""

from dataclasses import replace

from lunaroute.model import (
    AnswerFacts,
    RequestFacts,
    Text,
    TextKind,
    ToolCall,
    ToolResult,
)
from lunaroute.recording._reading import read_exchange
from lunaroute.recording._texts import result_rows, text_rows
from tests.recording.build import anthropic_stream

KEY = b"k" * 32
READING = read_exchange(anthropic_stream(), KEY)


def rows(request=(), calls=(), key=KEY, **answer):
    reading = replace(
        READING,
        request=RequestFacts(texts=tuple(request)),
        answer=AnswerFacts(tool_calls=tuple(calls), **answer),
    )
    return text_rows(reading, key)


def test_request_texts_come_before_the_answers():
    assert [(row.ordinal, row.kind) for row in text_rows(READING, KEY)] == [
        (0, "prompt"),
        (1, "answer"),
        (2, "tool_input"),
    ]


def test_the_same_text_twice_is_one_row():
    text = Text(TextKind.PROMPT, "user", "again")
    assert len(rows([text, text, replace(text, role="tool")])) == 2


def test_a_tools_input_is_the_same_however_it_is_spaced():
    calls = [
        ToolCall("1", "t", '{"a": 1, "b": 2}'),
        ToolCall("2", "t", '{"b":2,"a":1}'),
        ToolCall("3", "t", "not json"),
        ToolCall("4", "t", ""),
    ]
    assert [row.text for row in rows(calls=calls)] == ['{"a": 1, "b": 2}', "not json"]


def test_errors_can_be_found():
    (row,) = rows(error_text="Overloaded")
    assert (row.kind, row.role, row.text) == ("error", "provider", "Overloaded")


def test_hashes_are_keyed():
    text = Text(TextKind.PROMPT, "user", "secret")
    assert rows([text])[0].hash != rows([text], key=b"other")[0].hash


def test_surrogates_do_not_reach_the_database():
    (row,) = rows([Text(TextKind.PROMPT, "user", "a\ud800")])
    assert row.text == "a?"


def test_a_result_points_to_its_text():
    request = RequestFacts(
        texts=(Text(TextKind.TOOL_OUTPUT, "user", "öutput"),),
        tool_results=(ToolResult("call_1", "öutput", is_error=True),),
    )
    reading = replace(READING, request=request)
    (result,) = result_rows(reading, KEY)
    assert result.text_hash in {row.hash for row in text_rows(reading, KEY)}
    assert (result.call_id, result.size, result.is_error) == ("call_1", 7, True)

import json

import pytest

from lunaroute.pii._json import edits, is_container
from tests.pii.finder import CARD, EMAIL, SECRET, Finder


def _redacted(text: str, to: str = "[X]") -> str:
    parts, passed = [], 0
    for edit in edits(Finder(), text):
        parts += [text[passed : edit.start], edit.written(to)]
        passed = edit.end
    return "".join([*parts, text[passed:]])


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f'{{"a": "to {EMAIL}!"}}', '{"a": "to [X]!"}'),
        (f'{{ "{EMAIL}" :1 }}', '{ "[X]" :1 }'),
        (f'{{"a":{CARD}}}', '{"a":"[X]"}'),
        (f'{{"a":[1, {CARD} ,2.50]}}', '{"a":[1, "[X]" ,2.50]}'),
        (r'{"a":"jane\u0040example.com\/x"}', r'{"a":"[X]\/x"}'),
        (rf'{{"a":"\n{CARD}\n"}}', r'{"a":"\n[X]\n"}'),
        (rf'["\"{EMAIL}\"", "\u00e9"]', r'["\"[X]\"", "\u00e9"]'),
        (r'{"password":"wow\"such\"word"}', '{"password":"[X]"}'),
        ('{"password":"x", "b":1}', '{"password":"[X]", "b":1}'),
        (f'"{EMAIL}', '"[X]'),
        (f',{{"a":"{SECRET}"}}', ',{"a":"[X]"}'),
        ("[1e5,true,null]", "[1e5,true,null]"),
    ],
)
def test_what_is_replaced(text: str, redacted: str) -> None:
    assert _redacted(text) == redacted


def test_json_in_strings_stays_json() -> None:
    inner = json.dumps({"to": f"\n{EMAIL}", "card": int(CARD), "ok": "\u00e9\\"})
    middle = json.dumps({"arguments": inner, "n": [int(CARD)]})
    text = json.dumps({"input": middle})
    once = json.loads(_redacted(text))
    twice = json.loads(once["input"])
    assert twice["n"] == ["[X]"]
    assert json.loads(twice["arguments"]) == {
        "to": "\n[X]",
        "card": "[X]",
        "ok": "\u00e9\\",
    }


def test_quotes_of_a_placeholder_are_escaped_as_deep_as_it_stands() -> None:
    text = json.dumps({"a": json.dumps({"b": EMAIL, "c": int(CARD)})})
    to = 'so "called" \\'
    assert json.loads(json.loads(_redacted(text, to))["a"]) == {"b": to, "c": to}


@pytest.mark.parametrize(
    "text",
    [
        f'{{"tool_use_id":"{SECRET}"}}',
        f'{{"call_id":"{CARD}"}}',
        f'{{"type":"tool_use","id":"toolu_01-{SECRET}"}}',
        f'{{"previous_response_id" : "resp_{SECRET}"}}',
    ],
)
def test_ids_that_bind_are_left(text: str) -> None:
    assert _redacted(text) == text


def test_an_id_of_something_else_is_a_value() -> None:
    assert _redacted(f'{{"id":"{EMAIL}"}}') == '{"id":"[X]"}'
    assert _redacted(f'{{"text":"toolu_{SECRET}"}}') == '{"text":"toolu_[X]"}'


def test_what_spans_two_values_is_cut_at_their_borders() -> None:
    class Wide(Finder):
        def find(self, text: str) -> object:  # type: ignore[override]
            from tests.pii.finder import Found

            at = text.find("XX")
            return [Found(at, text.find("YY") + 2, "email")] if at >= 0 else []

    text = '{"a":"1XX","b":"YY2"}'
    found = edits(Wide(), text)  # type: ignore[arg-type]
    assert [(text[e.start : e.end], e.spot.value) for e in found] == [
        ("XX", "XX"),
        ("b", "b"),
        ("YY", "YY"),
    ]


def test_containers() -> None:
    assert is_container(' {"a":1}')
    assert is_container("[]")
    assert not is_container('{"a":1')
    assert not is_container('"a"')
    assert not is_container("")

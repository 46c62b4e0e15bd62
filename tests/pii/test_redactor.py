import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.pii import Detector, MemoryBook, Mode, Redactor, Rule, Tokens
from tests.pii.finder import CARD, EMAIL, SECRET, Finder, redactor


def test_text_is_redacted_and_counted() -> None:
    counts: Counter[str] = Counter()
    text = f"{EMAIL} has {SECRET}, {EMAIL} not"
    assert redactor().text(text, counts) == "[EMAIL] has [SECRET], [EMAIL] not"
    assert counts == {"email": 2, "secret": 1}


def test_clean_text_is_given_back() -> None:
    text = "nothing to see"
    assert redactor().text(text) is text


def test_a_short_clean_text_is_searched_once_and_a_bounded_number_remembered() -> None:
    finder = Finder()
    ours = redactor(finder=finder)
    ours.text("/v1/messages")
    once = finder.searched
    assert ours.text("/v1/messages") == "/v1/messages"
    assert finder.searched == once
    for _ in range(2):  # a finding is never taken for known
        counts: Counter[str] = Counter()
        assert ours.text(f"to {EMAIL}", counts) == "to [EMAIL]"
        assert counts == {"email": 1}
    for number in range(5_000):
        ours.text(f"/v1/{number}")
    assert len(ours._clean) <= 2_048
    ours.text("long " * 1_000)
    assert len(max(ours._clean, key=len)) < 1_000


def test_a_part_is_told_in_the_light_of_the_whole() -> None:
    text = f"{EMAIL} has {SECRET} and {EMAIL}"
    for start in (0, len(EMAIL) + 1, len(text) - len(EMAIL)):
        rest = redactor().part(text, start)
        assert redactor().text(text).endswith(rest)
        assert rest.endswith("[EMAIL]")
    # Of what began before nothing is told again.
    assert redactor().part(text, 3) == redactor().part(text, len(EMAIL))


def test_nothing_is_settled_where_the_finder_does_not_say() -> None:
    assert redactor().settled("words " * 1000) == 0


def test_what_is_settled() -> None:
    detector = Detector(["email"])
    ours = Redactor(detector, {"email": Rule(Mode.MASK, "EMAIL")})
    text = "words " * 200
    assert len(text) - 2 * detector.margin < ours.settled(text) < len(text)


@pytest.mark.parametrize(
    ("mode", "email"),
    [
        (Mode.MASK, "[EMAIL]"),
        (Mode.REMOVE, ""),
        (Mode.PARTIAL, "*" * 16 + ".com"),
        (Mode.TOKENIZE, Tokens(lambda: b"s", MemoryBook()).token("EMAIL", EMAIL)),
    ],
)
def test_modes(mode: Mode, email: str) -> None:
    ours = redactor(mode, Tokens(lambda: b"s", MemoryBook()))
    assert ours.text(f"<{EMAIL}>") == f"<{email}>"
    assert ours.body(b'{"a":"%s"}' % EMAIL.encode()).data == (
        b'{"a":"%s"}' % email.encode()
    )


def test_text_that_is_json_stays_so() -> None:
    text = json.dumps({"card": int(CARD), "to": EMAIL, "n": 1.50})
    assert json.loads(redactor().text(text)) == {
        "card": "[CARD]",
        "to": "[EMAIL]",
        "n": 1.5,
    }


def test_outside_of_the_marks_every_byte_is_as_it_was() -> None:
    body = (
        '{ "model": "m\\u00e9" ,"messages":[{"role":"user","content":"Grüße '
        f'{EMAIL} and a rest that makes it long enough to be a piece of its own"}},'
        f'{{"role":"user","content":"{SECRET}"}}], "n":1e0}}\n'
    ).encode()
    found = redactor().body(body)
    assert [mark.kind for mark in found.marks] == ["email", "secret"]
    assert [found.data[m.start : m.end] for m in found.marks] == [
        b"[EMAIL]",
        b"[SECRET]",
    ]
    rest, whole = found.data, body
    for put, was in ((b"[EMAIL]", EMAIL.encode()), (b"[SECRET]", SECRET.encode())):
        rest, whole = rest.replace(put, b""), whole.replace(was, b"")
    assert rest == whole


def test_a_form() -> None:
    body = f"a=%7E&to={EMAIL.replace('@', '%40')}+x&n=%C3%A9{CARD}".encode()
    assert redactor().body(body) == redactor().form(body)
    redacted = redactor().form(body)
    assert redacted.data == b"a=%7E&to=[EMAIL]+x&n=%C3%A9[CARD]"
    assert [mark.kind for mark in redacted.marks] == ["email", "card"]
    for mark in redacted.marks:
        assert redacted.data[mark.start : mark.end].startswith(b"[")
    clean = b"a=%7E&b=+c"
    assert redactor().form(clean).data is clean


def test_a_body_that_is_no_json() -> None:
    body = b"\xff to=" + EMAIL.encode() + b"\xfe"
    assert redactor().body(body).data == b"\xff to=[EMAIL]\xfe"
    assert redactor().body(b"").data == b""
    cut = b'{"a":"\xff' + EMAIL.encode()
    assert redactor().body(cut).data == b'{"a":"\xff[EMAIL]'


def test_what_comes_back_with_every_turn_is_searched_once() -> None:
    finder = Finder()
    ours = redactor(finder=finder)
    messages = [
        {"role": "user", "content": f"{n} {EMAIL} " + "words " * 200} for n in range(20)
    ]
    first = ours.body(json.dumps({"system": "s" * 5000, "messages": messages}).encode())
    once = finder.searched
    messages.append({"role": "user", "content": "one more"})
    body = json.dumps({"system": "s" * 5000, "messages": messages}).encode()
    second = ours.body(body)
    assert finder.searched - once < 1_000
    assert len(first.marks) == len(second.marks) == 20
    assert second == redactor().body(body)
    assert b"jane" not in second.data


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.just(int(CARD))
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.builds(lambda a, b, c: f"{a} {b} {c}", st.text("a\n\"\\é "),
                st.sampled_from([EMAIL, CARD, SECRET]), st.text("z\n\"\\/ ")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("k\"\\ " + EMAIL, max_size=30), inner, max_size=4)
        | inner.map(json.dumps)
    ),
    max_leaves=12,
)  # fmt: skip


@given(_VALUES, st.booleans(), st.sampled_from(list(Mode)))
def test_json_stays_json_and_nothing_is_left(
    value: object, ascii_only: bool, mode: Mode
) -> None:
    body = json.dumps({"v": value, "u": [value]}, ensure_ascii=ascii_only).encode()
    ours = redactor(mode, Tokens(lambda: b"s", MemoryBook()))
    redacted = ours.body(body).data
    read = json.loads(redacted)
    assert set(read) == {"v", "u"}
    for secret in (EMAIL, CARD, SECRET):
        assert secret.encode() not in redacted
    if not ours.body(body).marks:
        assert redacted == body


@given(st.binary() | st.text('{}[]",:\\u0040ab.com@ 41').map(str.encode))
def test_no_body_is_any_trouble(body: bytes) -> None:
    assert isinstance(redactor().body(b"{" + body).data, bytes)
    assert isinstance(redactor().body(body).data, bytes)


def test_versions_in_json_within_json_are_none() -> None:
    real = Redactor(Detector(["ip_address"]), {"ip_address": Rule("IP")})
    inner = json.dumps({"text": 'AssemblyVersion("10.4.0.50") at 203.0.113.7'})
    body = json.dumps({"arguments": inner}).encode()
    told = json.loads(json.loads(real.body(body).data)["arguments"])["text"]
    assert told == 'AssemblyVersion("10.4.0.50") at [IP]'

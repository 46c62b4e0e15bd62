"""The query language: text in, a value out, and no text is an error."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.store import FIELD_NAMES, parse_query
from lunaroute.store._query import MAX_TERMS, And, Field, Not, Or, Words

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
A, B, C = Words("a"), Words("b"), Words("c")
EDIT = Field("tool", "Edit")


def quoted(text, **more):
    return Words(text, is_exact=True, **more)


ANY_TEXT = st.one_of(
    st.text(),
    st.text(alphabet='"*^:+-(){}\0 \ud800ORANDTfo_', max_size=60),
    st.lists(
        st.sampled_from(
            [*"()\"*-: \0\ud800", "OR", "AND", "NOT", " OR ", "foo", "a_b", "7d", "429",
             "ok", "x*", *(f"{name}:" for name in FIELD_NAMES), "foo:", "::", "🌙", "é"]
        )
    ).map("".join),
    st.lists(
        st.sampled_from(
            ["foo", "-foo", "x*", '"a b"', "OR", "OR", "NOT", "(", "-(", ")", "kind:answer",
             "-tool:Edit", "model:x*", "status:ok", "after:7d", "role:user", "agent:*"]
        ),
        max_size=40,
    ).map(" ".join),
    st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.binary().map(lambda data: data.decode("latin-1")),
)  # fmt: skip


@pytest.fixture
def local(monkeypatch):
    monkeypatch.setenv("TZ", "XST-2")  # two hours east of UTC
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", None),
        ("-- !! 🌙 () \"\" '", None),
        ("a", A),
        ("a b c", And((A, B, C))),
        ("a AND b", And((A, B))),
        ('"a b" c', And((quoted("a b"), C))),
        ('"never closed', quoted("never closed")),
        ('a"b c"d', And((A, quoted("b c"), Words("d")))),
        ('"a OR b" "-a" "tool:Edit"',
         And((quoted("a OR b"), quoted("-a"), quoted("tool:Edit")))),
        ("pre*", Words("pre", is_prefix=True)),
        ('"a pre"*', quoted("a pre", is_prefix=True)),
        ("foo.* **bold** *", And((Words("foo.*"), Words("**bold**")))),
        # OR joins its neighbours
        ("a OR b", Or((A, B))),
        ("a OR b c", And((Or((A, B)), C))),
        ("a OR b OR c", Or((A, B, C))),
        ("(a b) OR c", Or((And((A, B)), C))),
        ("a or b", And((A, Words("or"), B))),
        # operators without operands are words
        ("OR", Words("OR")),
        ("a OR", And((A, Words("OR")))),
        ("NOT", Words("NOT")),
        ("AND a", And((Words("AND"), A))),
        ("(OR)", Words("OR")),
        ("a OR OR b", And((A, Or((Words("OR"), B))))),
        ("a OR --", A),
        ("-- OR a", A),
        # leaving out
        ("a -b", And((A, Not(B)))),
        ("a NOT b", And((A, Not(B)))),
        ("NOT NOT a", A),
        ("NOT -a", A),
        ("-(-a)", A),
        ("-OR", Not(Words("OR"))),
        ("-(a b) -\"a b\"", And((Not(And((A, B))), Not(quoted("a b"))))),
        ("--no-verify", Words("--no-verify")),
        ("a - b -> c", And((A, B, C))),
        ("a-b", Words("a-b")),
        # parentheses
        ("((a) (b)", And((A, B))),
        ("a) b", And((Words("a)"), B))),
        ("main() f(a, b):", And((Words("main()"), Words("f(a,"), Words("b):")))),
        ("(main() OR b)", Or((Words("main()"), B))),
        ("() a", A),
        # fields
        ("tool:Edit", EDIT),
        ('tool:"my tool" a', And((Field("tool", "my tool"), A))),
        ("-tool:Edit", Not(EDIT)),
        ("(tool:Edit OR a) b", And((Or((EDIT, A)), B))),
        ("model:claude-*", Field("model", "claude-*")),
        ("kind:Tool_*", Field("kind", "tool_*")),
        ("status:429", Field("status", 429)),
        ("status:5xx", Field("status", "5xx")),
        ("status:OK", Field("status", "ok")),
        ("status:timed_out", Field("status", "timed_out")),
        ("project:luna*", Field("project", "luna*")),
        ("cost>0.50", Field("cost", ">0.5")),
        ("cost:<=$1", Field("cost", "<=1.0")),
        ("cost:2", Field("cost", "=2.0")),
        ("cost <1", And((Words("cost"), Words("<1")))),
        ("min_tokens:50k", Field("min_tokens", 50_000)),
        # what is none
        ("http://x:1", Words("http://x:1")),
        ("std::map", Words("std::map")),
        ("Tool:Edit", Words("Tool:Edit")),
        ("tool: Edit", And((Words("tool:"), Words("Edit")))),
        ('{"role": "user"}',
         And((quoted("role"), quoted("user")))),
        ("nul\0byte", And((Words("nul"), Words("byte")))),
        ("\ud800x", Words("?x")),
        ("a:b", Words("a:b")),
    ],
)  # fmt: skip
def test_understood(text, root):
    query = parse_query(text, NOW)
    assert (query.root, query.refusal) == (root, None)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-10-01", "2026-09-30T22:00:00+00:00"),
        ("2026-10-01T12:30", "2026-10-01T10:30:00+00:00"),
        ("2026-10-01T12:30:00Z", "2026-10-01T12:30:00+00:00"),
        ("2026-10-01T12:30+05:00", "2026-10-01T07:30:00+00:00"),
        ("today", "2026-11-20T22:00:00+00:00"),
        ("Yesterday", "2026-11-19T22:00:00+00:00"),
        ("7d", "2026-11-14T10:30:00+00:00"),
        ("24h", "2026-11-20T10:30:00+00:00"),
        ("30m", "2026-11-21T10:00:00+00:00"),
        ("2w", "2026-11-07T10:30:00+00:00"),
    ],
)
def test_moments_are_local(local, value, moment):
    micros = int(datetime.fromisoformat(moment).timestamp()) * 1_000_000
    assert parse_query(f"after:{value}", NOW).root == Field("after", micros)
    assert parse_query(f'before:"{value}"', NOW).root == Field("before", micros)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-cost:dear", "cost:dear: it takes US dollars, as in cost>0.50"),
        ("cost>=", "it takes US dollars"),
        ("cost>-1", "it takes US dollars"),
        ("cost<\u0661", "it takes US dollars"),
        ("after:tomorrow", "after:tomorrow: it takes a day (2026-10-01"),
        ("before:0001-01-01", "before:0001-01-01: it takes a day"),
        ("after:999999w", "it takes a day"),
        ("status:sad", "a status is a number such as 429 or 5xx, or ok, error,"),
        ("status:42", "a status is"),
        ("kind:Pod", "a kind is one of system, prompt,"),
        ("min_tokens:many", "it takes a number"),
        ("min_tokens:²", "it takes a number"),
    ],
)
def test_refused(text, reason):
    refusal = parse_query(text, NOW).refusal
    assert reason in refusal
    assert "in quotes it is text" in refusal
    assert parse_query(f'"{text}"', NOW).refusal is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("modle:x modle:x", "modle: is no field and is looked for as text; fields are"),
        ("kind: Pod", "kind: without a value"),
        ("a " * 33, "only the first 32 words"),
        ("a" * 4_001, "only the first 4000 characters"),
    ],
)
def test_hints(text, hint):
    (found,) = parse_query(text, NOW).hints
    assert found.startswith(hint)


@pytest.mark.parametrize(
    "text", ["http://x", "a::b", "localhost:80", "12:30", "x.py:3", "cost 5", "cost > 5", "a " * 32]
)  # fmt: skip
def test_no_hints(text):
    query = parse_query(text, NOW)
    assert (query.hints, query.refusal) == ((), None)


def test_terms_and_depth_are_bounded():
    assert parse_query("a " * 10_000).root == And((A,) * MAX_TERMS)
    assert parse_query("NOT " * 900 + "a").root == A
    assert parse_query("(" * 3_000 + "a").root == Words("(" * 2_992 + "a")


@given(ANY_TEXT)
def test_any_text_is_a_query(text):
    query = parse_query(text, NOW)
    if ":" not in text and "cost" not in text:
        assert query.refusal is None

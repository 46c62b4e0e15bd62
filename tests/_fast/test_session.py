"""The span of ``metadata.user_id`` in both builds, on any bytes."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lunaroute._fast import _session_py, user_id_span

MODULE = "_session"

PIECES = st.sampled_from(
    [
        b'"metadata"',
        b'"user_id"',
        b'"metadata":{"user_id":',
        b'{"metadata":{"user_id":"a"',
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"',
        b"\\",
        b'"x"',
        b"1",
        b" ",
        b"\n",
        b"\x00",
        b"\xff",
    ]
)
BODIES = st.lists(PIECES | st.binary(max_size=3)).map(b"".join)
# The first draw of any text builds hypothesis' own tables, which counts as slow.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.sampled_from(["metadata", "user_id", "a", "\\", '"', ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | NAMES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"metadata":{"user_id":"u1"}}', b'"u1"'),
        (b' {"a":[1,{"x":"}"}],"metadata" :\n{"user_id"\t: "u1"}}', b'"u1"'),
        (rb'{"metadata":{"user_id":"{\"session_id\":\"s\\\\\"}"}}', None),
        (rb'{"metadata":{"user_id":"a\\"}}', rb'"a\\"'),
        (b'{"metadata":{"x":1,"user_id":""}}', b'""'),
        (b'{"metadata":{"user_id":{"session_id":"s"}}}', b'{"session_id":"s"}'),
        (b'{"metadata":{"user_id":{"user_id":{}}}}', b'{"user_id":{}}'),
        # other values, other places, other spellings
        (b'{"metadata":{"user_id":null}}', b""),
        (b'{"metadata":{"user_id":["a"]}}', b""),
        (b'{"metadata":{"user_id":7}}', b""),
        (b'{"metadata":"user_id"}', b""),
        (b'{"metadata":["user_id","x"]}', b""),
        (b'{"user_id":"a"}', b""),
        (b'{"a":{"metadata":{"user_id":"a"}}}', b""),
        (b'[{"metadata":{"user_id":"a"}}]', b""),
        (b'{"metadata":{"a":{"user_id":"a"}}}', b""),
        (b'{"metadata":{},"b":{"user_id":"a"}}', b""),
        (rb'{"meta\u0064ata":{"user_id":"a"}}', b""),
        (rb'{"x":"\"metadata\":{\"user_id\":\"a\"}"}', b""),
        (b'"metadata":{"user_id":"a"}', b""),
        (b"", b""),
        # the last of repeated names wins
        (b'{"metadata":{"user_id":"a","user_id":"b"}}', b'"b"'),
        (b'{"metadata":{"user_id":"a"},"metadata":{"user_id":"b"}}', b'"b"'),
        (b'{"metadata":{"user_id":"a"},"metadata":{}}', b""),
        (b'{"metadata":{"user_id":"a"},"metadata":null}', b""),
        (b'{"metadata":{"user_id":"a","user_id":1}}', b""),
        # cut bodies and what stands behind the end
        (b'{"metadata":{"user_id":"a"', b'"a"'),
        (b'{"metadata":{"user_id":"a', b""),
        (b'{"metadata":{"user_id":"a\\"', b""),
        (b'{"metadata":{"user_id":{"session_id":"s"', b""),
        (b'{"metadata":{"user_id":"a"},"messages":["cut', b'"a"'),
        (b'{}{"metadata":{"user_id":"a"}}', b""),
        (b'}{"metadata":{"user_id":"a"}}', b""),
    ],
)
def test_spans(impl, body, value):
    start, end = impl.user_id_span(body)
    if value is None:  # an escaped quote does not end the string
        value = body[body.index(b'"{') : -2]
    assert (body[start:end] if start >= 0 else b"") == value
    assert (start < 0) == (end < 0) == (not value)


def test_what_is_found_is_json_again(impl):
    user = {"device_id": "f" * 64, "account_uuid": "", "session_id": "s-1"}
    body = json.dumps({"messages": ['"}'], "metadata": {"user_id": json.dumps(user)}})
    start, end = impl.user_id_span(body.encode())
    assert json.loads(json.loads(body[start:end])) == user


def test_only_bytes_are_taken(impl):
    with pytest.raises(TypeError):
        impl.user_id_span(None)


@pytest.mark.parametrize("filler", [b'\\"', b"\\", b'"', b"{", b"[", b"\\\\\\"])
def test_time_is_linear_in_the_body(impl, filler):
    # A scan that went back over what it has seen would take minutes here.
    impl.user_id_span(b'{"metadata":"' + filler * 300_000)


@PATIENT
@given(BODIES)
@example(b'{"metadata":{"user_id":"metadata":{"user_id":"a"}}')
@example(b'{"metadata":{"user_id":{"a":1}]')
def test_the_builds_agree_on_any_bytes_and_cuts(body):
    for cut in range(len(body) + 1):
        assert user_id_span(body[:cut]) == _session_py.user_id_span(body[:cut])


@PATIENT
@given(st.dictionaries(NAMES, VALUES), st.booleans())
def test_a_json_parser_is_the_oracle(document, is_ascii):
    body = json.dumps(document, ensure_ascii=is_ascii).encode(errors="surrogatepass")
    metadata = document.get("metadata")
    user_id = metadata.get("user_id") if isinstance(metadata, dict) else None
    start, end = user_id_span(body)
    if isinstance(user_id, str | dict):
        assert json.loads(body[start:end].decode(errors="surrogatepass")) == user_id
    else:
        assert (start, end) == (-1, -1)

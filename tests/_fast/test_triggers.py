"""Where a value could stand: literals, shapes and context in both builds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute._fast import _triggered as t
from lunaroute._fast import _triggers_py
from lunaroute._fast._triggered import Literal

SHAPES = sum(1 << shape for shape in range(t.AT, t.DISCORD + 1))


MODULE = "_triggers"


@pytest.fixture
def scan(impl):
    """Scans with what is given, in either build."""

    def scan(data, *literals, shapes=0):
        return impl.Triggers(literals, shapes).scan(data)

    return scan


@pytest.fixture
def codes(scan):
    """What is reported of a text, all shapes asked for."""
    context = Literal(b"ctx", flags=t.CONTEXT, mask=4)

    def codes(data):
        return {code for _, code, _ in scan(data, context, shapes=SHAPES)}

    return codes


def test_a_literal_is_found_in_any_case_unless_exact(scan):
    assert scan(b"a SK-x sk-x", Literal(b"sk-", 40)) == [(2, 40, 0), (7, 40, 0)]
    assert scan(b"a SK-x sk-x", Literal(b"sk-", 40, t.EXACT)) == [(7, 40, 0)]


def test_literals_within_one_another_are_all_found(scan):
    found = scan(
        b"sk-ant-1", Literal(b"sk-", 40), Literal(b"sk-ant-", 41), Literal(b"ant", 42)
    )
    assert found == [(0, 40, 0), (0, 41, 0), (3, 42, 0)]


@pytest.mark.parametrize("before", [b"", b" ", b"-", b"\\n", b"%3D", b"\\u003d"])
def test_what_a_literal_may_stand_behind(scan, before):
    assert scan(before + b"sk-", Literal(b"sk-", 40, t.LEFT))


@pytest.mark.parametrize("before", [b"ta", b"_", b"7", b"n"])
def test_what_it_may_not(scan, before):
    assert not scan(before + b"sk-", Literal(b"sk-", 40, t.LEFT))


def test_what_has_to_follow(scan):
    literal = Literal(b"gh_", 40, follow="alnum", least=3)
    assert scan(b"gh_ab gh_abc gh_ab", literal) == [(6, 40, 0)]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b"password=x", True),
        (b'"password": "x', True),
        (b"password_hash := x", True),
        (b"password is x", True),
        (b"--password x", True),
        (b"--db-password x", True),
        (b"<password>x", True),
        (b"password x", False),
        (b"password x9", True),
        (b"password for ada is 'x'", True),
        (b"the password\nx9", False),
        (b'setPassword("x")', True),
        (b"password(x1)", False),
        (b"| password | x |", True),
        (b"user,password\nada,x", True),
        (b"user, password\nada, x", False),
        (b"(name, password, x) VALUES (1", True),
        (b"**password**: x", True),
        (b"- name: PASSWORD\n  value: x", True),
        (b"- name: PASSWORD\n  other: x", False),
        (b'variable "password" {\n default = 1', True),
        (b"the password, x", False),
    ],
)
def test_names_that_something_is_assigned_to(scan, text, is_one):
    assert bool(scan(text, Literal(b"password", 40, t.ASSIGN))) is is_one


def test_context_is_seen_before_and_behind(scan):
    words = (
        Literal(b"ssn", flags=t.CONTEXT, mask=1),
        Literal(b"tin", flags=t.CONTEXT, mask=2),
    )
    found = scan(b"ssn 123456789 tin", *words, shapes=1 << t.ID)
    assert found == [(4, t.ID, 3)]
    assert scan(b"ssn" + b" " * 100 + b"123456789", *words, shapes=1 << t.ID) == []
    assert scan(b"classname 123456789", *words, shapes=1 << t.ID) == []
    assert scan(b"userSsn 123456789 ssns", *words, shapes=1 << t.ID) != []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a@b.example", t.AT),
        (b"2001:db8::1", t.COLON),
        (b"00:00:5e:00:53:af", t.COLON),
        (b"192.0.2.1", t.IPV4),
        (b"4111 1111 1111 1111", t.CARD),
        (b"123-45-6789", t.SSN),
        (b"212-555-0147", t.PHONE),
        (b"+12125550147", t.PHONE),
        (b"020 7946 0958", t.PHONE),
        (b"(212) 555-0147", t.PHONE),
        (b"ctx 123456", t.ID),
        (b"ctx A1234567", t.ID),
        (b"GB82WEST12345698765432", t.IBAN),
        (b"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", t.BASE58),
        (b"RSSMRA85T10A562S", t.FISCAL),
        (b"00-00-5E-00-53-AF", t.MAC),
        (b"0000.5e00.53af", t.MAC),
        (b"MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.Zn", t.DISCORD),
    ],
)
def test_shapes(codes, data, code):
    assert code in codes(data)
    assert code in codes(b'x "' + data + b'" y')


@pytest.mark.parametrize(
    "data",
    [b"plain text, no values", b"@@@ a@b @property", b"12:34:56 std::vector", b"1.2.3", b"2026-11-25", b"9" * 500,
     b"user@host", b"x == y @ z", b"1 2 3 4 5", b"0.123456789 "],
)  # fmt: skip
def test_what_calls_for_no_look(codes, data):
    assert codes(data) <= ({t.PHONE} if b"0.1" in data else set())


def test_only_the_shapes_asked_for(scan):
    assert scan(b"a@b.example 192.0.2.1", shapes=1 << t.IPV4) == [(12, t.IPV4, 0)]
    assert scan(b"a@b.example") == []


def test_only_bytes_are_taken(impl):
    with pytest.raises((TypeError, AttributeError)):
        impl.Triggers((Literal(b"x", 40),), 0).scan(None)


LITERALS = [
    Literal(b"@x", 40),
    Literal(b"sk-", 41, t.LEFT, "url64", 3),
    Literal(b"Tok", 42, t.EXACT | t.LEFT | t.LEFT64, "hex", 2),
    Literal(b"k-a", 43, 0, "base64", 2),
    Literal(b"://", 44, t.AUTHORITY),
    Literal(b"pass", 45, t.ASSIGN),
    Literal(b"password", 46, t.ASSIGN),
    Literal(b"KEY-", 48, t.ARMOUR),
    Literal(b"0x", 47, 0, "alnum", 4),
    Literal(b"ssn", flags=t.CONTEXT, mask=1),
    Literal(b"t\xe9l", flags=t.CONTEXT, mask=2),
]
PIECES = st.sampled_from(
    [b"KEY-", b"\\n", b"aB3+", b"@", b"a@b.example", b"sk-", b"Tok", b"://a:b@", b"pass", b"password", b'":', b" = ", b"--", b"is ", b"|", b"value", b"VALUES", b"default", b"(", b"{", b",", b"'", b"\n", b"\t", b"*", b"\\n",
     b"%3D", b"\\u003d", b"ssn", b"t\xe9l", b"2001:db8::1", b":", b"00:00:5e:00:53:af", b"00-00-5E-00-53-AF", b"1.2.3.4",
     b"4111 1111 1111 1111", b"123-45-6789", b"+1 212 555 0147", b"(02) 5550 1234", b"020 7946 0958", b"GB82WEST", b"0x12ab",
     b"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", b"RSSMRA85T10A562S", b"MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.Zn", b"0000.5e00.53af",
     b"\xa0\xa0", b"0", b"1" * 25, b"7", b" ", b"-", b".", b"_", b"s", b"S", b"\xa0", b"?", b"\xff", b" " * 70]
)  # fmt: skip
ONE = _triggers_py.Triggers(LITERALS, SHAPES)


@settings(deadline=None, max_examples=400)
@given(st.lists(PIECES | st.binary(max_size=4), max_size=24).map(b"".join))
def test_the_builds_agree(data):
    try:
        from lunaroute._fast._triggers import Triggers
    except ImportError:
        pytest.skip("nothing is compiled here")
    assert Triggers(LITERALS, SHAPES).scan(data) == ONE.scan(data)

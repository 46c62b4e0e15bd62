"""Where a value could stand: literals, shapes and context in both builds."""

import pytest

from lunaroute._fast import _triggered as t
from lunaroute._fast._triggered import Literal
from lunaroute._fast._triggers_py import Triggers

SHAPES = sum(1 << shape for shape in range(t.AT, t.DISCORD + 1))


def scan(data, *literals, shapes=0):
    return Triggers(literals, shapes).scan(data)


def codes(data):
    return {
        code
        for _, code, _ in scan(
            data, Literal(b"ctx", flags=t.CONTEXT, mask=4), shapes=SHAPES
        )
    }


def test_a_literal_is_found_in_any_case_unless_exact():
    assert scan(b"a SK-x sk-x", Literal(b"sk-", 40)) == [(2, 40, 0), (7, 40, 0)]
    assert scan(b"a SK-x sk-x", Literal(b"sk-", 40, t.EXACT)) == [(7, 40, 0)]


def test_literals_within_one_another_are_all_found():
    found = scan(
        b"sk-ant-1", Literal(b"sk-", 40), Literal(b"sk-ant-", 41), Literal(b"ant", 42)
    )
    assert found == [(0, 40, 0), (0, 41, 0), (3, 42, 0)]


@pytest.mark.parametrize("before", [b"", b" ", b"-", b"\\n", b"%3D", b"\\u003d"])
def test_what_a_literal_may_stand_behind(before):
    assert scan(before + b"sk-", Literal(b"sk-", 40, t.LEFT))


@pytest.mark.parametrize("before", [b"ta", b"_", b"7", b"n"])
def test_what_it_may_not(before):
    assert not scan(before + b"sk-", Literal(b"sk-", 40, t.LEFT))


def test_what_has_to_follow():
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
        (b"the password, x", False),
    ],
)
def test_names_that_something_is_assigned_to(text, is_one):
    assert bool(scan(text, Literal(b"password", 40, t.ASSIGN))) is is_one


def test_context_is_seen_before_and_behind():
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
def test_shapes(data, code):
    assert code in codes(data)
    assert code in codes(b'x "' + data + b'" y')


@pytest.mark.parametrize(
    "data",
    [b"plain text, no values", b"@@@ a@b @property", b"12:34:56 std::vector", b"1.2.3", b"2026-11-25", b"9" * 500,
     b"user@host", b"x == y @ z", b"1 2 3 4 5", b"0.123456789 "],
)  # fmt: skip
def test_what_calls_for_no_look(data):
    assert codes(data) <= ({t.PHONE} if b"0.1" in data else set())


def test_only_the_shapes_asked_for():
    assert scan(b"a@b.example 192.0.2.1", shapes=1 << t.IPV4) == [(12, t.IPV4, 0)]
    assert scan(b"a@b.example") == []

"""The detector as a whole: choice of kinds, any text, growing texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.errors import ConfigError
from lunaroute.pii import KINDS, PERSONAL, SECRETS, Detector, Finding
from tests.pii.marked import ALL

PIECES = st.sampled_from(
    ["@", "a@b.example", "sk-", "eyJ", "-----BEGIN RSA PRIVATE KEY-----", "4111 1111 1111 1111",
     "+1 212 555 0147", "::", "2001:db8::1", "ssn ", "123-45-6789", "\\n", " ", "é", "€", "\ud800", "0", "1.2.3.4", "x" * 30]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join)


def test_only_the_kinds_asked_for_are_found():
    text = "ada@example.org 203.0.113.7"
    assert [f.kind for f in Detector(["email"]).find(text)] == ["email"]
    assert [f.kind for f in Detector(PERSONAL).find(text)] == ["email", "ip_address"]
    assert Detector(SECRETS).find(text) == []
    assert Detector([]).find(text) == []


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"'emial' is no kind.*there are email,"):
        Detector(["emial"])


def test_less_certain_findings_are_left_out():
    text = "123 45 6789"
    assert Detector(["ssn"]).find(text) == [Finding(0, 11, "ssn", 0.75)]
    assert Detector(["ssn"], min_confidence=0.8).find(text) == []


def test_a_detector_of_somebody_else_is_heard():
    class Shouts:
        kinds = ("shout", "whisper", "beyond")

        def find(self, text):
            yield Finding(0, 1, "shout", 0.9)
            yield Finding(0, 2, "whisper", 0.1)
            yield Finding(5, 500, "beyond", 0.9)

    assert Detector([], extra=[Shouts()]).find("text") == [Finding(0, 1, "shout", 0.9)]


def test_offsets_are_code_points():
    text = "😀é€ ada@example.org"
    assert [text[f.start : f.end] for f in ALL.find(text)] == ["ada@example.org"]


@settings(deadline=None)
@given(TEXTS)
def test_any_text_gives_sorted_findings_apart(text):
    last = 0
    for finding in ALL.find(text):
        assert last <= finding.start < finding.end <= len(text)
        assert finding.kind in KINDS
        last = finding.end


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_what_is_settled_does_not_change(text, rest):
    padded = text + " " + "word " * 60
    cut = ALL.settled(padded)
    before = [f for f in ALL.find(padded) if f.end <= cut]
    later = ALL.find(padded + rest)
    assert [f for f in later if f.start < cut] == before


# What only its surroundings tell: a row below, a value under another name, a command.
APART = (
    "- name: DB_PASSWORD\n  value: kVS4qpR6\n",
    'variable "db_password" {\n  type = string\n  default = "kVS4qpR6"\n}',
    "| user | password |\n|---|---|\n| bob | hunter22 |\n",
    "INSERT INTO u (name, password, x) VALUES ('bob', 'hunter22', 3);",
    "db:\n  user: app\n  password: dragonfly\n  port: 1\n",
    "Cookie: a=b; sessionid=p9oae0k43o6h63ob9801e4omil3jm8bn; c=d",
    "echo 'kVS4qpR6' | docker login -u x --password-stdin",
    "password: |\n  kVS4qpR6\nuser: x",
    'password = "blue \\"9X#\\" dog"',
    "password: correct horse battery staple\n",
)


@pytest.mark.parametrize("text", APART)
def test_a_stream_is_settled_only_where_nothing_changes(text):
    filled = f"{'word ' * 20}\n{text}\n{'more words ' * 60}"
    whole = ALL.find(filled)
    assert whole
    for size in range(len(filled)):
        cut = ALL.settled(filled[:size])
        before = [f for f in ALL.find(filled[:size]) if f.start < cut]
        assert [f for f in whole if f.start < cut] == before
        # What was let out is forgotten but for as much as a reader keeps.
        kept = max(0, cut - 512)
        rest = [f for f in ALL.find(filled[kept:]) if f.start + kept >= cut]
        assert len(rest) == len([f for f in whole if f.start >= cut])


@pytest.mark.parametrize(
    "piece",
    ["1234567890", "4111 ", "@", "a@", "a@a.aa", "eyJ", "eyJaaaaaaaaaaa.", "://a:", "-----BEGIN ", "::a", "0x", "+1 ",
     "password=", "password='", "password,x\n", "password x1 ", "-- password|", "mysql -p", "== ", "password: (", "<password a=", "пароль: ",
     "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG", "password\n  value: ", "sessionid=", "login(", "secret: token ", "phone 1234567 ", "bearer ", "sk-", "GB82 WEST ", "(02) ", "hooks.slack.com/",
     "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN"],
)  # fmt: skip
def test_time_is_in_proportion_to_length(piece):
    # Counted, not timed: how many characters each look is shown is bounded, so the
    # work is in proportion to the looks, and these to the text.
    def looks(text):
        return len(ALL._triggers.scan(text.encode("latin-1", "replace")))

    short, long = looks(piece * 200), looks(piece * 2000)
    assert long <= 11 * max(short, 20)
    assert len(ALL.find(piece * 2000)) <= 2000


@pytest.mark.parametrize(
    ("before", "value", "behind"),
    [
        ("\u5361\u53f7", "4111111111111111", "\u8c22\u8c22"),
        ("\u670d\u52a1\u5668", "203.0.113.7", "\u65e0\u6cd5\u8bbf\u95ee"),
        ("IBAN\u306f", "DE89370400440532013000", "\u3067\u3059"),
        ("\uce74\ub4dc", "219-45-6781", "\uc785\ub2c8\ub2e4"),
        ("\u5730\u5740", "2001:db8::5e6f", "\u65e0\u6548"),
        ("\u5730\u5740", "00:00:5e:00:53:af", "\u5728\u7ebf"),
    ],
)
def test_numbers_in_scripts_without_blanks(before, value, behind):
    text = f"{before}{value}{behind}"
    assert [text[f.start : f.end] for f in ALL.find(text)] == [value]

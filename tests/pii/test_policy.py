import pytest

from lunaroute.errors import ConfigError
from lunaroute.pii import CustomPattern, MemoryBook, Policy, Redactor, Tokens, label_of

EMAIL = "ada@example.org"


def _redactor(policy: Policy) -> Redactor:
    return policy.redactor(Tokens(lambda: b"secret", MemoryBook()))


def test_kinds_have_their_own_modes() -> None:
    ours = _redactor(Policy({"email": "partial", "ip_address": "mask"}, shown=2))
    assert ours.text(f"{EMAIL} at 203.0.113.7") == "*************rg at [IP_ADDRESS]"
    assert _redactor(Policy({"ip_address": "mask"})).text(EMAIL) == EMAIL


def test_patterns_of_the_users_own() -> None:
    key = CustomPattern("api key", "k-[0-9]{4}", 0.95, "mask", "<key>")
    word = CustomPattern("word", "w-[0-9]{4}")
    token = CustomPattern("t!t", "t-[0-9]{4}", redaction_mode="tokenize")
    ours = _redactor(Policy({}, custom=(key, word, token)))
    assert ours.text("k-1234 w-1234") == "<key> [WORD]"
    assert ours.text("t-1234").startswith("[T_T:")


def test_less_certain_findings_are_left() -> None:
    sure = CustomPattern("sure", "s-[0-9]{4}", 0.9)
    weak = CustomPattern("weak", "w-[0-9]{4}", 0.5)
    ours = _redactor(Policy({}, custom=(sure, weak), min_confidence=0.6))
    assert ours.text("s-1234 w-1234") == "[SURE] w-1234"


def test_a_pattern_that_cannot_be_run_is_an_error() -> None:
    with pytest.raises(ConfigError, match="'bad'"):
        _redactor(Policy({}, custom=(CustomPattern("bad", "(?=x)"),)))


def test_a_policy_is_plain_values() -> None:
    policy = Policy({"email": "mask"}, custom=(CustomPattern("x", "y"),), secret="s")
    assert Policy.from_plain(policy.plain()) == policy
    assert Policy({}).is_off
    assert not policy.is_off


def test_labels() -> None:
    assert label_of("api_key") == "API_KEY"
    assert label_of("my-key 2") == "MY_KEY_2"
    assert label_of("é") == "CUSTOM"

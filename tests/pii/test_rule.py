import pytest

from lunaroute.pii import MemoryBook, Mode, Rule, Tokens

_TOKENS = Tokens(lambda: b"secret", MemoryBook())


@pytest.mark.parametrize(
    ("rule", "replaced"),
    [
        (Rule("EMAIL"), "[EMAIL]"),
        (Rule("API_KEY", placeholder="<key>"), "<key>"),
        (Rule("API_KEY", placeholder=""), ""),
        (Rule("EMAIL", Mode.REMOVE), ""),
        (Rule("EMAIL", Mode.PARTIAL, is_secret=False), "********6789"),
        (Rule("EMAIL", Mode.PARTIAL, is_secret=False, shown=0), "*" * 12),
        (Rule("EMAIL", Mode.PARTIAL, is_secret=False, shown=12), "*" * 12),
        (Rule("KEY", Mode.PARTIAL), "*********789"),
        (Rule("KEY", Mode.PARTIAL, shown=2), "**********89"),
        (Rule("KEY", Mode.PARTIAL, shown=400), "*********789"),
    ],
)
def test_what_takes_the_place(rule: Rule, replaced: str) -> None:
    assert rule.replaced("abcd-45-6789", _TOKENS) == replaced


def test_a_short_value_shows_nothing() -> None:
    assert Rule("K", Mode.PARTIAL, is_secret=False).replaced("1234", _TOKENS) == "****"
    assert Rule("K", Mode.PARTIAL).replaced("123", _TOKENS) == "***"


def test_characters_are_counted_not_bytes() -> None:
    rule = Rule("NAME", Mode.PARTIAL, is_secret=False)
    assert rule.replaced("zoë-ßäöü", _TOKENS) == "****ßäöü"


def test_a_token() -> None:
    rule = Rule("EMAIL", Mode.TOKENIZE)
    assert rule.replaced("a", _TOKENS) == _TOKENS.token("EMAIL", "a")

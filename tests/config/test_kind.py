import pytest
from pydantic import TypeAdapter, ValidationError

from lunaroute.config import _kind
from lunaroute.config._kind import normalise_base_url


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("HTTPS://API.Anthropic.com", "https://api.anthropic.com"),
        ("https://api.anthropic.com//", "https://api.anthropic.com"),
        (
            "https://chatgpt.com/backend-api/codex",
            "https://chatgpt.com/backend-api/codex",
        ),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://[::1]:9000/Path", "http://[::1]:9000/Path"),
        (" http://localhost/ ", "http://localhost"),
    ],
)
def test_base_url_is_normalised(given, normal):
    assert normalise_base_url(given) == normal
    assert normalise_base_url(normal) == normal


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("api.openai.com", "begin with http"),
        ("ftp://api.openai.com", "begin with http"),
        ("https://", "name a host"),
        ("https:///v1", "name a host"),
        ("https://user:secret@host/v1", "user name or password"),
        ("https://user@host", "user name or password"),
        ("https://host/v1?key=secret", "query or a fragment"),
        ("https://host/v1?", "query or a fragment"),
        ("https://host/#secret", "query or a fragment"),
        ("https://host:99999", "valid host and port"),
        ("https://host:port", "valid host and port"),
        ("https://[::1", "valid host and port"),
        ("https://hö.example", "ASCII"),
        ("https://host/a b", "ASCII"),
        ("https://host/\r\nx: y", "ASCII"),
        ("", "begin with http"),
    ],
)
def test_a_wrong_base_url_is_refused_without_being_repeated(given, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        normalise_base_url(given)
    assert "secret" not in str(caught.value)


ACCEPTED = [
    (_kind.Flag, "yes", True),
    (_kind.Flag, "ON", True),
    (_kind.Flag, "1", True),
    (_kind.Flag, "False", False),
    (_kind.Flag, "off", False),
    (_kind.Flag, "NO", False),
    (_kind.Flag, 0, False),
    (_kind.Port, "8081", 8081),
    (_kind.Port, 0, 0),
    (_kind.Port, 65535, 65535),
    (_kind.Seconds, "0.5", 0.5),
    (_kind.Host, "localhost", "localhost"),
    (_kind.Host, "0.0.0.0", "0.0.0.0"),
    (_kind.Host, "::1", "::1"),
    (_kind.Level, "DEBUG", "debug"),
    (_kind.Dialect, "Both", "both"),
    (_kind.AutoFlag, True, "true"),
    (_kind.AutoFlag, "AUTO", "auto"),
    (_kind.Strategy, "weighted-round-robin", "weighted_round_robin"),
    (_kind.Key, " sk-ant-1\n", "sk-ant-1"),
    (_kind.Key, "", ""),
    (_kind.Templates, {"headers": {"A": "b"}}, {"A": "b"}),
    (_kind.Templates, {"headers": "b"}, {"headers": "b"}),
    (_kind.Templates, {"A": "b"}, {"A": "b"}),
]

REFUSED = [
    (_kind.Flag, "maybe"),
    (_kind.Port, -1),
    (_kind.Port, 65536),
    (_kind.Port, True),
    (_kind.Port, "abc"),
    (_kind.Port, 1.5),
    (_kind.Count, 0),
    (_kind.Seconds, float("inf")),
    (_kind.Seconds, float("nan")),
    (_kind.Fraction, 1.1),
    (_kind.Host, "example.com"),
    (_kind.Host, "[::1]"),
    (_kind.Host, ""),
    (_kind.Level, "loud"),
    (_kind.Level, 5),
    (_kind.Key, "two words"),
    (_kind.Key, "line\nline"),
    (_kind.Key, "schlüssel"),
    (_kind.PathText, ""),
    (_kind.PathText, "a\0b"),
    (_kind.Text, 5),
]


@pytest.mark.parametrize(("kind", "given", "value"), ACCEPTED)
def test_a_value_is_converted(kind, given, value):
    assert TypeAdapter(kind).validate_python(given) == value


@pytest.mark.parametrize(("kind", "given"), REFUSED)
def test_a_wrong_value_is_refused(kind, given):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given)


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        (_kind.Labels, {"a b": "x"}, "1 to 64 letters"),
        (_kind.Labels, {"": "x"}, "1 to 64 letters"),
        (_kind.Labels, {"a": "x" * 257}, "longer than 256"),
        (_kind.Labels, {"a": ["x"]}, "string"),
        (_kind.LabelHeaders, {"X-Team:": "team"}, "names of headers"),
        (_kind.LabelHeaders, {"X-Team": "a team"}, "1 to 64 letters"),
        (_kind.LabelHeaders, {"Authorization": "who"}, "may carry a credential"),
        (_kind.LabelHeaders, {"X-Auth": "who"}, "may carry a credential"),
        (_kind.LabelHeaders, {"X-Api-Key": "who"}, "may carry a credential"),
        (_kind.LabelHeaders, {"Cookie": "who"}, "may carry a credential"),
    ],
)
def test_wrong_labels(kind, given, reason):
    with pytest.raises(ValidationError, match=reason):
        TypeAdapter(kind).validate_python(given)


def test_labels():
    assert TypeAdapter(_kind.Labels).validate_python({"a.b-c_D": ""}) == {"a.b-c_D": ""}
    headers = TypeAdapter(_kind.LabelHeaders).validate_python(
        {"X-Team": "team", "X-Author": "by"}
    )
    assert headers == {"x-team": "team", "x-author": "by"}

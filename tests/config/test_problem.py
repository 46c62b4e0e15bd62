import pytest
from pydantic import ValidationError

from lunaroute.config._problem import explain
from lunaroute.config._settings import Settings


def problems(data, used=None):
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(data)
    return explain(caught.value, Settings, used or {})


@pytest.mark.parametrize(
    ("data", "key", "sentence"),
    [
        (
            {"port": "abc"},
            "port",
            "expected a whole number between 0 and 65535, got 'abc'",
        ),
        (
            {"port": 70000},
            "port",
            "expected a whole number between 0 and 65535, got 70000",
        ),
        (
            {"port": True},
            "port",
            "expected a whole number between 0 and 65535, got true",
        ),
        (
            {"host": "example.com"},
            "host",
            "expected an IP address or localhost, got 'example.com'",
        ),
        (
            {"api_dialect": "x" * 50},
            "api_dialect",
            f"expected openai, anthropic or both, got '{'x' * 39}…",
        ),
        ({"logging": []}, "logging", "expected a map, got a list"),
        ({"ui": {"enabled": {}}}, "ui.enabled", "expected true or false, got a map"),
        ({"prot": 1}, "prot", "unknown key; did you mean port?"),
        ({"allowed_hosts": [1]}, "allowed_hosts[0]", "expected a text, got 1"),
        (
            {"routing": {"rules": [{"name": "a", "primary": "b"}]}},
            "routing.rules[0].model_pattern",
            "is missing",
        ),
        (
            {
                "routing": {
                    "rules": [{"name": "a", "model_pattern": "", "weights": {"a": ""}}]
                }
            },
            "routing.rules[0].weights.a",
            "expected a whole number, got ''",
        ),
        (
            {"providers": {"openai": {"request_body": {"prepend_messages": [1]}}}},
            "providers.openai.request_body.prepend_messages[0]",
            "expected a map, got 1",
        ),
        (
            {"providers": {"antropic": {}}},
            "providers.antropic",
            (
                "a provider with a name of your own needs `type: anthropic` or "
                "`type: openai`; or did you mean providers.anthropic?"
            ),
        ),
        (
            {"providers": {"mine": {}}},
            "providers.mine",
            (
                "a provider with a name of your own needs `type: anthropic` or "
                "`type: openai`"
            ),
        ),
        ({"providers": {"mine": 5}}, "providers.mine", "expected a map, got 5"),
    ],
)
def test_one_sentence_for_each_kind_of_problem(data, key, sentence):
    assert problems(data) == {key: sentence}


@pytest.mark.parametrize(
    "data",
    [
        {"providers": {"openai": {"api_key": ["SECRET"]}}},
        {"providers": {"openai": {"api_key": "SECRET SECRET"}}},
        {"providers": {"openai": {"api_key": 5318008}}},
        {"providers": {"openai": {"base_url": "https://u:SECRET@host"}}},
        {"providers": {"mine": {"base_url": "SECRET@host", "type": "openai"}}},
        {"session_recording": {"pii": {"hmac_secret": 5318008}}},
        {"session_recording": {"postgres": {"connection_string": 5318008}}},
        {"host": "postgres://u:SECRET@host"},
    ],
)
def test_a_secret_is_never_repeated(data):
    (sentence,) = problems(data).values()
    assert "SECRET" not in sentence
    assert "5318008" not in sentence


def test_a_substituted_value_is_called_by_its_variable():
    found = problems({"port": "SECRET"}, {"port": "${KEY}"})
    assert found["port"].endswith("got the value of ${KEY}")
    found = problems({"allowed_hosts": [5]}, {"allowed_hosts": "${KEY}"})
    assert found["allowed_hosts[0]"].endswith("got the value of ${KEY}")


def test_a_key_that_is_not_a_text():
    assert problems({1: 2}) == {"[1]": "a key must be a text; put it in quotes"}


def test_a_date_of_toml():
    from datetime import date

    found = problems({"port": date(2024, 1, 2)})
    assert found["port"].endswith("got something else")

import pytest

from lunaroute.config import make_plan, resolve
from lunaroute.errors import ConfigError


def prices(write, environ, text):
    path = write(f"pricing: {{overrides: [{text}]}}")
    made = make_plan(resolve({"config": str(path)}, environ))
    return made["observer"]["upkeep"]["prices"]


def test_only_what_is_given_is_told(write, environ):
    text = "{model: my-*, output: 2.5, input: 0}, {model: x, provider: openai}"
    assert prices(write, environ, text) == [
        {"model": "my-*", "output": 2.5, "input": 0.0},
        {"model": "x", "provider": "openai"},
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{input: 3}", r"overrides\[0\].model"),
        ("{model: x, input: -1}", "a number between 0 and 1000000"),
        ("{model: x, input: free}", "a number between 0 and 1000000"),
        ("{model: x, inputs: 3}", "inputs: unknown key"),
    ],
)
def test_what_is_wrong(write, environ, text, words):
    with pytest.raises(ConfigError, match=words):
        prices(write, environ, text)

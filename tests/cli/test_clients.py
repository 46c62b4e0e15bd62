"""How each client is led to a server."""

import json

import pytest

from lunaroute.cli._clients import NotServedError, known, led, past_proxies
from lunaroute.running import Server

URL = "http://127.0.0.1:8081"


def server(*dialects: str) -> Server:
    return Server(1, "/h", 0.0, "1", URL, dialects=dialects or ("anthropic", "openai"))


def test_codex_is_told_by_an_option_before_its_own():
    line, environment = led(
        known("codex"), ["codex", "exec", "hi"], server(), {"A": "1"}
    )
    assert line == ["codex", "-c", f'openai_base_url="{URL}/v1"', "exec", "hi"]
    assert environment["A"] == "1"


@pytest.mark.parametrize("program", ["claude", "/usr/local/bin/claude", "python3"])
def test_others_are_told_by_the_variables(program):
    line, environment = led(known(program), [program, "-p", "hi"], server(), {})
    assert line == [program, "-p", "hi"]
    assert environment == {
        "ANTHROPIC_BASE_URL": URL,
        "OPENAI_BASE_URL": f"{URL}/v1",
    }


@pytest.mark.parametrize(
    ("set_before", "kept"),
    [
        ("", {}),
        ("no json", {}),
        ("[1]", {}),
        (
            '{"model": "m", "provider": {"openai": {"options": {"apiKey": "k"}}}}',
            {"apiKey": "k"},
        ),
    ],
)
def test_opencode_is_told_beside_what_it_was_told_before(set_before, kept):
    before = {"OPENCODE_CONFIG_CONTENT": set_before}
    line, environment = led(known("opencode"), ["opencode"], server(), before)
    config = json.loads(environment["OPENCODE_CONFIG_CONTENT"])
    assert line == ["opencode"]
    assert config["provider"]["openai"]["options"] == {**kept, "baseURL": f"{URL}/v1"}
    assert config["provider"]["anthropic"]["options"]["baseURL"] == f"{URL}/v1"
    assert config.get("model") == ("m" if kept else None)


def test_a_server_of_no_use_is_said():
    with pytest.raises(NotServedError, match="Codex speaks to openai"):
        led(known("codex"), ["codex"], server("anthropic"), {})
    _, environment = led(known("opencode"), ["opencode"], server("anthropic"), {})
    assert "openai" not in environment["OPENCODE_CONFIG_CONTENT"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"NO_PROXY": "a"}, None),
        ({"https_proxy": "p"}, "127.0.0.1,localhost,::1"),
        ({"ALL_PROXY": "p", "no_proxy": "a, localhost"}, "a,localhost,127.0.0.1,::1"),
        ({"HTTP_PROXY": "p", "NO_PROXY": "*"}, None),
        ({"HTTP_PROXY": "p", "NO_PROXY": "::1,localhost,127.0.0.1"}, None),
    ],
)
def test_no_proxy_is_asked_for_loopback(environ, expected):
    both = {"NO_PROXY": expected, "no_proxy": expected} if expected else {}
    assert past_proxies(environ) == both

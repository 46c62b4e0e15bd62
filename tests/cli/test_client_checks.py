"""Where clients are led, by their variables and files."""

import json

import pytest

from lunaroute.cli import _client_checks as checks
from lunaroute.cli._finding import Level

URL = "http://127.0.0.1:8081"
OPENAI = "https://api.openai.com/v1"


@pytest.fixture
def environ(tmp_path):
    """With all clients installed."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("claude", "codex", "opencode"):
        (programs / name).write_text("")
        (programs / name).chmod(0o755)
    return {"PATH": str(programs)}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text))


def levels(findings):
    return [each.level for each in findings]


def test_a_client_that_is_not_there_is_a_note(tmp_path):
    found = list(checks.examine_clients(URL, OPENAI, {"PATH": ""}, tmp_path))
    assert set(levels(found)) == {Level.NOTE}
    assert sum("is not installed" in each.text for each in found) == 3


@pytest.mark.parametrize(
    ("value", "leads"),
    [
        (URL, True),
        ("http://localhost:8081/v1", True),
        ("http://[::1]:8081/", True),
        ("https://127.0.0.1:8081", False),
        ("http://127.0.0.1:8082", False),
        ("http://elsewhere:8081", False),
        ("http://127.0.0.1:nonsense", False),
        ("", False),
    ],
)
def test_which_address_leads_here(value, leads):
    assert checks.leads_to(value, URL) is leads


@pytest.mark.parametrize(
    ("name", "value", "level", "remedy"),
    [
        ("ANTHROPIC_BASE_URL", URL, Level.OK, ""),
        ("ANTHROPIC_BASE_URL", f"{URL}/v1", Level.WARNING, URL),
        ("OPENAI_BASE_URL", f"{URL}/v1/", Level.OK, ""),
        ("OPENAI_BASE_URL", f"{URL}/t/token/v1", Level.OK, ""),
        ("OPENAI_BASE_URL", URL, Level.WARNING, f"{URL}/v1"),
        ("OPENAI_BASE_URL", "https://else.where", Level.WARNING, "lunaroute env"),
    ],
)
def test_the_shells_variables(name, value, level, remedy):
    found = list(checks.examine_variables(URL, {name: value}))
    (one,) = [each for each in found if "is not set" not in each.text]
    assert one.level is level
    assert remedy in one.remedy
    if "export" in one.remedy:
        assert one.remedy == f"export {name}={remedy}"


def test_a_proxy_that_takes_loopback_is_a_problem():
    assert levels(checks.examine_proxies({"HTTPS_PROXY": "p"})) == [Level.PROBLEM]
    assert levels(checks.examine_proxies({})) == []


def test_claude_codes_settings_go_before_the_shell(environ, tmp_path):
    def examine(**more):
        return list(checks.examine_claude(URL, environ | more, tmp_path))

    assert levels(examine()) == [Level.NOTE]
    assert levels(examine(ANTHROPIC_BASE_URL=URL)) == [Level.OK]
    assert levels(examine(CLAUDE_CODE_USE_BEDROCK="1")) == [Level.PROBLEM, Level.NOTE]
    file = tmp_path / ".claude" / "settings.json"
    write(file, {"env": {"ANTHROPIC_BASE_URL": "https://else.where"}})
    (found,) = examine(ANTHROPIC_BASE_URL=URL)
    assert found.level is Level.PROBLEM
    assert str(file) in found.text
    write(file, {"env": {"ANTHROPIC_BASE_URL": URL}})
    assert levels(examine()) == [Level.OK]
    write(file, "{")
    assert levels(examine()) == [Level.WARNING, Level.NOTE]


def test_codex_is_led_by_its_file_alone(environ, tmp_path):
    def examine(base=OPENAI):
        return list(checks.examine_codex(URL, base, environ, tmp_path))

    (found,) = examine()
    assert found.level is Level.NOTE
    assert found.remedy.endswith(f'openai_base_url = "{URL}/v1"')
    file = tmp_path / ".codex" / "config.toml"
    write(file, f'openai_base_url = "{URL}/v1"\n')
    assert levels(examine()) == [Level.OK]
    write(file, f'{file.read_text()}model_provider = "mine"\n')
    (found,) = examine()  # a provider of one's own goes before it
    assert "[model_providers.mine]" in found.remedy
    write(file, f'{file.read_text()}[model_providers.mine]\nbase_url = "{URL}/v1"\n')
    assert levels(examine()) == [Level.OK]
    write(tmp_path / ".codex" / "auth.json", {"tokens": {"access_token": "t"}})
    assert levels(examine()) == [Level.OK, Level.WARNING]
    assert levels(examine(checks.CHATGPT)) == [Level.OK]
    write(file, "= no toml")
    assert levels(examine(checks.CHATGPT)) == [Level.WARNING, Level.NOTE]


def test_opencode_is_led_by_its_providers(environ, tmp_path):
    def examine():
        return list(checks.examine_opencode(URL, environ, tmp_path))

    assert levels(examine()) == [Level.NOTE]
    file = tmp_path / ".config" / "opencode" / "opencode.json"
    write(file, {"provider": {"openai": {"options": {"baseURL": f"{URL}/v1"}}}})
    assert levels(examine()) == [Level.OK]
    write(file, "// a comment\n{}")
    assert levels(examine()) == [Level.NOTE, Level.NOTE]

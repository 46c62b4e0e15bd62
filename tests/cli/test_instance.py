"""A server of a command's own."""

from pathlib import Path

from lunaroute.cli._instance import own_environment


def test_nothing_of_ours_and_no_key_is_passed_on(monkeypatch):
    monkeypatch.setenv("LUNAROUTE_PORT", "1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.setenv("LUNAROUTE_PURE_PYTHON", "1")
    found = own_environment(Path("/x"))
    ours = {name: value for name, value in found.items() if "LUNAROUTE" in name}
    assert ours == {"LUNAROUTE_HOME": "/x", "LUNAROUTE_PURE_PYTHON": "1"}
    assert "ANTHROPIC_API_KEY" not in found

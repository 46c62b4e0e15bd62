import pytest
from click.testing import CliRunner

from lunaroute.cli.unredact import command
from lunaroute.pii import Policy
from lunaroute.recording import redactor_of, vault_of

EMAIL = "ada@example.org"
REVERSIBLE = """
session_recording:
  pii: {enabled: true, redaction_mode: tokenize, reversible: true, hmac_secret: "${KEY}"}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path))
    monkeypatch.setenv("KEY", "hush")
    (tmp_path / "config.yaml").write_text(REVERSIBLE)
    return tmp_path


def tokens(home, text, secret="hush"):
    policy = Policy({"email": "tokenize"}, secret=secret, reversible=True)
    vault = vault_of(policy, home)
    redacted = redactor_of(policy, home, vault).text(text)
    vault.settle()
    vault.close()
    return redacted


def test_what_was_replaced_comes_back(home):
    text = f"write {EMAIL}\nand bob@example.org, \udcff[X] é"
    raw = text.encode("utf-8", "surrogateescape")
    redacted = tokens(home, text).encode("utf-8", "surrogateescape")
    assert EMAIL.encode() not in redacted
    done = CliRunner().invoke(command, input=redacted)
    assert done.exit_code == 0
    assert done.stdout_bytes == raw


def test_what_is_not_known_stays(home):
    redacted = tokens(home, EMAIL)
    done = CliRunner().invoke(command, input=f"{redacted} [EMAIL:00000000]")
    assert done.exit_code == 1
    assert done.stdout == f"{EMAIL} [EMAIL:00000000]"
    assert "not in the vault: 1 token" in done.stderr


def test_another_secret_opens_nothing(home, monkeypatch):
    redacted = tokens(home, EMAIL)
    monkeypatch.setenv("KEY", "another")
    done = CliRunner().invoke(command, input=redacted)
    assert done.exit_code == 2
    assert "sealed with another secret" in done.stderr
    assert EMAIL not in done.output


def test_without_a_vault_nothing_can_be_put_back(home):
    (home / "config.yaml").write_text("")
    done = CliRunner().invoke(command, input="[EMAIL:00000000]")
    assert done.exit_code == 2
    assert "reversible is false" in done.stderr

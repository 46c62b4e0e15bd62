"""The redactor of a home: its key and its vault, made when they are needed."""

from lunaroute.pii import Policy
from lunaroute.recording import redactor_of, vault_of

EMAIL = "ada@example.org"


def _redacted(policy, home, text=EMAIL):
    vault = vault_of(policy, home)
    redactor = redactor_of(policy, home, vault)
    try:
        redacted = redactor.text(text)
        redactor.settle()
        return redacted, vault.value(redacted)
    finally:
        vault.close()


def test_masks_need_no_file(tmp_path):
    assert _redacted(Policy({"email": "mask"}), tmp_path) == ("[EMAIL]", None)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_redact(tmp_path):
    policy = Policy({})
    assert redactor_of(policy, tmp_path, vault_of(policy, tmp_path)) is None


def test_tokens_last_as_long_as_the_homes_key(tmp_path):
    policy = Policy({"email": "tokenize"})
    first, kept = _redacted(policy, tmp_path)
    assert kept is None
    assert _redacted(policy, tmp_path)[0] == first
    assert _redacted(policy, tmp_path / "other")[0] != first
    assert (tmp_path / "redaction.key").stat().st_mode & 0o777 == 0o600


def test_a_secret_of_the_users_needs_no_key_and_gives_values_back(tmp_path):
    policy = Policy({"email": "tokenize"}, secret="hush", reversible=True)
    token, value = _redacted(policy, tmp_path)
    assert value == EMAIL
    assert not (tmp_path / "redaction.key").exists()
    vault = vault_of(policy, tmp_path)
    assert vault.value(token) == EMAIL
    vault.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert EMAIL.encode() not in everything

"""A policy's redactor with the tokens of a home: its key and its vault."""

from collections.abc import Callable
from pathlib import Path

from lunaroute.pii import Policy, Redactor, Tokens, derived_key
from lunaroute.store import Seal, Vault, home_secret


def vault_of(policy: Policy, home: Path) -> Vault:
    """The vault of a home. No file is opened or made before it is needed."""
    path = home / "vault.db"
    if not policy.reversible:
        return Vault(path)
    key = derived_key(policy.secret.encode(), b"vault-encryption-key")
    return Vault(path, lambda: Seal(key))


def redactor_of(policy: Policy, home: Path, vault: Vault) -> Redactor | None:
    """None where nothing is to be redacted. ConfigError for what cannot be run."""
    if policy.is_off:
        return None
    return policy.redactor(Tokens(_secret(policy, home), vault))


def _secret(policy: Policy, home: Path) -> Callable[[], bytes]:
    if policy.secret:
        return policy.secret.encode
    return lambda: home_secret(home / "redaction.key")

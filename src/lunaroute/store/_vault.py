"""The vault: which token stands for which value, in a file of its own.

Without a secret it holds MACs alone, so that no two values share a token. With one it
also holds the values, encrypted: who has the file and not the secret has nothing.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import apsw

from lunaroute.errors import StoreError
from lunaroute.store._connect import (
    BUSY_TIMEOUT_MS,
    explained,
    make_private_directory,
)
from lunaroute.store._write import erasing

# "LunV", as the header of the file has it.
_APPLICATION_ID = 0x4C756E56

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY,
  mac BLOB NOT NULL,
  sealed BLOB
) STRICT, WITHOUT ROWID;
"""
_CLAIM = """
INSERT INTO tokens (token, mac, sealed) VALUES (?1, ?2, ?3)
ON CONFLICT (token) DO UPDATE SET sealed = excluded.sealed
  WHERE mac = excluded.mac AND sealed IS NULL AND excluded.sealed IS NOT NULL
"""
# AES-GCM's nonce, 96 bits: NIST SP 800-38D section 8.2.2 allows 2**32 random ones.
_NONCE = 12

_SECRET = 32


class Seal:
    """Encrypts values with AES-256-GCM, each bound to its token."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        # Loaded by those alone who asked for a vault.
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415
            AESGCM,
        )

        self._cipher = AESGCM(key)

    def close(self, token: str, value: str) -> bytes:
        """What is kept of the value."""
        nonce = os.urandom(_NONCE)
        data = value.encode("utf-8", "surrogatepass")
        return nonce + self._cipher.encrypt(nonce, data, token.encode())

    def open(self, token: str, sealed: bytes) -> str:
        """The value. Raises StoreError where it was sealed with another secret."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        nonce, data = sealed[:_NONCE], sealed[_NONCE:]
        try:
            plain = self._cipher.decrypt(nonce, data, token.encode())
        except InvalidTag:
            raise StoreError(f"{token} was sealed with another secret") from None
        return plain.decode("utf-8", "surrogatepass")


class Vault:
    """The file at ``path``, made with the first token. A ``TokenBook``.

    What was claimed is on disk after ``settle``. Any thread may use it, one at a time.
    """

    __slots__ = ("_connection", "_known", "_path", "_seal", "_version")

    def __init__(self, path: Path, seal: Callable[[], Seal] | None = None) -> None:
        self._path = path
        self._seal = None if seal is None else _Once(seal)
        self._connection: apsw.Connection | None = None
        self._known: dict[str, bytes] = {}
        self._version: object = None  # of the file, as it was when that was known

    def claim(self, token: str, mac: bytes, value: str) -> bool:
        """Notes that ``token`` stands for the value of this MAC; False if it stands
        for another one. Raises StoreError.
        """
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = self._claimed(token, mac, value)
        return known == mac

    def settle(self) -> None:
        """Returns when all that was claimed will survive a loss of power."""
        connection = self._connection
        if connection is None:
            return
        with explained(self._path):
            if connection.in_transaction:
                connection.execute("COMMIT")
            version = connection.execute("PRAGMA data_version").get
        if version != self._version:
            # Somebody else wrote: what is known here may have been forgotten there.
            self._version = version
            self._known.clear()

    def forget(self, tokens: Iterable[str]) -> int:
        """Deletes these tokens with what they stand for, and overwrites it; how many
        there were. Raises StoreError.
        """
        if not self._path.exists():
            return 0
        self.settle()
        with explained(self._path):
            connection = self._opened()
            before = connection.total_changes()
            with erasing(connection):
                connection.executemany(
                    "DELETE FROM tokens WHERE token = ?", ((each,) for each in tokens)
                )
            deleted = connection.total_changes() - before
            if deleted:
                with suppress(apsw.BusyError):  # the log goes with its next checkpoint
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._known.clear()
        return deleted

    def value(self, token: str) -> str | None:
        """What a token stands for; None if that is not known here."""
        if self._seal is None or not self._path.exists():
            return None
        with explained(self._path):
            sealed = (
                self._opened()
                .execute("SELECT sealed FROM tokens WHERE token = ?", (token,))
                .get
            )
        return self._seal().open(token, sealed) if isinstance(sealed, bytes) else None

    def close(self) -> None:
        """Closes the file; what was not settled is lost."""
        connection, self._connection = self._connection, None
        self._known.clear()
        if connection is not None:
            connection.close()

    def _claimed(self, token: str, mac: bytes, value: str) -> bytes:
        sealed = None if self._seal is None else self._seal().close(token, value)
        try:
            with explained(self._path):
                connection = self._opened()
                if not connection.in_transaction:
                    connection.execute("BEGIN IMMEDIATE")
                connection.execute(_CLAIM, (token, mac, sealed))
                kept = connection.execute(
                    "SELECT mac FROM tokens WHERE token = ?", (token,)
                ).get
        except BaseException:
            # What was claimed since the last commit may be gone.
            self.close()
            raise
        assert isinstance(kept, bytes)
        return kept

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            make_private_directory(self._path.parent)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = apsw.Connection(str(self._path))
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(_SCHEMA)
            self._connection = connection
        return self._connection


class _Once:
    """A seal is made with the first value: a key is derived, a library loaded."""

    __slots__ = ("_make", "_seal")

    def __init__(self, make: Callable[[], Seal]) -> None:
        self._make = make
        self._seal: Seal | None = None

    def __call__(self) -> Seal:
        if self._seal is None:
            self._seal = self._make()
        return self._seal


def home_secret(path: Path) -> bytes:
    """The secret of the file at ``path``, which is made with mode 0600 if there is
    none. Raises OSError; StoreError where the file is too short to be one.
    """
    make_private_directory(path.parent)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) < _SECRET:
            raise StoreError(
                f"{path} is no secret of ours: move it aside, or set"
                " session_recording.pii.hmac_secret"
            ) from None
        return secret
    with os.fdopen(descriptor, "wb") as file:
        secret = os.urandom(_SECRET)
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret

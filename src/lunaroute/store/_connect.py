"""Opens the SQLite file: modes, pragmas, schema version, for writers and readers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from lunaroute.errors import DamagedStore, NothingRecorded, StoreError
from lunaroute.store._identifiers import identifier_parts
from lunaroute.store._schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from lunaroute.store._statements import say_statements

# A reader's query or an older writer's last commit may hold us up; a batch can wait.
BUSY_TIMEOUT_MS = 5_000

# Where the file's header has it: https://sqlite.org/fileformat2.html, section 1.3.
_APPLICATION_ID_AT = 68

# What a burst left of the write-ahead log is given back at the next checkpoint.
_WAL_LIMIT = 64 * 1024 * 1024


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into a StoreError that names the file."""
    try:
        yield
    except apsw.NotADBError as error:
        raise StoreError(f"{path} is not a SQLite database") from error
    except apsw.CorruptError as error:
        raise DamagedStore(f"{path} is damaged: {error}") from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from error


def connect_writer(path: Path, durable: bool = True) -> apsw.Connection:
    """Opens for writing; makes the file and brings it to the present schema."""
    try:
        _make_file(path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
    with explained(path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            say_statements(connection)
            _refuse_strangers(connection, path)
            _make_private(path)
            _tune_writer(connection, durable)
            migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_memory() -> apsw.Connection:
    """A new one in this process' memory alone, with the present schema."""
    connection = apsw.Connection(":memory:")
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection)
    return connection


def connect_reader(path: Path) -> apsw.Connection:
    """Opens for reading only, beside a writer or without one."""
    nothing = NothingRecorded(f"nothing has been recorded yet at {path}")
    if not path.exists():
        raise nothing
    with explained(path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            say_statements(connection)
            _refuse_strangers(connection, path)
            version = _version(connection)
            if version == 0:
                raise nothing
            if version < SCHEMA_VERSION:
                raise StoreError(
                    f"{path} was written by an earlier LunaRoute;"
                    " start `lunaroute serve` once to bring it up to date"
                )
        except BaseException:
            connection.close()
            raise
    return connection


def migrate(connection: apsw.Connection, upto: int = SCHEMA_VERSION) -> None:
    """Takes the steps that are missing, each in a transaction with its number; those of
    a new database in one, so that whoever reads beside it never meets half of them.

    The steps, and whoever writes afterwards, may call `identifier_parts`.
    """
    connection.create_scalar_function(
        "identifier_parts", lambda *texts: identifier_parts(str(texts[0])), 1
    )
    begun = _version(connection)
    together = 1 if begun else max(1, upto)
    for first in range(begun + 1, upto + 1, together):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for number in range(first, first + together):
                # Another writer may have taken the step while this one waited.
                if _version(connection) < number:
                    connection.execute(MIGRATIONS[number - 1])
                    connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def move_aside(path: Path, stamp: str) -> Path | None:
    """Renames a damaged store with its log to ``<name>.damaged-<stamp>``.

    Returns the new path; None where the file is gone or not ours to move.
    """
    try:
        with path.open("rb") as file:
            file.seek(_APPLICATION_ID_AT)
            mark = file.read(4)
    except FileNotFoundError:
        return None
    if mark != APPLICATION_ID.to_bytes(4, "big"):
        return None
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    # The log first: left beside a new file of the same name it would be taken for its.
    for suffix in ("-wal", "-shm", ""):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside


def make_private_directory(path: Path) -> None:
    """Makes the directory and its missing parents with mode 0700, whatever the umask.

    A directory that exists keeps its mode: it is the user's.
    """
    missing = [path, *path.parents]
    for directory in reversed([each for each in missing if not each.exists()]):
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            continue
        directory.chmod(0o700)


def _make_file(path: Path) -> None:
    """A new file is private from its first moment; one that is there stays as it is
    until it is known to be ours.
    """
    make_private_directory(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _make_private(path: Path) -> None:
    # SQLite gives -wal and -shm the mode of the database file; those that a looser
    # umask left behind are tightened with it.
    for suffix in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.chmod(0o600)


def _refuse_strangers(connection: apsw.Connection, path: Path) -> None:
    version = _version(connection)
    if _pragma(connection, "application_id") != APPLICATION_ID:
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
        if version or tables:
            raise StoreError(
                f"{path} holds another program's tables or an older format;"
                " move it aside or name another file"
            )
    elif version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema version {version}, this LunaRoute knows"
            f" {SCHEMA_VERSION}: upgrade LunaRoute"
        )


def _tune_writer(connection: apsw.Connection, durable: bool) -> None:
    if not _version(connection):
        # Must be chosen before the first table: retention shrinks the file with it.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL")
    level = "FULL" if durable else "NORMAL"
    connection.execute(f"PRAGMA synchronous = {level}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
    connection.execute("PRAGMA foreign_keys = ON")
    # What a merge of the index takes out of a page leaves no trace in it.
    connection.execute("PRAGMA secure_delete = FAST")


def _version(connection: apsw.Connection) -> int:
    return _pragma(connection, "user_version")


def _pragma(connection: apsw.Connection, name: str) -> int:
    value = connection.execute(f"PRAGMA {name}").get
    assert isinstance(value, int)
    return value

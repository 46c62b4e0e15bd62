"""What a record must be whatever was done to it: whole, once, and in agreement."""

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from tests.torture.load import Asked


@dataclass(slots=True)
class Audit:
    """Counts of what must not be; ``notes`` say where."""

    lost: int = 0
    twice: int = 0
    torn: int = 0
    open: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        if len(self.notes) < 20:
            self.notes.append(what)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.twice or self.torn or self.open)


def rows_of(home: Path) -> list[dict]:
    """All exchanges, in the order they were written."""
    path = home / "sessions.db"
    if not path.exists():
        return []
    with contextlib.closing(
        sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    ) as db:
        db.row_factory = sqlite3.Row
        try:
            return [dict(r) for r in db.execute("SELECT * FROM exchanges ORDER BY seq")]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def ended_ids(home: Path) -> set[str]:
    """Those that are acknowledged."""
    return {row["id"] for row in rows_of(home) if row["outcome"] != "open"}


def audit(home: Path, acknowledged: Iterable[str]) -> Audit:
    """Of a record at rest: nobody writes to it any more."""
    found = Audit()
    rows = rows_of(home)
    ids = {row["id"] for row in rows}
    for missing in set(acknowledged) - ids:
        found.lost += 1
        found.note(f"{missing} was acknowledged and is gone")
    found.open = sum(row["outcome"] == "open" for row in rows)
    _look_at_the_files(home, rows, found)
    _look_at_the_database(home, found)
    return found


def _look_at_the_files(home: Path, rows: list[dict], found: Audit) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for path in sorted((home / "sessions").rglob("*.jsonl")):
        text = path.read_bytes()
        if text and not text.endswith(b"\n"):
            found.torn += 1
            found.note(f"{path.name} ends within a line")
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                event = json.loads(line)
            except ValueError:
                found.torn += 1
                found.note(f"{path.name}:{number} is no line of JSON")
                continue
            counts[event["exchange_id"], event["type"]] += 1
    once = ("started", "request_recorded", "completed")
    for (name, kind), count in counts.items():
        if kind in once and count > 1:
            found.twice += 1
            found.note(f"{name} has {count} lines {kind}")
    for row in rows:
        for kind in once:
            due = kind != "completed" or row["outcome"] != "open"
            if due and row["jsonl_file"] and not counts[row["id"], kind]:
                found.torn += 1
                found.note(f"{row['id']} ({row['outcome']}) has no line {kind}")
    for name in {name for name, _ in counts} - {row["id"] for row in rows}:
        found.torn += 1
        found.note(f"{name} has lines and no row")


def _look_at_the_database(home: Path, found: Audit) -> None:
    # By the SQLite that wrote it: 3.40 takes tables as ours for damaged where it is
    # told to be strict about a column behind the key.
    db = apsw.Connection(str(home / "sessions.db"))
    try:
        result = db.execute("PRAGMA integrity_check(1)").get
        if result != "ok":
            found.torn += 1
            found.note(f"integrity_check: {result}")
        broken = db.execute("PRAGMA foreign_key_check").fetchall()
        left = db.execute(
            "SELECT count(*) FROM open_answers WHERE exchange_id NOT IN"
            " (SELECT id FROM exchanges WHERE outcome = 'open')"
        ).get
        found.torn += len(broken) + left
        if broken or left:
            found.note(f"{len(broken)} broken references, {left} pieces left over")
        db.execute(
            "INSERT INTO texts_index (texts_index, rank) VALUES ('integrity-check', 1)"
        )
    except apsw.Error as error:
        found.torn += 1
        found.note(f"the database: {error}")
    finally:
        db.close()


def unrecorded(home: Path, asked: Iterable[Asked]) -> list[Asked]:
    """Requests that were answered to their end and of which no row says so."""
    rows = rows_of(home)
    known = {row["user_agent"] for row in rows if row["outcome"] == "answered"}
    return [one for one in asked if one.status == 200 and one.agent not in known]


def unseen(home: Path, asked: Iterable[Asked]) -> list[Asked]:
    """Requests that were sent, never answered, and have no row at all."""
    known = {row["user_agent"] for row in rows_of(home)}
    return [one for one in asked if not one.answered and one.agent not in known]

"""Exactly once: with the store as the judge, and with the files alone."""

import errno
import os
from datetime import date

import pytest

from lunaroute.errors import StoreError
from lunaroute.recording import _journal as journal
from lunaroute.recording._keeper import FileKeeper, StoreKeeper
from lunaroute.recording._record import make_records
from lunaroute.store import open_store
from tests.recording.build import anthropic_message

DAY, NEXT = date(2026, 1, 2), date(2026, 1, 3)


def record(number=1, *, session="sess-a", resent=False):
    raw = anthropic_message(number, session=session, resent=resent)
    (made,) = make_records(raw, b"k")
    return made


def ids(rows):
    return [row.id for row in rows]


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        yield store


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "sessions"


def text(directory, day=DAY, session="sess-a"):
    path = directory / day.isoformat() / f"session_{session}.jsonl"
    return path.read_bytes() if path.exists() else b""


class TestWithStore:
    @pytest.fixture
    def keeper(self, store, directory):
        return StoreKeeper(store, directory)

    def test_once(self, keeper, store, directory):
        assert ids(keeper.keep([record(1), record(2)], DAY)) == ["boot-0-1", "boot-0-2"]
        assert ids(keeper.keep([record(1), record(3)], DAY)) == ["boot-0-3"]
        lines = b"".join(record(number).lines for number in (1, 2, 3))
        assert text(directory) == lines
        rows = store.exchanges("sess-a")
        assert ids(rows) == ["boot-0-1", "boot-0-2", "boot-0-3"]
        assert rows[0].jsonl_file == "2026-01-02/session_sess-a.jsonl"

    def test_a_day_is_a_file(self, keeper, directory):
        keeper.keep([record(1)], DAY)
        keeper.keep([record(2), record(1)], NEXT)
        assert text(directory) == record(1).lines
        assert text(directory, NEXT) == record(2).lines

    def test_what_stood_in_a_file_before_stays(self, keeper, directory):
        path = directory / DAY.isoformat() / "session_sess-a.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"before\ntorn")
        keeper.keep([record(1)], DAY)
        assert text(directory) == b"before\n" + record(1).lines

    def test_what_was_appended_and_not_committed_goes_at_the_start(
        self, keeper, store, directory
    ):
        keeper.keep([record(1)], DAY)
        path = directory / DAY.isoformat() / "session_sess-a.jsonl"
        with path.open("ab") as file:
            file.write(record(2).lines + b"torn")
        StoreKeeper(store, directory).keep([record(3, session="sess-b")], NEXT)
        assert text(directory) == record(1).lines

    @pytest.mark.parametrize("day", [DAY, NEXT])
    def test_a_failed_commit_can_be_repeated(
        self, keeper, store, directory, monkeypatch, day
    ):
        keeper.keep([record(1)], DAY)
        with monkeypatch.context() as patch:
            from lunaroute.recording import _keeper

            def fail(*_):
                raise StoreError("disk full")

            patch.setattr(_keeper, "_add", fail)
            with pytest.raises(StoreError):
                keeper.keep([record(2), record(3, session="sess-b")], DAY)
        assert store.exchanges("sess-b") == ()
        keeper.keep([record(2), record(3, session="sess-b")], day)
        whole = text(directory) + (text(directory, NEXT) if day is NEXT else b"")
        assert whole == record(1).lines + record(2).lines
        assert text(directory, day, "sess-b") == record(3, session="sess-b").lines

    def test_a_full_disk_in_the_middle_of_a_line(
        self, keeper, store, directory, monkeypatch
    ):
        write = os.write
        with monkeypatch.context() as patch:

            def half(descriptor, data):
                write(descriptor, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")

            patch.setattr(os, "write", half)
            with pytest.raises(OSError, match="No space"):
                keeper.keep([record(1)], DAY)
        assert store.exchanges("sess-a") == ()
        keeper.keep([record(1)], DAY)
        assert text(directory) == record(1).lines

    def test_a_link_in_the_way_takes_only_the_events(
        self, keeper, store, directory, tmp_path
    ):
        path = directory / DAY.isoformat() / "session_sess-a.jsonl"
        path.parent.mkdir(parents=True)
        path.symlink_to(tmp_path / "target")
        assert len(keeper.keep([record(1), record(2, session="sess-b")], DAY)) == 2
        assert not (tmp_path / "target").exists()
        assert store.exchanges("sess-a")[0].jsonl_file is None
        assert text(directory, session="sess-b")

    def test_a_deleted_file_begins_anew(self, keeper, directory):
        keeper.keep([record(1)], DAY)
        (directory / DAY.isoformat() / "session_sess-a.jsonl").unlink()
        keeper.keep([record(2)], DAY)
        assert text(directory) == record(2).lines

    def test_without_files(self, store, directory):
        StoreKeeper(store, None).keep([record(1)], DAY)
        assert ids(store.exchanges("sess-a")) == ["boot-0-1"]
        assert not directory.exists()

    def test_two_keepers_in_turn(self, store, directory):
        one, other = StoreKeeper(store, directory), StoreKeeper(store, directory)
        for number, keeper in enumerate([one, other, one, other]):
            keeper.keep([record(number)], DAY)
        assert text(directory) == b"".join(record(number).lines for number in range(4))


class TestFilesAlone:
    @pytest.fixture
    def keeper(self, directory):
        return FileKeeper(directory)

    def test_a_batch_and_another(self, keeper, directory):
        keeper.keep([record(1), record(2, session="sess-b")], DAY)
        keeper.keep([record(3)], DAY)
        assert text(directory) == record(1).lines + record(3).lines

    @pytest.mark.parametrize("day", [DAY, NEXT])
    def test_what_is_delivered_again_is_skipped(self, keeper, directory, day):
        keeper.keep([record(1)], DAY)
        fresh = FileKeeper(directory)
        assert ids(
            fresh.keep([record(1, resent=True), record(2, resent=True)], day)
        ) == ["boot-0-2"]
        whole = text(directory) + (text(directory, NEXT) if day is NEXT else b"")
        assert whole == record(1).lines + record(2).lines

    @pytest.mark.parametrize("kept", [1, 50, 0.5, 0.9])
    def test_a_torn_exchange_is_written_again_whole(self, keeper, directory, kept):
        keeper.keep([record(1)], DAY)
        path = directory / DAY.isoformat() / "session_sess-a.jsonl"
        lines = record(2).lines
        with path.open("ab") as file:
            file.write(
                lines[: kept if isinstance(kept, int) else int(len(lines) * kept)]
            )
        FileKeeper(directory).keep([record(2, resent=True)], DAY)
        assert text(directory) == record(1).lines + lines

    @pytest.mark.parametrize("fails_at", [1, 2])
    def test_a_batch_that_failed_halfway_can_be_repeated(
        self, keeper, directory, monkeypatch, fails_at
    ):
        keeper.keep([record(1)], DAY)
        batch = [record(2), record(3, session="sess-b")]
        calls = []
        append = journal.append

        def failing(path, lines, acknowledged, *, durable):
            calls.append(path)
            end = append(path, lines, acknowledged, durable=durable)
            if len(calls) == fails_at:
                raise OSError(errno.EIO, "Input/output error")
            return end

        with monkeypatch.context() as patch:
            patch.setattr(journal, "append", failing)
            with pytest.raises(OSError, match="Input/output"):
                keeper.keep(batch, DAY)
        keeper.keep(batch, DAY)
        assert text(directory) == record(1).lines + record(2).lines
        assert text(directory, session="sess-b") == batch[1].lines

    def test_memory_of_files_ends_with_the_day_after(self, keeper):
        keeper.keep([record(1)], DAY)
        keeper.keep([record(2)], date(2026, 1, 9))
        assert {path.parent.name for path in keeper._settled} == {"2026-01-09"}

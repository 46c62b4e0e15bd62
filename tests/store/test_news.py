"""What was added last, as a follower asks for it."""

from lunaroute.store import open_store
from tests.store.kit import database, prepared, text, write


def test_numbers_and_what_is_over(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        assert store.newest() == 0
        write(
            store,
            prepared(1, "a", texts=(text("prompt", "user", "x"),)),
            prepared(2, "a", listener="import:codex"),
            prepared(3, "b", outcome="open"),
        )
        assert store.newest() == 3
        assert [(n, row.id) for n, row in store.begun_after(0, 10)] == [(1, "boot-0-1"), (3, "boot-0-3")]  # fmt: skip
        assert [n for n, _ in store.begun_after(0, 1)] == [1]
        done, gone = store.over(["boot-0-1", "boot-0-3", "none"])
        assert (done.id, gone) == ("boot-0-1", "none")
        texts, calls = store.brought("boot-0-1")
        assert ([each.text for each in texts], calls) == (["x"], ())
        assert store.pieces("boot-0-3", 0) == ()

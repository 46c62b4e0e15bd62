"""Search: what is found, in what order, and that no input can break it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lunaroute.store import Hit, _search, open_store
from tests.store.kit import START, database, prepared, text, write


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = database(tmp_path_factory.mktemp("search"))
    with open_store(path, writer=True) as store:
        write(
            store,
            prepared(1, texts=(text("prompt", "user", "Fix foo_bar in src/app/auth.py"),
                               text("answer", "assistant", "foo is not foo_bar", 1))),
            prepared(2, session="s2", texts=(
                text("tool_input", "assistant", '{"cmd": "ls --no-verify"}'),
                text("answer", "assistant", "Ähnlich: café. TypeError E0382", 1))),
        )  # fmt: skip
        yield store


def kinds(hits):
    return sorted(hit.kind for hit in hits)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("foo_bar", ["answer", "prompt"]),
        ("foo", ["answer"]),
        ("FOO_BAR auth", ["prompt"]),
        ("src/app/auth.py", ["prompt"]),
        ('"auth py"', ["prompt"]),
        ('"py auth"', []),
        ("--no-verify", ["tool_input"]),
        ("TypeError", ["answer"]),
        ("E0382", ["answer"]),
        ("cafe ahnlich", ["answer"]),
        ("absent", []),
        ("foo_bar absent", []),
        ("-- !!", []),
        ("-- foo_bar", ["answer", "prompt"]),
        ("", []),
    ],
)
def test_found(store, words, expected):
    assert kinds(store.search(words, 10)) == expected


def test_a_hit_has_its_facts(store):
    (hit,) = store.search('"Fix foo_bar"', 10)
    assert hit == Hit(
        START + 1_000_000,
        "s1",
        "boot-0-1",
        "prompt",
        "user",
        (("Fix foo_bar", True), (" in src/app/auth.py", False)),
    )


def test_limit(store):
    assert len(store.search("foo_bar", 1)) == 1
    assert store.search("foo_bar", 0) == ()
    assert store.search("foo_bar", -5) == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(),
        st.text(alphabet='"*^:+-(){}\0 \ud800ORANDTfo_', max_size=60),
        st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")),
        st.binary().map(lambda data: data.decode("latin-1")),
    )
)
def test_no_input_raises(store, words):
    store.search(words, 5)


@pytest.mark.parametrize(
    "words",
    ["x" * 100_000, "a " * 50_000, '"' * 9_999, "( " * 300, '" ' * 5_000, "NEAR"],
)
def test_no_size_raises(store, words):
    store.search(words, 5)


def test_relevance_within_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(_search, "NEWEST", 3)
    with open_store(database(tmp_path), writer=True) as store:
        best_but_old = text("prompt", "user", "needle needle needle")
        write(store, prepared(1, texts=(best_but_old,)))
        for number in (2, 3, 4):
            words = "needle " * (2 if number == 3 else 1) + f"straw {number} " * number
            write(store, prepared(number, texts=(text("prompt", "user", words),)))
        found = [hit.exchange_id for hit in store.search("needle", 10)]
    assert found[0] == "boot-0-3"
    assert sorted(found) == ["boot-0-2", "boot-0-3", "boot-0-4"]

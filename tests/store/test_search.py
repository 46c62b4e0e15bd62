"""Search: what is found, in what order, and that no input can break it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.errors import StoreError
from lunaroute.store import Hit, Sort, _search, open_store, parse_query
from lunaroute.store import ToolCallRow as Call
from lunaroute.store import ToolResultRow as Result
from tests.store.kit import START, database, prepared, text, text_hash, write
from tests.store.test_query import ANY_TEXT


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


def letters(word):
    return any(letter.isalnum() or letter == "_" for letter in word)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("foo_bar", ["answer", "prompt"]),
        ("foo", ["answer", "prompt"]),
        ('"foo"', ["answer"]),
        ("BAR", ["answer", "prompt"]),
        ("ba*", ["answer", "prompt"]),
        ('"ba"*', []),
        ('"foo bar"', []),
        ("foo.bar", []),
        ("error -absent", ["answer"]),
        ("auth error", []),
        ("bar auth", ["prompt"]),
        # what is left out must stand as it is typed
        ("ls OR foo -error", ["answer", "prompt", "tool_input"]),
        ("-(bar OR typeerror)", ["answer", "prompt", "tool_input"]),
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
        ("foo*", ["answer", "prompt"]),
        ("foo_b*", ["answer", "prompt"]),
        ('"in sr"*', ["prompt"]),
        ("fo", []),
        ("E0382 OR auth", ["answer", "prompt"]),
        ("foo_bar -auth", ["answer"]),
        ("foo_bar NOT foo", ["prompt"]),
        ("-foo_bar", ["answer", "tool_input"]),
        ("-foo_bar -ls", ["answer"]),
        ("foo_bar (auth OR absent)", ["prompt"]),
        ("(foo_bar -auth) OR ls", ["answer", "tool_input"]),
        ("auth OR -foo_bar", ["answer", "prompt", "tool_input"]),
        ("NEAR(foo auth)", []),
        ("text:foo_bar", []),
    ],
)
def test_ids(store, words, expected):
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
        None,
        None,
        "answered",
    )


@pytest.mark.parametrize(
    ("query", "snippet"),
    [
        ("middleware", (("the ", False), ("AuthMiddleware", True), (" here", False))),
        ("midd*", (("the ", False), ("AuthMiddleware", True), (" here", False))),
        ("cafe", (("the AuthMiddleware ", False), ("un_café", True))),
        ("long", (("… ", False), ("a_long_name", True), (" ", False))),
    ],
)
def test_the_place_of_a_part_is_shown(tmp_path, query, snippet):
    with open_store(database(tmp_path), writer=True) as store:
        for number, words in enumerate(
            ("the AuthMiddleware here", "the AuthMiddleware un_café")
        ):
            write(store, prepared(number, texts=(text("prompt", "user", words),)))
        words = "straw " * 50 + "a_long_name " + "straw " * 50
        write(store, prepared(9, texts=(text("answer", "assistant", words),)))
        shown = [hit.snippet for hit in store.search(query, 5)]
    if query == "long":
        ((before, name, after),) = shown
        assert (name, before[0][0], after[0][-1]) == (snippet[1], "…", "…")
    else:
        assert snippet in shown


def test_whole_words_come_before_parts(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        for number, words in enumerate(("the auth is", "the user_auth is")):
            write(store, prepared(number, texts=(text("prompt", "user", words),)))
        found = [hit.exchange_id for hit in store.search("auth", 5)]
    assert found == ["boot-0-0", "boot-0-1"]


def test_limit(store):
    assert len(store.search("foo_bar", 1)) == 1
    assert store.search("foo_bar", 0) == ()
    assert store.search("foo_bar", -5) == ()


@given(ANY_TEXT)
def test_no_input_raises(store, text):
    query = parse_query(text)
    if query.refusal is None:
        store.search(query, 5)
    else:
        with pytest.raises(StoreError, match=re.escape(query.refusal)):
            store.search(text, 5)


WORDS = st.lists(st.text("ao_é1-.", min_size=1).filter(letters), min_size=1, max_size=4)


@given(WORDS)
def test_all_words_find_what_each_finds_and_no_more(store, words):
    words = [f'"{word}"' for word in words]
    alone = [ids(store, word) for word in words]
    assert ids(store, " ".join(words)) == set.intersection(*alone)
    assert ids(store, " OR ".join(words)) == set.union(*alone)


LEAVES = ["foo_bar", "foo", "auth*", '"is not"', "ls", "kind:answer", "session:s2"]
TREES = st.recursive(
    st.sampled_from(LEAVES),
    lambda tree: st.one_of(
        st.tuples(st.just("not"), tree),
        st.tuples(st.sampled_from(["and", "or"]), tree, tree),
    ),
    max_leaves=6,
)


def written(tree):
    if isinstance(tree, str):
        return tree
    name, *parts = tree
    shown = [written(part) for part in parts]
    if name == "not":
        return f"NOT {shown[0]}" if shown[0][0] in "-N" else f"-{shown[0]}"
    return f"({(' OR ' if name == 'or' else ' ').join(shown)})"


def meant(store, tree, is_exact=False):
    if isinstance(tree, str):
        is_word = tree in ("foo", "foo_bar", "ls")
        return ids(store, f'"{tree}"' if is_word and is_exact else tree)
    name, *parts = tree
    sets = [meant(store, part, is_exact != (name == "not")) for part in parts]
    if name == "not":
        return ids(store, "kind:*") - sets[0]
    return sets[0] | sets[1] if name == "or" else sets[0] & sets[1]


def ids(store, query):
    return {(hit.exchange_id, hit.kind) for hit in store.search(query, 100)}


@given(TREES)
def test_every_combination_means_what_it_says(store, tree):
    assert ids(store, written(tree)) == meant(store, tree)


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


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """Three exchanges, a second apart; the last two of them by a subagent."""
    with open_store(database(tmp_path_factory.mktemp("rich")), writer=True) as store:
        output = text("tool_output", "user", "edited moon")
        write(
            store,
            prepared(1, session="ab1", model_requested="claude-x", status=200, input_uncached=60,
                     cache_read=40, calls=(Call(0, "c1", "Edit", '{"p": "moon"}'),),
                     texts=(text("prompt", "user", "the moon"), text("tool_input", "assistant", '{"p": "moon"}', 1))),
            prepared(2, session="ab1", model_requested="claude-x", model_used="gpt_5%", status=200, agent="a77",
                     results=(Result("c1", text_hash("tool_output", "user", "edited moon"), 11, None),),
                     calls=(Call(0, "c2", "Bash", '{"c": "ls"}'),),
                     texts=(output, text("tool_input", "assistant", '{"c": "ls"}', 1))),
            prepared(3, session="aB[2]", status=429, outcome="refused_by_provider", agent="b8",
                     texts=(text("error", "provider", "Busy moon"), text("prompt", "developer", "x", 1))),
        )  # fmt: skip
        yield store


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tool:Edit", ["1 tool_input", "2 tool_output"]),
        ("tool:edit moon -edited", ["1 tool_input"]),
        ("tool:*a*", ["2 tool_input"]),
        ("tool:Ed", []),
        ("moon -tool:Edit", ["1 prompt", "3 error"]),
        ("(tool:Bash OR role:provider) -absent", ["2 tool_input", "3 error"]),
        ("model:claude-*", ["1 prompt", "1 tool_input", "2 tool_input", "2 tool_output"]),
        ("model:CLAUDE-X kind:prompt", ["1 prompt"]),
        ("model:gpt_5%", ["2 tool_input", "2 tool_output"]),
        ("model:gptx5%", []),
        ("-model:*x", ["3 error", "3 prompt"]),
        ("session:ab moon", ["1 prompt", "1 tool_input", "2 tool_output"]),
        ("session:aB[2 moon", ["3 error"]),
        ("session:b", []),
        ("session:?b1", []),
        ("agent:a moon", ["2 tool_output"]),
        ("agent:a77", ["2 tool_input", "2 tool_output"]),
        ("agent:* moon", ["2 tool_output", "3 error"]),
        ("-agent:*", ["1 prompt", "1 tool_input"]),
        ("status:ok moon", ["1 prompt", "1 tool_input", "2 tool_output"]),
        ("status:error", ["3 error", "3 prompt"]),
        ("status:429 moon", ["3 error"]),
        ("status:4xx", ["3 error", "3 prompt"]),
        ("status:refused_by_provider moon", ["3 error"]),
        ("-status:4xx moon", ["1 prompt", "1 tool_input", "2 tool_output"]),
        ("status:5xx", []),
        ("role:user", ["1 prompt"]),
        ("role:tool", ["2 tool_output"]),
        ("role:dev*", ["3 prompt"]),
        ("kind:tool_* moon", ["1 tool_input", "2 tool_output"]),
        ("kind:error OR kind:prompt", ["1 prompt", "3 error", "3 prompt"]),
        ("after:2025-10-09T08:53:22Z", ["2 tool_input", "2 tool_output", "3 error", "3 prompt"]),
        ("before:2025-10-09T08:53:22Z", ["1 prompt", "1 tool_input"]),
        ("after:1h", []),
        ("min_tokens:100", ["1 prompt", "1 tool_input"]),
        ("min_tokens:101", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sort", list(Sort))
def test_fields(rich, query, expected, sort):
    hits = rich.search(query, 10, sort)
    assert sorted(f"{hit.exchange_id[-1]} {hit.kind}" for hit in hits) == expected


def test_a_hit_tells_of_its_exchange(rich):
    (hit,) = rich.search("agent:a edited", 10)
    assert (hit.model, hit.agent, hit.outcome) == ("gpt_5%", "a77", "answered")


@pytest.mark.parametrize(
    ("query", "snippet"),
    [
        ("the (moon OR kind:answer)", (("the", True), (" ", False), ("moon", True))),
        ("(absent OR kind:prompt) session:ab", (("the moon", False),)),
        ("kind:prompt session:ab", (("the moon", False),)),
    ],
)
def test_what_is_shown_of_a_text(rich, query, snippet):
    assert [hit.snippet for hit in rich.search(query, 1)] == [snippet]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cost>0.50", [2]),
        ("cost>=0.5", [1, 2]),
        ("cost<1", [1]),
        ("cost<0.5", []),
        ("cost:0.5", [1]),
        ("-cost>0.5", [1, 3]),
        ("project:luna*", [1, 2]),
        ("project:LUNA-a", [1]),
        ("project:luna", []),
        ("-project:*", [3]),
        ("project:?*", []),
        ("needle -project:luna-a cost>0", [2]),
    ],
)
def test_projects_and_costs(tmp_path, query, expected):
    facts = ((1, "luna-a", 0.5), (2, "luna-b", 1.0), (3, None, None))
    with open_store(database(tmp_path), writer=True) as store:
        for number, project, cost in facts:
            texts = (text("prompt", "user", f"needle {number}"),)
            write(store, prepared(number, texts=texts, project=project, cost_usd=cost))
        found = sorted(int(hit.exchange_id[-1]) for hit in store.search(query, 9))
    assert found == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tool:Edit file:auth.py", ["tool_input", "tool_output"]),
        ("file:app/auth.py", ["tool_input", "tool_output"]),
        ("file:/src/app/AUTH.py kind:tool_input", ["tool_input"]),
        ("file:auth*", ["tool_input", "tool_output"]),
        ("file:uth.py", []),
        ("file:app", []),
        ("file:app/*", ["tool_input", "tool_output"]),
        ("file:auth_py", []),
        ("tool:Bash file:auth.py", []),
        ("-file:auth.py", ["prompt", "tool_input"]),
    ],
)
def test_files(tmp_path, query, expected):
    edit, other = '{"file_path": "/src/app/auth.py"}', '{"c": "auth.py"}'
    calls = (
        Call(0, "c1", "Edit", edit, ("/src/app/auth.py",)),
        Call(1, "c2", "Bash", other),
    )
    inputs = (
        text("tool_input", "assistant", edit),
        text("tool_input", "assistant", other, 1),
    )
    brought = Result("c1", text_hash("tool_output", "user", "done"), 4, None)
    with open_store(database(tmp_path), writer=True) as store:
        write(store, prepared(1, calls=calls, texts=inputs))
        texts = (
            text("tool_output", "user", "done"),
            text("prompt", "user", "auth.py", 1),
        )
        write(store, prepared(2, texts=texts, results=(brought,)))
        assert kinds(store.search(query, 9)) == expected


def test_a_long_text_without_words_to_show_is_cut(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        write(store, prepared(1, texts=(text("prompt", "user", "moon " * 100),)))
        ((shown, is_match),) = store.search("kind:prompt", 1)[0].snippet
    assert (len(shown), shown[-1], is_match) == (161, "\u2026", False)


def test_the_orders(tmp_path, monkeypatch):
    monkeypatch.setattr(_search, "NEWEST", 2)
    with open_store(database(tmp_path), writer=True) as store:
        for number in (3, 1, 2):  # in the order in which they ended
            words = "needle " * (number == 3) + f"needle straw {number}"
            write(store, prepared(number, texts=(text("prompt", "user", words),)))
        orders = {
            (query, sort.value): "".join(
                hit.exchange_id[-1] for hit in store.search(query, 10, sort)
            )
            for query in ("needle", "kind:prompt")
            for sort in Sort
        }
    assert orders == {
        ("needle", "best"): "21",
        ("needle", "time"): "21",
        ("needle", "rank"): "321",
        ("kind:prompt", "best"): "21",
        ("kind:prompt", "time"): "21",
        ("kind:prompt", "rank"): "321",
    }


def test_the_newest_are_counted_among_those_that_the_fields_leave(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(_search, "NEWEST", 1)
    with open_store(database(tmp_path), writer=True) as store:
        for number, kind in enumerate(("prompt", "answer", "answer")):
            write(store, prepared(number, texts=(text(kind, "user", "needle"),)))
        assert kinds(store.search("needle kind:prompt", 10)) == ["prompt"]


def test_fields_look_further_back_until_there_are_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(_search, "NEWEST", 2)
    monkeypatch.setattr(_search, "WIDENED", 2)
    kinds_of = ("prompt", "prompt", "prompt", "answer", "prompt", "answer")
    with open_store(database(tmp_path), writer=True) as store:
        for number, kind in enumerate(kinds_of):
            words = "needle " * (number == 0) + f"needle straw {number}"
            write(store, prepared(number, texts=(text(kind, "user", words),)))

        def found(query, limit, sort=Sort.BEST):
            hits = store.search(query, limit, sort)
            return "".join(hit.exchange_id[-1] for hit in hits)

        assert found("needle kind:prompt", 1) == "4"
        assert found("needle kind:prompt", 2) == "42"
        assert found("needle kind:prompt", 2, Sort.TIME) == "42"
        assert found("needle kind:prompt", 3, Sort.RANK) == "042"
        assert found("needle kind:thinking", 3) == ""


def test_whether_there_is_anything_to_search(store, tmp_path):
    assert store.has_texts()
    with open_store(database(tmp_path), writer=True) as empty:
        assert not empty.has_texts()

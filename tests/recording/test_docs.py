"""The recipes of docs/recording.md run and answer."""

import re
from pathlib import Path

import apsw

from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.recording.build import anthropic_stream

PAGE = (Path(__file__).parents[2] / "docs" / "recording.md").read_text()


def test_the_sql_runs(tmp_path):
    path = tmp_path / "sessions.db"
    with open_store(path, writer=True) as store:
        Recorder(None, store).record([anthropic_stream(1)])
    queries = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    answers = [connection.execute(query).fetchall() for query in queries]
    since = queries[0].replace("'now', '-7 days'", "'2025-10-01'")
    assert connection.execute(since).fetchall() == [("claude-x-1", 1, 115, 42)]
    assert len(answers[1]) == 1
    connection.close()


def test_every_table_is_named(tmp_path):
    path = tmp_path / "sessions.db"
    open_store(path, writer=True).close()
    connection = apsw.Connection(str(path))
    names = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main'"
        " AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    connection.close()
    assert {f"`{name}`" for (name,) in names} <= set(re.findall(r"`\w+`", PAGE))

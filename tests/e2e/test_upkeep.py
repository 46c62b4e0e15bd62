"""What looks after the record, with the real program running."""

import json
from contextlib import closing

from tests.importing.kit import FIXTURES
from tests.kit import Raw, Serve, ask, post, until
from tests.provider import Provider
from tests.upkeep.kit import day, fill, names, site


def test_a_running_recorder_does_it_and_the_port_does_not(tmp_path):
    place = site(tmp_path)
    fill(place, [0, 20])
    with (
        closing(Provider()) as provider,
        Serve(place.home, provider.url) as serve,
    ):
        with Raw(serve.port) as raw:
            raw.send(post(ask()))
            assert raw.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        serve.recorded(7)
        word = json.loads((place.home / "recorder.lock").read_text())["token"]
        for path in ("/upkeep", "/sessions/../upkeep", "/sessions/%2e%2e/upkeep"):
            with Raw(serve.port) as raw:
                raw.send(
                    f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
                    f"lunaroute-upkeep: {word}\r\nContent-Length: 18\r\n\r\n"
                    '{"task":"cleanup"}'.encode()
                )
                assert b'"result"' not in raw.read_answer()[1]
        assert len(names(place)) == 3
        done = serve.run("cleanup", "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert {each["what"] for each in found["items"]} == {"age"}
        # What came in today is there, and goes on being recorded.
        assert all(str(day(0)) not in name for name in names(place))
        with Raw(serve.port) as raw:
            raw.send(post(ask()))
            assert raw.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        asked = (
            "SELECT session_id FROM exchanges"
            " WHERE endpoint = 'messages' AND outcome = 'answered' ORDER BY started_at"
        )
        until(lambda: len(serve.rows(asked)) == 2, "both answers are recorded")
        gone, kept = (row["session_id"] for row in serve.rows(asked))
        done = serve.run("sessions", "delete", "--yes", gone)
        assert done.stdout == "1 session deleted: 1 exchange, 1 file\n", done.stderr
        done = serve.run("import", str(FIXTURES / "claude_code.jsonl"))
        assert "1 file imported (2 exchanges)" in done.stdout, done.stderr
        # What was recorded is redacted under the recorder, which goes on.
        before = len(serve.rows(asked))
        done = serve.run("scan", "--fix", "--all", "--json")
        assert not json.loads(done.stdout)["warnings"], done.stdout
        with Raw(serve.port) as raw:
            raw.send(post(ask()))
            assert raw.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        until(lambda: len(serve.rows(asked)) == before + 1, "the last is recorded")
        assert serve.stop() == 0
        left = {row["session_id"] for row in serve.rows()}
        assert gone not in left
        assert kept in left
        for path in place.home.rglob("*"):
            assert not path.is_file() or gone.encode() not in path.read_bytes(), path


def test_a_database_that_was_damaged_comes_back_from_the_files(tmp_path):
    home = tmp_path / "home"
    place = site(tmp_path)
    fill(place, [0, 1, 2])
    content = bytearray(place.database.read_bytes())
    content[4_096:] = b"\x5a" * (len(content) - 4_096)
    place.database.write_bytes(content)
    with closing(Provider()) as provider, Serve(home, provider.url) as serve:
        with Raw(serve.port) as raw:
            raw.send(post(ask()))
            assert raw.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        until(lambda: "exchanges came back" in serve.stderr, "the new database")
        assert "9 exchanges came back" in serve.stderr
        assert list(home.glob("sessions.db.damaged-*"))
        rows = serve.recorded(10)
        assert {row["session_id"] for row in rows} >= {"day-0", "day-1", "day-2"}
        assert serve.stop() == 0

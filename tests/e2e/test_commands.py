"""The commands that LunaRoute was announced with, as people paste them: verbatim, in a
shell, against the files, the database and the API of the real program.
"""

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest
import zstandard

from tests.kit import Raw, Serve, ask, post, until
from tests.provider import Provider

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("curl", "grep", "jq", "zstdcat"))),
    reason="curl, grep, jq and zstdcat are asked",
)

OURS = "550e8400-e29b-41d4-a716-446655440000"
DEAR = "7d44fba1-8f4b-4f0e-9c1e-0d6f6a3c9b21"
BROKEN = "0c5f9f0e-54a1-4c68-b1fd-6b51d9ac1a53"

FILES = "~/.lunaroute/sessions/$(date +%Y-%m-%d)"
TOTAL = f"""cat {FILES}/*.jsonl | \\
  jq -s '[.[] | select(.final_stats) | .final_stats.tokens.total] | add'"""
DEAREST = f"""cat {FILES}/*.jsonl | \\
  jq -s 'group_by(.session_id) |
         map({{session: .[0].session_id, tokens: ([.[] | .final_stats.tokens.total // 0] | add)}}) |
         sort_by(.tokens) |
         reverse |
         first'"""
BY_MODEL = """SELECT model_used, COUNT(*), SUM(input_tokens), SUM(output_tokens)
FROM sessions
WHERE started_at > datetime('now', '-7 days')
GROUP BY model_used;"""


class Shell:
    """Runs commands with a home whose curl finds port 8081 where ours is served."""

    def __init__(self, home, port: int) -> None:
        (home / ".curlrc").write_text(
            f'silent\nnoproxy = "*"\nconnect-to = "localhost:8081:127.0.0.1:{port}"\n'
        )
        self._variables = {**os.environ, "HOME": str(home)}
        self._home = home

    def __call__(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            env=self._variables,
            cwd=self._home / ".lunaroute",
            timeout=60,
        )
        assert not done.stderr, done.stderr
        return done.stdout

    def json(self, command: str):
        return json.loads(self(command))

    def sessions(self, query: str) -> set[str]:
        found = self.json(f'curl "http://localhost:8081/sessions{query}"')
        return {session["session_id"] for session in found}


def answer(model: str, tokens: int):
    """A provider's script: an answer of ``model`` whose prompt had so many tokens."""
    body = json.dumps(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": "It is a TypeError; convert it."}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": tokens, "output_tokens": 20},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda _: [head.encode() + body]


def refusal(_):
    body = b'{"type":"error","error":{"type":"api_error","message":"down"}}'
    head = f"HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return [head.encode() + body]


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    home = tmp_path_factory.mktemp("person")
    scripts = {
        "ours": answer("claude-sonnet-4", 100),
        "dear": answer("claude-opus-4-1", 12_000),
        "broken": refusal,
    }
    with (
        closing(Provider(scripts=scripts)) as provider,
        Serve(home / ".lunaroute", provider.url) as serve,
        Raw(serve.port) as client,
    ):
        for marker, session, more in (
            ("ours", OURS, {"X_Project_ID": "myapp"}),
            ("ours", OURS, {"X_Project_ID": "myapp"}),
            ("dear", DEAR, {"X_Project_ID": "other"}),
            ("broken", BROKEN, {}),
        ):
            text = f"debugging [[{marker}]]" if marker != "dear" else f"[[{marker}]]"
            model = "claude-opus-4-1" if marker == "dear" else "claude-sonnet-4"
            messages = [{"role": "user", "content": text}]
            body = ask(session=session, model=model, messages=messages)
            client.send(post(body, **more))
            client.read_answer()
        serve.recorded(4)
        yield Shell(home, serve.port)


def test_sessions_are_asked_for_by_curl(shell):
    assert shell.sessions("?text_search=debugging") == {OURS, BROKEN}
    assert shell.sessions("?text_search=TypeError&days=7") == {OURS, DEAR}
    assert shell.sessions("?min_total_tokens=10000") == {DEAR}
    assert shell.sessions("?model=claude-sonnet-4&days=7") == {OURS, BROKEN}
    assert shell.sessions("?success=false") == {BROKEN}
    url = f"http://localhost:8081/sessions/{OURS}"
    assert shell.json(f'curl "{url}" | jq')["session_id"] == OURS
    for below in ("/timeline", "/tools"):
        assert shell(f'curl "{url}{below}" | jq').startswith(("[", "{"))
    row = shell.json(f'curl "{url}"')["turns"][0]["id"]
    assert "debugging" in shell(f'curl "{url}/raw/{row}"')
    assert shell("curl http://localhost:8081/healthz")


def test_a_projects_sessions_are_selected_by_their_metadata(shell):
    found = shell.json(
        """curl "http://localhost:8081/sessions" | jq '.[] | select(.metadata.project == "myapp")'"""
    )
    assert found["session_id"] == OURS
    assert found["request_count"] == 2


def test_todays_tokens_are_summed_by_jq(shell):
    assert shell.json(TOTAL) == 2 * 120 + 12_020
    assert shell.json(DEAREST) == {"session": DEAR, "tokens": 12_020}


def test_words_are_found_by_grep(shell):
    found = shell('grep -r "TypeError" ~/.lunaroute/sessions/')
    assert OURS in found
    assert DEAR in found


def test_files_are_listed_and_followed(shell):
    listed = shell(f"ls -lh {FILES}/")
    assert f"session_{OURS}.jsonl" in listed

    def followed() -> bool:
        # tail writes the names of several files between their lines, which jq takes
        # for the end of what it can read; one file has none.
        name = f"session_{OURS}.jsonl"
        return '"completed"' in shell(f"timeout 3 tail -f {FILES}/{name} | jq")

    until(followed, "the events of a followed file")


def test_the_database_is_asked_by_anybody(shell):
    path = shell._home / ".lunaroute" / "sessions.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        assert db.execute(BY_MODEL).fetchall() == [
            (None, 1, 0, 0),
            ("claude-opus-4-1", 1, 12_000, 20),
            ("claude-sonnet-4", 1, 200, 40),
        ]
        found = db.execute(
            "SELECT * FROM sessions WHERE model_used = 'claude-sonnet-4'"
        )
        assert len(found.fetchall()) == 1


def test_a_compressed_file_is_read_by_zstdcat(shell):
    directory = shell._home / ".lunaroute" / "sessions" / "2024-12-01"
    directory.mkdir()
    (source,) = shell._home.rglob(f"session_{OURS}.jsonl")
    packed = zstandard.compress(source.read_bytes(), 3)
    (directory / "session_abc123.jsonl.zst").write_bytes(packed)
    read = shell("zstdcat sessions/2024-12-01/session_abc123.jsonl.zst | jq")
    assert read == shell(f"jq . {source}")

"""The web page: its files, its policy, its data."""

import re
import shutil
import subprocess
from importlib.resources import files

import pytest
from starlette.testclient import TestClient

from lunaroute.errors import StoreError
from lunaroute.observer._options import PageOptions
from lunaroute.observer._page import FILES, page_application
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.recording.build import SESSION, anthropic_message


def client(database=None, **options):
    app = page_application(PageOptions(**options), database)
    return TestClient(app, "http://127.0.0.1:8082", backend="trio")


def test_the_page_and_its_files():
    asked = client(refresh_seconds=7)
    page = asked.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'data-refresh="7" data-export="true"' in page.text
    linked = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert set(linked) == set(FILES) - {"page.html"}
    for name in linked:
        answer = asked.get(f"/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(FILES[name])


def test_the_policy_allows_our_own_files_and_nothing_else():
    policy = client().get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    place = files("lunaroute.observer") / "page"
    texts = {name: (place / name).read_text() for name in FILES}
    for name, text in texts.items():
        foreign = set(re.findall(r"https?://[^\s\"'`)]+", text))
        assert foreign <= {"http://www.w3.org/2000/svg"}, name
    # Nothing that was recorded can become markup.
    for sink in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ):
        assert sink not in texts["page.js"]
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script>", texts["page.html"])


def test_data_beside_it(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "old", store).record([anthropic_message(1)])
    moved = tmp_path / "new"
    (tmp_path / "old").rename(moved)
    asked = client(tmp_path / "sessions.db", sessions_dir=moved)
    assert [row["session_id"] for row in asked.get("/sessions").json()] == [SESSION]
    assert asked.get("/stats?by=model").json()["total"]["requests"] == 1
    (spoken,) = asked.get(f"/sessions/{SESSION}/conversation").json()
    assert [text["kind"] for text in spoken["texts"]] == ["prompt", "answer"]
    raw = asked.get(f"/sessions/{SESSION}/raw/{spoken['exchange_id']}")
    assert raw.json()["model"] == "claude-x"
    assert asked.get(f"/sessions/{SESSION}/export").status_code == 200


def test_exports_can_be_switched_off(tmp_path):
    asked = client(tmp_path / "sessions.db", can_export=False)
    assert 'data-export="false"' in asked.get("/").text
    answer = asked.get("/sessions/x/export")
    assert answer.status_code == 403
    assert "ui.export_enabled" in answer.json()["error"]["message"]


def test_a_session_is_deleted_where_that_is_allowed(tmp_path):
    asked = []

    async def perform(task):
        asked.append(task)
        (name,) = task["sessions"]
        if name == "broken":
            raise StoreError("the disk is full")
        if name == "none":
            raise StoreError("there is no session 'none'")
        whole = {"begin": "beginning"}.get(name, name)
        return {"sessions": [{"session_id": whole}], "warnings": []}

    def delete(name, headers=None, **options):
        app = page_application(PageOptions(**options), tmp_path / "s.db", perform)
        own = TestClient(app, "http://127.0.0.1:8082", backend="trio")
        return own.delete(f"/sessions/{name}", headers=headers).status_code

    assert delete("a") == 405
    assert asked == []
    assert delete("a", can_delete=True) == 200
    assert [task.get("dry_run", False) for task in asked] == [True, False]
    assert delete("a", {"origin": "http://127.0.0.1:8082"}, can_delete=True) == 200
    assert delete("a", {"origin": "https://evil.example"}, can_delete=True) == 403
    asked.clear()
    assert delete("begin", can_delete=True) == 404  # a beginning is not enough here
    assert len(asked) == 1
    assert delete("none", can_delete=True) == 404
    assert delete("broken", can_delete=True) == 503
    assert 'data-delete="false"' in client().get("/").text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/", 405), ("DELETE", "/sessions", 405), ("GET", "/metrics", 404),
     ("GET", "/page.html", 404), ("GET", "/../pyproject.toml", 404)],
)  # fmt: skip
def test_nothing_else_is_served(method, path, status):
    assert client().request(method, path).status_code == status


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_the_script_is_one():
    path = files("lunaroute.observer") / "page" / "page.js"
    done = subprocess.run(
        ["node", "--check", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

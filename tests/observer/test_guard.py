"""Who may call at the web page's port."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from lunaroute.observer._guard import Guard
from lunaroute.routing import Admission

TOKEN = "0123456789abcdefghijklmnop"
CROSS = {"sec-fetch-site": "cross-site"}
LINK = {**CROSS, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


async def echo(request):
    return PlainTextResponse(request.url.path)


def client(peer="127.0.0.1", **admission):
    app = Starlette(routes=[Route("/{path:path}", echo)])
    guarded = Guard(app, Admission(**admission), log_requests=False)
    return TestClient(
        guarded, "http://127.0.0.1:8082", client=(peer, 5), backend="trio"
    )


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 200),
        ("/", {"host": "localhost:8082"}, 200),
        ("/", {"host": "[::1]:8082"}, 200),
        ("/", {"host": "evil.example"}, 403),
        ("/", {"host": "evil.example", **LINK}, 403),
        ("/sessions", {"origin": "http://127.0.0.1:8082"}, 200),
        ("/sessions", {"origin": "http://127.0.0.1:8081"}, 403),
        ("/sessions", {"origin": "null"}, 403),
        ("/sessions", CROSS, 403),
        ("/", LINK, 200),
        ("/sessions", LINK, 403),
        ("/", {**LINK, "sec-fetch-dest": "iframe"}, 403),
        ("/", {**LINK, "origin": "https://evil.example"}, 403),
    ],
)
def test_host_and_origin(path, headers, status):
    assert client().get(path, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("path", "headers", "status", "seen"),
    [
        ("/sessions", {}, 401, None),
        ("/t/wrong/sessions", {}, 401, None),
        (f"/t/{TOKEN}", {}, 401, None),
        (f"/t/{TOKEN}/sessions", {}, 200, "/sessions"),
        (f"/t/{TOKEN}/", {}, 200, "/"),
        ("/sessions", {"x-lunaroute-token": TOKEN}, 200, "/sessions"),
        ("/t/caf\u00e9/", {}, 401, None),
    ],
)
def test_other_machines_show_a_token(path, headers, status, seen):
    asked = client("192.0.2.9", token=TOKEN.encode(), allowed_hosts=frozenset("*"))
    answer = asked.get(path, headers=headers)
    assert answer.status_code == status
    if seen is not None:
        assert answer.text == seen
    else:
        assert answer.json()["error"]["message"]


def test_a_token_is_never_logged(caplog):
    app = Starlette(routes=[Route("/{path:path}", echo)])
    guarded = Guard(app, Admission(token=TOKEN.encode()), log_requests=True)
    with caplog.at_level("INFO", "lunaroute.page"):
        TestClient(guarded, "http://127.0.0.1", backend="trio").get(
            f"/t/{TOKEN}/a b%0a"
        )
    assert [record.getMessage() for record in caplog.records] == ["GET /a%20b%0A"]

"""The record over HTTP, beside the forwarding, from the real program."""

import json
from contextlib import closing

from tests.kit import Raw, Serve, ask, post
from tests.provider import Provider


def get(serve, path):
    with Raw(serve.port) as raw:
        raw.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return raw.read_answer()


def test_the_record_is_served_and_not_recorded(tmp_path):
    with (
        closing(Provider()) as provider,
        Serve(tmp_path / "home", provider.url) as serve,
    ):
        with Raw(serve.port) as raw:
            raw.send(post(ask()))
            assert raw.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        (row,) = serve.recorded(1)
        head, body = get(serve, "/sessions?text_search=mountain")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"x-total-count: 1" in head.lower()
        assert [each["session_id"] for each in json.loads(body)] == [row["session_id"]]
        detail = json.loads(get(serve, f"/sessions/{row['session_id']}")[1])
        assert [turn["id"] for turn in detail["turns"]] == [row["id"]]
        assert json.loads(get(serve, "/search?q=mountain")[1])
        stats = json.loads(get(serve, "/stats?by=model")[1])
        printed = json.loads(serve.run("stats", "--json", "--by", "model").stdout)
        assert stats == printed
        assert stats["total"]["requests"] == 1
        assert b"/sessions/{id}" in get(serve, "/openapi.json")[1]
        assert get(serve, "/sessions/none")[0].startswith(b"HTTP/1.1 404 ")
        assert serve.stop() == 0
        assert len(serve.rows()) == 1

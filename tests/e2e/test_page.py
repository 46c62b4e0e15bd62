"""The web page of the real program: its port, restarts, neighbours."""

import contextlib
import os
import re
import signal
import socket
from contextlib import closing

from tests.kit import CEILING, Raw, Serve, alive, ask, post, until
from tests.provider import Provider

ON = {"LUNAROUTE_UI_ENABLED": "true", "LUNAROUTE_UI_PORT": "0"}
DELETES = """
providers: {{anthropic: {{base_url: "{}"}}, openai: {{base_url: "{}"}}}}
ui: {{delete_enabled: true}}
"""


def page_port(serve):
    return int(re.search(r"page +http://127.0.0.1:(\d+)", serve.stdout)[1])


def get(port, path="/"):
    with Raw(port) as raw:
        raw.send(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        return raw.read_answer()


def test_the_page_outlives_what_serves_it(tmp_path):
    with (
        closing(Provider()) as provider,
        Serve(
            tmp_path / "home",
            "",
            config=DELETES.format(provider.url, provider.url),
            environment=ON,
        ) as serve,
    ):
        port = page_port(serve)
        head, body = get(port)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"content-security-policy: default-src 'none'" in head.lower()
        assert b"<title>LunaRoute</title>" in body
        with Raw(serve.port) as raw:
            raw.send(post(ask()))
            assert raw.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        (row,) = serve.recorded(1)
        found = get(port, f"/sessions/{row['session_id']}/export?format=html")
        assert b"Which mountain?" in found[1]
        # A page that is asked for while nobody serves it comes a little later.
        observer = serve.child("observer")
        os.kill(observer, signal.SIGKILL)
        assert b"<title>" in get(port)[1]
        other = serve.child("observer", other_than=observer)
        with Raw(port) as raw:
            raw.send(
                f"DELETE /sessions/{row['session_id']} HTTP/1.1\r\n"
                f"Host: localhost:{port}\r\n\r\n".encode()
            )
            assert raw.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        assert serve.rows() == []
        serve.process.send_signal(signal.SIGHUP)
        until(lambda: "configuration reloaded" in serve.stdout, "the reload")
        # Until the old observer is gone it may still accept, and hang up.
        until(lambda: not alive(other), "the old observer's end")
        assert b"<title>" in get(port)[1]


def test_a_server_that_stops_leaves_the_port_to_the_next(tmp_path):
    with (
        closing(Provider()) as provider,
        Serve(tmp_path / "home", provider.url, environment=ON) as serve,
        Raw(serve.port) as raw,
    ):
        port = page_port(serve)
        raw.send(post(ask("gated", stream=True)))
        assert provider.waiting.wait(CEILING)
        serve.process.send_signal(signal.SIGTERM)

        def is_free():
            with (
                contextlib.suppress(OSError),
                socket.create_server(("127.0.0.1", port)),
            ):
                return True

        until(is_free, "the free port")
        assert serve.process.poll() is None
        serve.process.send_signal(signal.SIGTERM)
        serve.wait()


def test_a_taken_port_costs_the_page_alone(tmp_path):
    with (
        closing(Provider()) as provider,
        Serve(tmp_path / "one", provider.url, environment=ON) as one,
        Serve(
            tmp_path / "two",
            provider.url,
            environment={**ON, "LUNAROUTE_UI_PORT": str(page_port(one))},
        ) as two,
    ):
        assert "page       off (its port is taken)" in two.stdout
        assert f"port {page_port(one)}: Address already in use" in two.stderr
        assert get(two.port, "/healthz")[0].startswith(b"HTTP/1.1 200 ")

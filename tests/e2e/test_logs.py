"""Everything that a server says, as JSON."""

import json
import os
import signal
from contextlib import closing

from tests.kit import Raw, Serve, ask, post
from tests.provider import Provider


def test_every_line_is_an_object(tmp_path):
    with (
        closing(Provider()) as provider,
        Serve(
            tmp_path / "home",
            *(provider.url, "--log-format", "json", "--log-level", "debug"),
            environment={"LUNAROUTE_LOG_SQL_QUERIES": "true"},
        ) as serve,
    ):
        with Raw(serve.port) as raw:
            raw.send(post(ask(), x_api_key="sk-ant-SeCrEtVaLuE"))
            raw.read_answer()
        serve.recorded(1)
        gateway = serve.child("gateway")
        os.kill(gateway, signal.SIGKILL)
        serve.child("gateway", other_than=gateway)
        assert serve.stop() == 0
    said = [json.loads(line) for line in serve.output + serve.errors]
    by_logger = {line["logger"]: line for line in said}
    assert "milliseconds" in by_logger["lunaroute.sql"]
    messages = [
        line["message"] for line in said if line["logger"] == "lunaroute.supervisor"
    ]
    assert any("serves on" in message for message in messages)
    assert any("the gateway ended (signal 9)" in message for message in messages)
    assert any("1 session" in message or "requests" in message for message in messages)
    assert "SeCrEtVaLuE" not in str(said)

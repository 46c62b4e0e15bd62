"""`lunaroute doctor`: as somebody would call it to whom something is not clear."""

import json

from lunaroute.cli._ask import unrecorded
from tests.kit import until


def test_a_sound_house_has_no_problem_and_a_broken_one_says_what_to_do(behind):
    behind.run("env", "--port", "0")
    server = behind.server()
    until(lambda: unrecorded(server) is not None, "the recorder")
    done = behind.run("doctor", "--online", "--port", server.url.rpartition(":")[2])
    assert f"server     ok       process {server.pid} at {server.url}" in done.stdout
    assert "provider   ok       anthropic: http://127.0.0.1:" in done.stdout
    assert "-> eval $(lunaroute env)" in done.stdout
    assert done.stdout.count("answers (status ") == 2  # what the providers said
    assert "no problem found" in done.stdout, done.stdout
    assert done.returncode == 0
    done = behind.run("doctor", "--online", "--json", LUNAROUTE_HOST="nowhere")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert {"topic", "level", "text", "remedy"} == set(found[0])
    assert any("LUNAROUTE_HOST" in each["text"] for each in found)

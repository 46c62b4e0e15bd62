"""The options of a server on their way to it."""

import json
import shlex
from pathlib import Path

from lunaroute.cli._serving import as_words, given_flags, supervisor_command


def test_what_was_not_given_is_left_out_and_paths_are_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = given_flags(
        {
            "host": None,
            "port": 0,
            "no_ui": False,
            "no_recording": True,
            "config": Path("a/b.yaml"),
            "bootstrap": Path("~/c.yaml"),
        }
    )
    assert given == {
        "port": 0,
        "no_recording": True,
        "config": str(tmp_path / "a/b.yaml"),
        "bootstrap": "~/c.yaml",
    }
    assert as_words(given) == shlex.split(
        f"--port 0 --no-recording --config {tmp_path}/a/b.yaml --bootstrap ~/c.yaml"
    )


def test_the_command_line_ends_in_the_words_that_people_look_for():
    command = supervisor_command({"port": 1}, {"log": "/l"})
    assert [json.loads(each) for each in command[4:6]] == [{"port": 1}, {"log": "/l"}]
    assert " ".join(command).endswith("lunaroute-server serve --port 1")

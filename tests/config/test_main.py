import json
import os
import subprocess
import sys

import pytest

from lunaroute.config.__main__ import main


def run(order, stdin="", **environ):
    return subprocess.run(
        [sys.executable, "-m", "lunaroute.config", *order],
        input=stdin,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **environ},
        timeout=60,
    )


def test_a_child_reads_options_and_writes_the_plan(tmp_path):
    done = run(["resolve"], '{"port": 0}', HOME=str(tmp_path), LUNAROUTE_PORT="5")
    assert (done.returncode, done.stderr) == (0, "")
    plan = json.loads(done.stdout)
    assert set(plan) == {"supervisor", "gateway", "observer"}
    assert plan["supervisor"]["port"] == 0


def test_a_wrong_configuration_is_a_sentence_and_exit_code_2(tmp_path):
    done = run(["resolve"], '{"config": "nope.yaml"}', HOME=str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.endswith(
        "nope.yaml: cannot be read: no such file or directory\n"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("stdin", ["[]", "{", "5"])
def test_options_that_are_no_object(capsys, stdin):
    assert main(["resolve"], stdin, {}) == 2
    assert "expected one JSON object" in capsys.readouterr().err


def test_the_generated_documents(capsys):
    assert main(["reference"], "", {}) == 0
    assert capsys.readouterr().out.startswith("# Configuration\n")
    assert main(["example"], "", {}) == 0
    assert "port: 8081" in capsys.readouterr().out


def test_any_other_order(capsys):
    assert main(["nonsense"], "", {}) == 2
    assert "usage" in capsys.readouterr().err

import json
import os
import sys

import pytest
from click.testing import CliRunner

from lunaroute.cli.config import command


@pytest.fixture
def run(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith("LUNAROUTE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments, **environ):
        runner = CliRunner()
        done = runner.invoke(command, arguments, env=environ)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done

    return invoke


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text("port: 9000\nproviders: {openai: {api_key: sk-hush}}\n")
    return path


def test_check_says_ok(run, file):
    done = run("check", "my.yaml")
    assert (done.exit_code, done.stdout) == (0, "my.yaml: ok\n")


def test_check_prints_warnings_and_stays_ok(run, file):
    file.write_text("session_recording: {worker: {batch_size: 3}}\n")
    done = run("check", "my.yaml")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "my.yaml: ok"
    assert "recording worker: known, but not built yet" in done.stdout


def test_check_prints_problems_on_stderr(run, file):
    file.write_text("prot: 1\nhost: x\n")
    done = run("check", "my.yaml")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2
    assert "did you mean port?" in done.stderr


def test_check_uses_the_callers_environment(run, file):
    file.write_text("host: ${MY_HOST}\n")
    assert run("check", "my.yaml").exit_code == 2
    assert run("check", "my.yaml", MY_HOST="::1").exit_code == 0


def test_check_of_a_missing_file(run):
    done = run("check", "no.yaml")
    assert done.exit_code == 2
    assert "cannot be read" in done.stderr


def test_show_tells_values_and_origins_but_no_secret(run, file):
    done = run("show", "--config", str(file), ANTHROPIC_API_KEY="sk-quiet")
    assert done.exit_code == 0
    rows = {
        line.split()[0]: line.split(None, 1)[1] for line in done.stdout.splitlines()
    }
    assert rows["port"].split(None, 1) == ["9000", f"file {file}"]
    assert rows["host"].split() == ["127.0.0.1", "default"]
    assert "set (hidden)" in rows["providers.openai.api_key"]
    assert "env ANTHROPIC_API_KEY" in rows["providers.anthropic.api_key"]
    assert "hush" not in done.output
    assert "quiet" not in done.output


def test_show_as_json(run, file):
    file.write_text(
        "providers: {openai: {api_key: sk-hush, request_headers: {A: hush}}}\n"
        "routing: {rules: [{name: a, model_pattern: b, primary: openai}]}\n"
    )
    done = run("show", "--config", str(file), "--json")
    content = json.loads(done.stdout)
    rows = {each["key"]: each for each in content["settings"]}
    assert rows["port"] == {"key": "port", "value": 8081, "origin": "default"}
    assert rows["providers.openai.api_key"]["value"] == "set (hidden)"
    assert rows["providers.anthropic.api_key"]["value"] is None
    assert rows["routing.rules"]["value"] == [
        {"name": "a", "model_pattern": "b", "primary": "openai"}
    ]
    assert any(each.startswith("routing: ") for each in content["warnings"])
    assert "hush" not in done.output


def test_show_prints_warnings_on_stderr(run, file):
    done = run("show", LUNAROUTE_PROT="1")
    assert "LUNAROUTE_PROT: unknown variable" in done.stderr


def test_show_of_a_wrong_file(run, file):
    file.write_text("prot: 1\n")
    done = run("show", "--config", str(file))
    assert (done.exit_code, done.stdout) == (2, "")


def test_show_on_a_terminal_is_a_table(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    command(["show"], standalone_mode=False)
    out = capsys.readouterr().out
    assert "where it came from" in out
    assert "127.0.0.1" in out

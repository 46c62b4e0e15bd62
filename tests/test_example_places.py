"""The configurations and deployments among the examples: each is loaded and started."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lunaroute.cli.serve import command as serve_command
from lunaroute.config import check_file, variables
from tests.kit import Raw, Serve, ask, post

ROOT = Path(__file__).parent.parent
CONFIGS = sorted((ROOT / "examples" / "configs").glob("*.yaml"))
DEPLOY = ROOT / "examples" / "deploy"
# What the comments of the files ask for.
SECRETS = {
    "PII_SECRET": "0123456789abcdef" * 4,
    "TEAM_TOKEN": "0123456789abcdefghijklmnop",
}


def test_those_that_were_announced_are_there():
    assert {each.stem for each in CONFIGS} >= {
        "claude-code-proxy",
        "claude-code-proxy-with-recording",
        "development",
        "multi-provider",
        "privacy-first",
        "team",
        "debug",
    }


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_configuration_has_only_settings_that_work(path, tmp_path):
    assert check_file(path, {**SECRETS, "HOME": str(tmp_path)}) == ()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_configuration_serves(path, tmp_path, provider, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where one of them records
    arguments = ("--config", str(path), "--host", "127.0.0.1")
    home = tmp_path / "home"
    environment = {**SECRETS, "LUNAROUTE_UI_PORT": "0"}
    with Serve(home, provider.url, *arguments, environment=environment) as serve:
        with Raw(serve.port) as client:
            client.send(post(ask()))
            assert client.read_answer()[0].startswith(b"HTTP/1.1 200")
        recorded = home / "sessions.db"
        if path.stem == "development":
            recorded = tmp_path / "sessions.db"
        if path.stem == "claude-code-proxy":
            assert "recording  off" in serve.stdout
        else:
            assert f"{recorded} (SQLite)" in serve.stdout
    assert "warning" not in serve.stderr


def serves(words: list[str]) -> None:
    """The words are a command line of ours, with options that there are."""
    assert words[0].rpartition("/")[2] == "lunaroute-server"
    assert words[1] == "serve"
    serve_command.make_context("serve", words[2:])


def test_the_image_copies_what_there_is_and_starts_what_there_is():
    text = (DEPLOY / "Dockerfile").read_text()
    copied = re.findall(r"^COPY ([^-\n][^\n]*) \S+$", text, re.MULTILINE)
    assert copied
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
    project = (ROOT / "pyproject.toml").read_text()
    for needed in re.findall(r'(?:readme = |license-files = \[)"([^"]+)"', project):
        assert needed in text
    serves(json.loads(re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)[1]))
    assert "LUNAROUTE_HOME" in variables()


def test_the_system_service_is_one(tmp_path):
    text = (DEPLOY / "lunaroute.service").read_text()
    line = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1]
    serves(shlex.split(line))
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # nobody here can judge it
    file = tmp_path / "lunaroute.service"
    file.write_text(text.replace("/opt/lunaroute/bin/lunaroute-server", "/bin/sh"))
    done = subprocess.run(
        [analyze, "verify", "--user", str(file)],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    assert str(file) not in done.stderr, done.stderr


def test_the_manifests_fit_together_and_their_settings_work(tmp_path):
    found = {each["kind"]: each for each in manifests()}
    settings = tmp_path / "config.yaml"
    settings.write_text(found["ConfigMap"]["data"]["config.yaml"])
    assert check_file(settings, {"HOME": str(tmp_path)}) == ()
    pod = found["Deployment"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    serves(container["args"])
    assert {each["name"] for each in container["env"]} <= set(variables())
    assert {each["name"] for each in pod["spec"]["volumes"]} == {
        each["name"] for each in container["volumeMounts"]
    }
    assert found["Service"]["spec"]["selector"] == pod["metadata"]["labels"]
    config = yaml.safe_load(settings.read_text())
    assert container["ports"][0]["containerPort"] == config["port"]
    grace = pod["spec"]["terminationGracePeriodSeconds"]
    assert grace >= config["http_server"]["shutdown_timeout_secs"] + 30


def manifests() -> list[dict]:
    text = (DEPLOY / "kubernetes.yaml").read_text()
    return list(yaml.safe_load_all(text))


def probes() -> list[list[str]]:
    text = (DEPLOY / "Dockerfile").read_text()
    (pod,) = [each for each in manifests() if each["kind"] == "Deployment"]
    (container,) = pod["spec"]["template"]["spec"]["containers"]
    return [
        json.loads(re.search(r"HEALTHCHECK .* CMD (\[.*\])$", text, re.MULTILINE)[1]),
        container["livenessProbe"]["exec"]["command"],
        container["readinessProbe"]["exec"]["command"],
    ]


def test_the_probes_tell_a_server_that_runs_from_none(serve):
    commands = [
        [sys.executable, *(word.replace("8081", str(serve.port)) for word in probe[1:])]
        for probe in probes()
    ]
    assert [subprocess.run(each).returncode for each in commands] == [0, 0, 0]
    serve.stop()
    done = [subprocess.run(each, capture_output=True).returncode for each in commands]
    assert done == [1, 1, 1]

"""`lunaroute serve`: options, start lines, errors a person would meet."""

import re

import pytest

from tests.kit import Serve, run


def test_the_start_lines_say_all_that_one_needs(tmp_path, provider):
    page = {"LUNAROUTE_UI_ENABLED": "true", "LUNAROUTE_UI_PORT": "0"}
    with Serve(tmp_path / "home", provider.url, environment=page) as serve:
        pass
    out = serve.stdout
    assert f"serves on {serve.url}" in out
    assert f"anthropic  {provider.url}  (your client's own credentials pass" in out
    assert str(tmp_path / "home" / "sessions") in out
    assert str(tmp_path / "home" / "sessions.db") in out
    assert re.search(r"page +http://127\.0\.0\.1:\d+\n", out)
    assert f"export ANTHROPIC_BASE_URL={serve.url}\n" in out
    assert f"export OPENAI_BASE_URL={serve.url}/v1\n" in out


def test_the_start_lines_say_whose_credentials(tmp_path, provider):
    config = (
        "providers:\n"
        f"  anthropic: {{base_url: '{provider.url}', api_key: sk-from-file}}\n"
        f"  openai: {{base_url: '{provider.url}'}}\n"
        "ui: {enabled: false}\n"
    )
    environment = {"OPENAI_API_KEY": "sk-from-env"}
    with Serve(tmp_path, "", config=config, environment=environment) as serve:
        out = serve.stdout + serve.stderr
    assert f"the key in {tmp_path / 'config.yaml'} replaces the client's" in out
    assert "the key in OPENAI_API_KEY is used only where the client sends none" in out
    assert "sk-from" not in out
    assert "page       off" in out


def test_no_recording_writes_nothing(tmp_path, provider):
    home = tmp_path / "home"
    with Serve(home, provider.url, "--no-recording") as serve:
        assert "recording  off" in serve.stdout
    assert list(home.iterdir()) == []


def test_files_are_private_whatever_the_umask(tmp_path, provider):
    from tests.kit import Raw, ask, post

    with Serve(tmp_path / "home", provider.url) as serve:
        with Raw(serve.port) as client:
            client.send(post(ask()))
            client.read_answer()
        serve.recorded(1)
        for path in [serve.home, *serve.home.rglob("*")]:
            mode = path.stat().st_mode & 0o777
            if path != serve.home:  # made by the test
                assert mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "99999"], "99999 is not in the range"),
        (["--dialect", "klingon"], "klingon"),
        (["--config", "/no/such/file.yaml"], "/no/such/file.yaml"),
        (["--host", "no such host"], "host"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_bad_options_are_one_sentence_and_exit_code_2(tmp_path, arguments, words):
    done = run(tmp_path, "serve", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_server_name_serves_without_a_subcommand(tmp_path):
    """Options before any command are serve's own."""
    done = run(tmp_path, "--port", "99999", program="lunaroute-server")
    assert done.returncode == 2
    assert "99999 is not in the range" in done.stderr
    done = run(
        tmp_path,
        program="lunaroute-server",
        environment={"LUNAROUTE_PORT": "not-a-port"},
    )
    assert done.returncode == 2
    assert "LUNAROUTE_PORT" in done.stderr


@pytest.mark.parametrize("command", ["serve", "demo", "search", "sessions", "config"])
def test_every_command_has_help(tmp_path, command):
    done = run(tmp_path, command, "--help")
    assert done.returncode == 0
    assert "Usage: lunaroute" in done.stdout

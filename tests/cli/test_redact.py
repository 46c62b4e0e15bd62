"""``lunaroute redact``."""

import json

import pytest
from click.testing import CliRunner

from lunaroute.cli.redact import command

TOKEN = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6"
TEXT = f"mail ada@example.org, use {TOKEN}\n"


def run(*words, given=TEXT):
    return CliRunner().invoke(command, [*words], input=given, catch_exceptions=False)


def test_secrets_only_unless_asked():
    assert run().stdout == "mail ada@example.org, use [GITHUB_TOKEN]\n"
    assert run("--all").stdout == "mail [EMAIL], use [GITHUB_TOKEN]\n"
    assert run("--kind", "email").stdout == f"mail [EMAIL], use {TOKEN}\n"


def test_a_file_is_read_and_its_bytes_kept(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xff\r\n" + TOKEN.encode() + b"\x00\xe2\x82")
    result = run(str(path))
    assert result.stdout_bytes == b"\xff\r\n[GITHUB_TOKEN]\x00\xe2\x82"


def test_spans():
    assert (
        run("--all", "--spans").stdout
        == "5\t20\temail\t0.95\n26\t66\tgithub_token\t0.98\n"
    )
    spans = json.loads(run("--all", "--spans", "--json").stdout)
    assert spans[0] == {"start": 5, "end": 20, "kind": "email", "confidence": 0.95}


def test_lines_of_json():
    lines = [{"id": 7, "text": "é😀 ada@example.org"}, {"id": "x", "text": "nothing"}]
    given = "\n\n".join(json.dumps(line) for line in lines)
    first, second = map(
        json.loads, run("--jsonl", "--all", given=given).stdout.splitlines()
    )
    assert first["id"] == 7
    assert first["text"] == lines[0]["text"]
    (span,) = first["spans"]
    assert first["text"][span["start"] : span["end"]] == "ada@example.org"
    assert second == {"id": "x", "text": "nothing", "spans": []}


def test_escapes_are_seen_through():
    text = '{"a":"ada\\u0040example.org"}'
    given = json.dumps({"id": 1, "text": text})
    (span,) = json.loads(run("--jsonl", "--all", given=given).stdout)["spans"]
    assert text[span["start"] : span["end"]] == "ada\\u0040example.org"


def test_confidence():
    given = "123 45 6789"
    assert run("--all", given=given).stdout == "[SSN]"
    assert run("--all", "--min-confidence", "0.9", given=given).stdout == given


@pytest.mark.parametrize(
    ("words", "given", "reason"),
    [
        (["--json"], "", "--json goes with --spans"),
        (["--jsonl", "--spans"], "", "leave --spans out"),
        (["--jsonl"], "{}\n", 'line 1 is no object with a "text"'),
        (["--jsonl"], '{"text":"a"}\n[\n', "line 2 is no JSON"),
        (["--kind", "emial"], "", "emial"),
    ],
)
def test_what_is_wrong_is_said(words, given, reason):
    result = run(*words, given=given)
    assert result.exit_code != 0
    assert reason in result.stderr

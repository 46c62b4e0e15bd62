"""Blocks from published guides: every one of them must go on working."""

import json
import shlex
from pathlib import Path

import pytest

from lunaroute.config import check_file, resolve
from lunaroute.errors import ConfigError

CORPUS = Path(__file__).parents[1] / "corpora/seeds_config.jsonl"
BLOCKS = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
FILES = [each for each in BLOCKS if each["kind"] != "env"]
LINES = [each for each in BLOCKS if each["kind"] == "env"]
SECRETS = {
    "PII_SECRET": "hush",
    "ANTHROPIC_API_KEY": "sk-ant-1",
    "OPENAI_API_KEY": "sk-1",
}


def named(block):
    return f"{block['source']}-{block['text'].split('=')[0].split()[-1][:40]}"


def test_the_corpus_is_whole():
    assert (len(FILES), len(LINES)) == (23, 75)


@pytest.mark.parametrize("block", FILES, ids=lambda each: each["source"])
def test_a_file(block, write, environ):
    path = write(block["text"], f"config.{block['kind']}")
    for each in check_file(path, environ | SECRETS):
        assert "known, but not built yet" in each


@pytest.mark.parametrize("block", LINES, ids=named)
def test_a_variable(block, write, environ, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("port: 1")  # the config.yaml that one line refers to
    name, _, value = shlex.split(block["text"])[-1].partition("=")
    resolved = resolve({}, environ | {name: value})
    assert not any("unknown" in each for each in resolved.warnings)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_that_is_not_set_never_becomes_its_own_name(name, write, environ):
    others = {key: value for key, value in SECRETS.items() if key != name}
    blocks = [each["text"] for each in FILES if f': "${{{name}}}"' in each["text"]]
    assert blocks
    for text in blocks:
        path = write(text)
        with pytest.raises(ConfigError, match=f"variable {name} is not set") as caught:
            check_file(path, environ | others)
        assert str(caught.value).startswith(f"{path}: ")

"""``lunaroute tail``: over a real server, over its observer's restart."""

import json
import os
import signal
import subprocess
import threading
from contextlib import closing

from lunaroute.cli.tail import Known, shown
from tests.cli.record import HOSTILE, is_harmless
from tests.kit import BIN, CEILING, Raw, Serve, ask, clean_environment, post, run, until
from tests.provider import Provider


def test_an_exchange_while_it_passes(tmp_path):
    home = tmp_path / "home"
    with closing(Provider()) as provider, Serve(home, provider.url) as serve:
        until((home / "recorder.lock").exists, "the recorder")
        until(lambda: "socket" in (home / "recorder.lock").read_text(), "its contact")
        tail = subprocess.Popen(
            [BIN / "lunaroute", "tail", "--json"],
            env=clean_environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(tail.stdout), daemon=True)
        reader.start()
        try:
            # It says nothing before something passes: ask until it has heard one.
            asked = 0
            while not lines:
                asked += 1
                with Raw(serve.port) as raw:
                    raw.send(post(ask()))
                    raw.read_answer()
                serve.recorded(asked)
            with Raw(serve.port) as raw:
                raw.send(post(ask("gated", stream=True)))
                assert provider.waiting.wait(CEILING)
                until(lambda: "[[gated]]" in "".join(lines), "the request")
                assert count(lines, "request") == count(lines, "end") + 1
                os.kill(serve.child("observer"), signal.SIGKILL)
                provider.gate.set()
                raw.read_answer()
            until(lambda: count(lines, "request") == count(lines, "end"), "its end")
            assert serve.stop() == 0
            assert tail.poll() is None  # it waits for another recorder
        finally:
            tail.send_signal(signal.SIGINT)
            assert tail.wait(CEILING) == 0
            reader.join()
            tail.stdout.close()
            tail.stderr.close()


def count(lines, kind):
    return sum(json.loads(line)["type"] == kind for line in lines)


def test_another_account_goes_on_where_the_last_ended():
    known = Known()
    assert known.after is None
    assert known.only_new({"type": "from", "number": 5}) is None
    assert known.after == 5
    asked = {"type": "request", "exchange_id": "x", "number": 7}
    said = {"type": "answer", "exchange_id": "x", "kind": "answer"}
    assert known.only_new(asked) == asked
    assert known.only_new({**said, "text": "The moon"})["text"] == "The moon"
    assert known.after == 6
    known.begin_again()
    assert known.only_new(asked) is None
    assert known.only_new({**said, "text": "The "}) is None
    assert known.only_new({**said, "text": "moon gu"})["text"] == " gu"
    end = {
        "type": "end",
        "exchange_id": "x",
        "texts": [{"kind": "answer", "text": "ides"}],
    }
    assert known.only_new(end) == end
    assert known.only_new(end) is None
    assert known.after == 7
    # All of it once more, and more than was told.
    other = {**asked, "exchange_id": "y", "number": 8}
    assert known.only_new(other) == other
    assert known.only_new({**said, "exchange_id": "y", "text": "ab"})
    known.begin_again()
    whole = {**end, "exchange_id": "y", "texts": [{"kind": "answer", "text": "abc"}]}
    assert known.only_new(whole)["texts"] == [{"kind": "answer", "text": "c"}]


def test_nobody_records(tmp_path):
    done = run(tmp_path / "home", "tail")
    assert done.returncode == 2
    assert "no `lunaroute serve` records into" in done.stderr


def test_what_is_shown():
    named = {"session_id": "0b9a3c1e-5d0f", "agent": None, "at": "2026-01-02T03:04:05Z"}
    asked = {
        **named, "type": "request", "model": "m", "endpoint": "messages",
        "request_class": "title", "texts": [{"role": "user", "kind": "prompt", "text": HOSTILE}],
    }  # fmt: skip
    head, prompt = (text.plain for text in shown(asked, full=False))
    assert head.split()[1:] == ["0b9a3c1e", "→", "m", "title"]
    assert prompt.startswith("  0b9a3c1e user/prompt: needle")
    assert is_harmless(prompt)
    many = {
        **named,
        "agent": "agent-7",
        "type": "answer",
        "kind": "answer",
        "text": "x\n" * 40,
    }
    (said,) = (text.plain for text in shown(many, full=False))
    assert "0b9a3c1e/agent-7 answer: x" in said
    assert said.endswith("… 29 more lines")
    assert len(next(shown(many, full=True)).plain.splitlines()) == 41
    end = {
        **named, "type": "end", "texts": [], "calls": [{"tool": "Edit", "arguments": "{}"}],
        "status": 529, "outcome": "refused_by_provider", "stop_reason": None,
        "duration_ms": 1500, "total_tokens": 1200, "cost_usd": None, "error": "Busy",
    }  # fmt: skip
    call, last = (text.plain for text in shown(end, full=False))
    assert call == "  0b9a3c1e tool Edit: {}"
    assert last.endswith(
        "←  529  refused_by_provider  1.50 s  1,200 tokens  unknown  Busy"
    )

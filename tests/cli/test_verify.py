"""``lunaroute verify`` through the real proxy, and what it says of one that changes."""

import json
from contextlib import closing

from click.testing import CliRunner

from lunaroute.cli._verify_cases import Places, generated
from lunaroute.cli._verify_wire import RecordingProvider, Verdict
from lunaroute.cli.verify import _difference, _differs, command
from tests.exporting.kit import store
from tests.kit import run
from tests.recording.build import SESSION

__all__ = ["store"]


def test_every_byte_is_the_same(tmp_path, store):
    done = run(tmp_path, "verify", "--count", "25", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert told["exchanges"] == told["requests_same"] == told["answers_same"] == 25
    assert told["different"] == []
    done = run(tmp_path, "verify", SESSION, "--db", str(store.path))
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("4 exchanges through a `lunaroute serve` of its own:")
    assert "requests: 4 arrived as they were sent, 0 did not" in done.stdout


def test_a_proxy_that_does_not_forward(tmp_path):
    # The provider itself answers at "the proxy": Host is not replaced then.
    with closing(RecordingProvider()) as elsewhere:
        arguments = ["--proxy", elsewhere.url, "--provider-port", "1"]
        port = elsewhere.url.rpartition(":")[2]
        taken = CliRunner().invoke(command, ["--provider-port", port])
    assert taken.exit_code == 2
    assert "Address already in use" in taken.stderr
    usage = CliRunner().invoke(command, arguments[:2])
    assert usage.exit_code == 2
    assert "--provider-port" in usage.stderr


def test_the_first_byte_that_differs_is_named():
    assert _difference(b"same", b"") == "nothing arrived of 4 bytes"
    assert _difference(b"abcd", b"abXd").startswith(
        "from byte 2 on b'Xd' instead of b'cd'"
    )
    assert "(3 bytes, 4 were sent)" in _difference(b"abcd", b"abc")
    (case,) = generated(1, 1, Places("http://a", "http://b"))
    whole = Verdict(case, case.at_provider, case.at_client)
    assert list(_differs(whole)) == []
    broken = Verdict(case, case.at_provider, b"x", "it broke")
    assert [words.partition(":")[0] for words in _differs(broken)] == [
        "it broke",
        "answer",
    ]

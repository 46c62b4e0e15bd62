"""A writer of another package beside the real program: a failing one is tried again."""

import json
from contextlib import closing

from tests.e2e.test_metrics import scrape
from tests.kit import Raw, Serve, ask, post, until
from tests.provider import Provider
from tests.writers.plugin import install


def test_a_writer_gets_what_is_recorded(tmp_path):
    site, kept = install(tmp_path / "site"), tmp_path / "kept"
    with closing(Provider()) as provider:
        config = json.dumps(
            {
                "providers": {"anthropic": {"base_url": provider.url}},
                "session_recording": {
                    "writers": {
                        "keeping": {"path": str(kept), "failures": 1},
                        "failing": None,
                    }
                },
            }
        )
        environment = {"PYTHONPATH": str(site)}
        with Serve(
            tmp_path / "home", provider.url, config=config, environment=environment
        ) as serve:
            with Raw(serve.port) as raw:
                raw.send(post(ask(session="s1")))
                raw.read_answer()
            (row,) = serve.recorded(1)
            until(kept.exists, "the copy")
            name = "lunaroute_writer_exchanges_total"
            until(
                lambda: (
                    scrape(serve).get(f"{name}{{writer=keeping,result=written}}") == 1
                )
            )
            found = scrape(serve)
            assert found[f"{name}{{writer=keeping,result=failed}}"] == 1
            assert found[f"{name}{{writer=failing,result=failed}}"] >= 1
            serve.stop()
        lines = kept.read_bytes().splitlines()
        assert json.loads(lines[0])[:2] == [row["id"], row["session_id"]]
        assert [json.loads(line) for line in lines[1:-1]] == serve.events()
        assert lines[-1] == b"closed"
        assert "the writer keeping works again" in serve.stderr
        assert "s3cret" not in serve.stderr

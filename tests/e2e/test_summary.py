"""The summary at the end of `serve` says what `lunaroute stats` says, once."""

import json
import re
from contextlib import closing

from tests.kit import Raw, Serve, ask, post
from tests.provider import Provider


def test_the_end_is_summed_up_once(tmp_path):
    with closing(Provider()) as provider:
        with Serve(tmp_path / "home", provider.url) as serve:
            with Raw(serve.port) as raw:
                for session in ("one", "two", "two"):
                    raw.send(post(ask(session=session)))
                    raw.read_answer()
            assert serve.stop() == 0
            said, found = serve.stdout, serve.run("stats", "--json")
        with Serve(tmp_path / "home", provider.url, "--no-recording") as silent:
            assert silent.stop() == 0
    total = json.loads(found.stdout)["total"]
    assert said.count("Session Statistics Summary") == 1
    assert len(re.findall(r"^Session: ", said, re.MULTILINE)) == 2
    whole = said.split("\nAll 2 sessions\n")[1]
    numbers = dict(re.findall(r"^  (\w+(?: tokens)?): +([\d,]+)", whole, re.MULTILINE))
    assert {name: int(text.replace(",", "")) for name, text in numbers.items()} == {
        "Requests": total["requests"],
        "Input tokens": total["input_tokens"],
        "Output tokens": total["output_tokens"],
        "Cache tokens": total["cache_read_tokens"],
        "Total tokens": total["total_tokens"],
    }
    assert total["requests"] == 3
    assert total["total_tokens"] > 0
    assert f"Estimated cost:  ${total['cost_usd']:.4f}" in whole
    assert silent.stdout.endswith("\nSession Statistics Summary: recording is off\n")

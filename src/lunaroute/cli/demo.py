"""``lunaroute demo``: a coding session through the real proxy, and what it recorded.

No key and no network: a simulated provider on loopback answers. Everything happens
in a temporary home that is gone afterwards.
"""

import contextlib
import hashlib
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from lunaroute.cli._demo_provider import MODEL, DemoProvider
from lunaroute.cli._instance import LUNAROUTE, own_environment, own_server

SESSION = "5f0c1a52-7d1e-4c0b-9f55-0c2a3d9be111"
PROMPT = (
    "test_price.py fails with a TypeError since this morning. Find out why, fix it."
)
RESULTS = (
    "1  def with_tax(price):\n2      return price * 1.19\n",
    "The file shop/price.py has been updated.",
)

ANSWER_SECONDS = 30.0


@click.command(name="demo")
def command() -> None:
    """Play a short session through the proxy and show its record.

    A simulated provider answers on loopback: no key, no network, nothing is kept.
    """
    click.echo(
        "LunaRoute sits between a coding assistant and its provider, passes every\n"
        "byte on unchanged and keeps a record that can be searched. Watch:\n"
    )
    with tempfile.TemporaryDirectory(prefix="lunaroute-demo-") as home:
        environment = own_environment(Path(home))
        with contextlib.closing(DemoProvider()) as provider:
            environment["LUNAROUTE_ANTHROPIC_BASE_URL"] = provider.url
            sent = _play_through_the_proxy(environment)
            same = sent == provider.received
        if not same:
            raise click.ClickException("the provider got other bytes than were sent")
        click.secho(
            f"\n{len(sent)} requests: the provider received exactly the bytes that "
            "were sent. And this is what was recorded:",
            bold=True,
        )
        for arguments in (
            ("sessions", "list"),
            ("sessions", "show", SESSION),
            ("search", "TypeError"),
        ):
            _run(arguments, environment)
        _show_files(Path(home))
    _say_what_next()


def _play_through_the_proxy(environment: dict[str, str]) -> list[str]:
    """Starts `lunaroute serve`, plays the session; hashes of the bodies sent."""
    click.secho("$ lunaroute serve --port 0", bold=True)
    with own_server(environment) as url:
        click.echo(f"  proxy on {url}, simulated provider behind it\n")
        return list(_play(url))


def _play(url: str) -> Iterator[str]:
    """What a coding assistant does: asks, runs the tool it is told to, asks again."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": PROMPT}]
    click.secho("you       ", fg="green", nl=False)
    click.echo(PROMPT)
    connection = http.client.HTTPConnection(
        urlsplit(url).netloc, timeout=ANSWER_SECONDS
    )
    with contextlib.closing(connection):
        for result in (*RESULTS, None):
            body = json.dumps(_request(messages)).encode()
            yield hashlib.sha256(body).hexdigest()
            connection.request("POST", "/v1/messages", body, _headers())
            content = _listen(connection.getresponse())
            messages.append({"role": "assistant", "content": content})
            if result is not None:
                call = content[-1]
                click.secho(f"tool      {call['name']} ", fg="cyan", nl=False)
                click.echo(call["input"]["file_path"])
                answer = {"type": "tool_result", "tool_use_id": call["id"]}
                messages.append(
                    {"role": "user", "content": [{**answer, "content": result}]}
                )


def _headers() -> dict[str, str]:
    return {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": "demo-key",
        "user-agent": "lunaroute-demo",
        "x-claude-code-session-id": SESSION,
    }


def _request(messages: list[dict[str, Any]]) -> dict[str, Any]:
    tool = {"type": "object", "properties": {"file_path": {"type": "string"}}}
    return {
        "model": MODEL,
        "max_tokens": 1024,
        "stream": True,
        "system": "You are a careful engineer.",
        "tools": [{"name": name, "input_schema": tool} for name in ("Read", "Edit")],
        "messages": messages,
    }


def _listen(answer: http.client.HTTPResponse) -> list[dict[str, Any]]:
    """Prints the text as it streams in; gives the answer's content back."""
    content: list[dict[str, Any]] = []
    arguments = ""
    click.secho("assistant ", fg="magenta", nl=False)
    for line in answer:
        if not line.startswith(b"data: "):
            continue
        event = json.loads(line[6:])
        if event["type"] == "content_block_start":
            content.append(event["content_block"])
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            if delta["type"] == "text_delta":
                content[-1]["text"] += delta["text"]
                click.echo(delta["text"], nl=False)
            else:
                arguments += delta["partial_json"]
    if arguments:
        content[-1]["input"] = json.loads(arguments)
    click.echo()
    return content


def _run(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    """Runs one of our own commands as a person would, its output on the screen."""
    click.secho(f"\n$ lunaroute {' '.join(arguments)}", bold=True)
    sys.stdout.flush()
    done = subprocess.run([*LUNAROUTE, *arguments], env=environment, check=False)
    if done.returncode:  # it has said why, or nobody listens any more
        raise click.exceptions.Exit(done.returncode)


def _show_files(home: Path) -> None:
    click.secho("\nOn disk (here in a temporary home, now removed)", bold=True)
    for path in sorted(home.rglob("*")):
        if path.suffix in (".jsonl", ".db"):
            size = path.stat().st_size
            click.echo(f"  {path.relative_to(home)}  {size / 1024:.0f} kB")


def _program() -> str:
    """How this person calls us: by name, or by the path beside the interpreter."""
    beside = Path(sys.executable).with_name("lunaroute")
    found = shutil.which("lunaroute")
    return "lunaroute" if found or not beside.exists() else str(beside)


def _say_what_next() -> None:
    click.secho("\nNow with your own assistant", bold=True)
    click.echo(
        f"  {_program()} serve\n"
        "  export ANTHROPIC_BASE_URL=http://127.0.0.1:8081     # Claude Code, SDKs\n"
        "  export OPENAI_BASE_URL=http://127.0.0.1:8081/v1     # OpenAI SDKs"
    )

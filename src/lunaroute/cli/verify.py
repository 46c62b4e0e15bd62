"""``lunaroute verify``: are the bytes the same on both sides of the proxy?"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import click

from lunaroute.cli._instance import own_environment, own_server
from lunaroute.cli._place import db_option, reading
from lunaroute.cli._text import counted, json_text, one_line
from lunaroute.cli._verify_cases import Case, Places, generated, recorded
from lunaroute.cli._verify_wire import RecordingProvider, Verdict, play

# Of those that differ so many are told one by one.
_TOLD = 10
_EXCERPT = 40


@click.command(name="verify")
@click.argument("session_id", metavar="[SESSION]", required=False)
@click.option(
    "--count",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=100,
    help="How many exchanges to generate.  [100]",
)
@click.option(
    "--seed", metavar="N", type=int, default=1, help="Of what is generated.  [1]"
)
@click.option(
    "--proxy",
    metavar="URL",
    help="One that runs; its base URLs are http://127.0.0.1:PORT of "
    "--provider-port, with /v1 for OpenAI.",
)
@click.option(
    "--provider-port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=0,
    help="Of the provider on loopback.  [any free one]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@db_option
def command(
    session_id: str | None,
    count: int,
    seed: int,
    proxy: str | None,
    provider_port: int,
    as_json: bool,
    db: str | None,
) -> None:
    """Compare every byte on both sides of the proxy.

    Sends exchanges through a proxy that is started for it, in a temporary home, to a
    provider on loopback. Heads, bodies and framing must arrive as they were sent, both
    ways, but for Host, and `Connection: close` where that ends an answer. They are
    generated, WebSockets too, or those of SESSION, if their bodies were kept.

    Exit code 0: nothing differs, 1: something does, 2: it could not be tried.
    """
    if proxy is not None and not provider_port:
        raise click.UsageError("--proxy needs the --provider-port that it forwards to")
    try:
        provider = RecordingProvider(provider_port)
    except OSError as error:
        click.echo(f"lunaroute: port {provider_port}: {error.strerror}", err=True)
        sys.exit(2)
    with closing(provider), _proxy(proxy, provider.url) as url:
        places = Places(url, provider.url)
        cases = _cases(session_id, count, seed, places, db)
        verdicts = play(url, provider, cases)
    _tell(verdicts, url, is_own=proxy is None, as_json=as_json)
    if not all(each.request_is_same and each.answer_is_same for each in verdicts):
        sys.exit(1)


@contextmanager
def _proxy(given: str | None, provider: str) -> Iterator[str]:
    if given is not None:
        yield given.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="lunaroute-verify-") as home:
        environment = {
            name: value
            for name, value in own_environment(Path(home)).items()
            if not name.lower().endswith("_proxy")
        }
        environment["LUNAROUTE_ANTHROPIC_BASE_URL"] = provider
        environment["LUNAROUTE_OPENAI_BASE_URL"] = f"{provider}/v1"
        with own_server(environment) as url:
            yield url


def _cases(
    session_id: str | None, count: int, seed: int, places: Places, db: str | None
) -> Sequence[Case]:
    if session_id is None:
        return list(generated(count, seed, places))
    # Imported here: only a session needs it.
    from lunaroute.exporting import copy_session  # noqa: PLC0415

    with reading(db) as store:
        cases = list(recorded(copy_session(store, session_id), places))
    if not cases:
        click.echo(
            f"lunaroute: of session {one_line(session_id)} no request's body was kept",
            err=True,
        )
        sys.exit(2)
    return cases


def _tell(
    verdicts: Sequence[Verdict], url: str, *, is_own: bool, as_json: bool
) -> None:
    wrong = [v for v in verdicts if not (v.request_is_same and v.answer_is_same)]
    counts = {
        "exchanges": len(verdicts),
        "requests_same": sum(v.request_is_same for v in verdicts),
        "answers_same": sum(v.answer_is_same for v in verdicts),
        "request_bytes": sum(len(v.at_provider) for v in verdicts),
        "answer_bytes": sum(len(v.at_client) for v in verdicts),
    }
    if as_json:
        told = [{"exchange": v.case.name, "what": list(_differs(v))} for v in wrong]
        click.echo(json_text({**counts, "proxy": url, "different": told}))
        return
    whose = "a `lunaroute serve` of its own" if is_own else url
    click.echo(
        f"{counted(counts['exchanges'], 'exchange')} through {whose}:"
        f" {counts['request_bytes']:,} bytes to the provider,"
        f" {counts['answer_bytes']:,} bytes back\n"
        f"requests: {counts['requests_same']:,} arrived as they were sent,"
        f" {counts['exchanges'] - counts['requests_same']:,} did not\n"
        f"answers:  {counts['answers_same']:,} arrived as they were sent,"
        f" {counts['exchanges'] - counts['answers_same']:,} did not"
    )
    for verdict in wrong[:_TOLD]:
        for words in _differs(verdict):
            click.echo(f"  {one_line(verdict.case.name)}: {words}")
    if len(wrong) > _TOLD:
        click.echo(f"  … {len(wrong) - _TOLD} more")


def _differs(verdict: Verdict) -> Iterator[str]:
    if verdict.trouble:
        yield verdict.trouble
    case = verdict.case
    if not verdict.request_is_same:
        yield f"request: {_difference(case.at_provider, verdict.at_provider)}"
    if not verdict.answer_is_same:
        yield f"answer: {_difference(case.at_client, verdict.at_client)}"


def _difference(sent: bytes, came: bytes) -> str:
    if not came:
        return f"nothing arrived of {len(sent)} bytes"
    pairs = enumerate(zip(sent, came, strict=False))
    at = next((n for n, (a, b) in pairs if a != b), min(len(sent), len(came)))
    return (
        f"from byte {at} on {came[at : at + _EXCERPT]!r}"
        f" instead of {sent[at : at + _EXCERPT]!r}"
        f" ({len(came)} bytes, {len(sent)} were sent)"
    )

"""``lunaroute scan``: what should not be in the record, or in any file."""

import os
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import click

from lunaroute.cli._text import json_text, one_line
from lunaroute.cli._upkeep import Say, perform, this_site
from lunaroute.errors import LunarouteError, StoreError
from lunaroute.pii import KINDS, SECRETS, Policy
from lunaroute.recording import redactor_of, vault_of
from lunaroute.upkeep import Means, Place, Scan, Site, scan_files, scan_record

# `--json` has all.
_SHOWN = 100


@click.command(name="scan")
@click.argument(
    "paths", metavar="[PATH]...", nargs=-1, type=click.Path(exists=True, path_type=Path)
)
@click.option("--fix", is_flag=True, help="Redact what is found, as the settings say.")
@click.option("--all", "everything", is_flag=True, help="Look for every kind there is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    paths: tuple[Path, ...], fix: bool, everything: bool, as_json: bool
) -> None:
    """Look for secrets and personal data in what is recorded, or in PATH.

    Looked for is what the settings say is redacted, at least the secrets; with --all
    every kind. Findings are told by kind and place; values are never shown. --fix
    redacts session files, compressed ones and the database with its index alike, also
    while `lunaroute serve` runs.

    Exit code 0: nothing is there (any more), 1: something is, 2: it failed.
    """
    try:
        site = this_site()
        done = _performed(site, paths, _policy(everything=everything, fix=fix), fix=fix)
    except (LunarouteError, OSError) as error:
        click.echo(f"lunaroute: {one_line(str(error))}", err=True)
        sys.exit(2)
    if as_json:
        told = {"kinds": done.kinds, "places": [asdict(each) for each in done.places]}
        rest = {"fixed": done.fixed, "left": done.left, "warnings": done.warnings}
        click.echo(json_text({**told, **rest}))
    else:
        for line in _told(done):
            click.echo(line)
    for warning in done.warnings:
        click.echo(f"lunaroute: {one_line(warning)}", err=True)
    is_there = done.left > 0 if fix else bool(done.places)
    sys.exit(1 if is_there or done.warnings else 0)


def _policy(*, everything: bool, fix: bool) -> Policy:
    """The settings' own, with more kinds; a mere look makes no tokens."""
    from lunaroute.config import policy, resolve  # noqa: PLC0415 - they cost 0.1 s

    pii = resolve({}, os.environ).settings.session_recording.pii
    ours = policy(pii)
    wanted = KINDS if everything else {*SECRETS, *ours.modes}
    modes = {
        name: ours.modes.get(
            name,
            pii.modes.get(
                name, pii.secrets_mode if name in SECRETS else pii.redaction_mode
            ),
        )
        for name in KINDS
        if name in wanted
    }
    if fix:
        return replace(ours, modes=modes)
    custom = tuple(replace(each, redaction_mode="mask") for each in ours.custom)
    return replace(ours, modes=dict.fromkeys(modes, "mask"), custom=custom)


def _performed(
    site: Site, paths: tuple[Path, ...], policy: Policy, *, fix: bool
) -> Scan:
    """The one writer alone changes the record."""
    say = _say if sys.stderr.isatty() else _silent
    if fix and not paths:
        task = {"task": "scan", "policy": policy.plain()}
        done = perform(site, task, say)
        places = [Place(**each) for each in done["places"]]
        say("")
        return Scan(places, fixed=True, left=done["left"], warnings=done["warnings"])
    if fix:
        _refuse_parts(site, paths)
    with closing(vault_of(policy, site.home)) as vault:
        redactor = redactor_of(policy, site.home, vault)
        assert redactor is not None  # secrets are always among its kinds
        means = Means(redactor, fix=fix)
        steps = scan_files(paths, means) if paths else scan_record(site, means)
        return _result(steps, say)


def _refuse_parts(site: Site, paths: tuple[Path, ...]) -> None:
    directory, database = site.directory.resolve(), site.database.resolve()
    for path in paths:
        here = path.resolve()
        if here == database or here.is_relative_to(directory):
            raise StoreError(
                f"{path} is a part of the record, which is redacted as a whole:"
                " run `lunaroute scan --fix` without a PATH"
            )


def _result(steps: Generator[str, None, Scan], say: Say) -> Scan:
    while True:
        try:
            say(next(steps))
        except StopIteration as end:
            say("")
            result: Scan = end.value
            return result


def _say(words: str) -> None:
    click.echo(f"\r\x1b[2K{one_line(words)[:79]}", err=True, nl=False)


def _silent(_words: str) -> None:
    return


def _told(done: Scan) -> Iterator[str]:
    for place in done.places[:_SHOWN]:
        where = f"line {place.line}" if place.line else f"{place.column} {place.where}"
        count = f" x{place.count}" if place.count > 1 else ""
        yield f"{place.kind:20}  {one_line(place.file)}  {one_line(where)}{count}"
    if len(done.places) > _SHOWN:
        yield f"and {len(done.places) - _SHOWN} places more"
    if not done.places:
        yield "nothing was found"
        return
    kinds = ", ".join(f"{kind} {n}" for kind, n in Counter(done.kinds).most_common())
    became = "redacted" if done.fixed and not done.left else "found"
    yield f"{sum(done.kinds.values())} {became}: {kinds}"

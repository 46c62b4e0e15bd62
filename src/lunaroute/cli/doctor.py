"""``lunaroute doctor``: looks at everything that can be wrong, and says what to do."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lunaroute.cli._client_checks import examine_clients
from lunaroute.cli._finding import Finding, Level, ok, problem
from lunaroute.cli._house import (
    examine_build,
    examine_database,
    examine_places,
    examine_port,
    examine_servers,
    examine_settings,
)
from lunaroute.cli._launch import running
from lunaroute.cli._serving import given_flags, start_options
from lunaroute.cli._text import json_text, neutral
from lunaroute.config import Resolved, resolve
from lunaroute.errors import ConfigError

_MARKS = {
    Level.OK: ("ok", "green"),
    Level.NOTE: ("note", "cyan"),
    Level.WARNING: ("warning", "yellow"),
    Level.PROBLEM: ("PROBLEM", "red"),
}


@click.command(name="doctor")
@start_options
@click.option("--online", is_flag=True, help="Also try to reach the providers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(online: bool, as_json: bool, **flags: object) -> None:
    """Look at everything that can be wrong, and say what to do.

    Settings, ports, rights, disk, database, compiled modules, proxies, and whether
    the variables and files of Claude Code, Codex and OpenCode lead to the server. It
    changes nothing, and asks nobody outside unless --online is given: then each
    provider gets one request without a credential. All options of `lunaroute serve`
    are taken. The exit code is 1 if there is a problem.
    """
    findings = []
    for each in examine(given_flags(flags), os.environ, online=online):
        findings.append(each)
        if not as_json:
            show(each)
    if as_json:
        click.echo(json_text([asdict(each) for each in findings]))
    elif not any(each.level is Level.PROBLEM for each in findings):
        click.echo("no problem found")
    sys.exit(any(each.level is Level.PROBLEM for each in findings))


def examine(
    flags: Mapping[str, Any], environ: Mapping[str, str], *, online: bool
) -> Iterator[Finding]:
    """All findings, in the order in which things depend on each other."""
    yield from examine_build()
    try:
        servers = running(environ)
        resolved = resolve(flags, environ)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield problem("settings", line, "docs/configuration.md has all settings")
        return
    yield from examine_settings(resolved)
    yield from examine_servers(servers)
    yield from examine_places(resolved)
    recording = resolved.settings.session_recording
    if recording.enabled and recording.sqlite.enabled:
        yield from examine_database(Path(recording.sqlite.path))
    settings = resolved.settings
    yield from examine_port(settings.host, settings.port, servers)
    yield from examine_ways(resolved)
    if online:
        # Imported here: TLS and what it needs take a while to load.
        from lunaroute.cli._reach import examine_providers  # noqa: PLC0415

        yield from examine_providers(resolved)
    url = f"http://127.0.0.1:{settings.port}"
    if servers:
        url = servers[0].url
    base = settings.providers.openai.base_url
    yield from examine_clients(url, base, environ, Path(environ.get("HOME") or "/"))


def examine_ways(resolved: Resolved) -> Iterator[Finding]:
    """How the providers are reached, without trying."""
    providers = resolved.settings.providers
    for name, each in (
        ("anthropic", providers.anthropic),
        ("openai", providers.openai),
    ):
        if each.enabled:
            proxy = resolved.proxies.get(name)
            way = f" through the proxy {proxy.host}:{proxy.port}" if proxy else ""
            yield ok("provider", f"{name}: {each.base_url}{way}")


def show(finding: Finding) -> None:
    """A line, and what to do below it."""
    mark, colour = _MARKS[finding.level]
    click.echo(f"{finding.topic:<10} ", nl=False)
    click.secho(f"{mark:<8}", fg=colour, nl=False)
    click.echo(f" {neutral(finding.text)}")
    if finding.remedy:
        click.echo(f"{'':<10} -> {neutral(finding.remedy)}")

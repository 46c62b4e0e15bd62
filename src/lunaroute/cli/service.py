"""``lunaroute service``: started at every login, and again after a crash."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from lunaroute.cli._launch import LOG_NAME, PATH_VARIABLES, running, with_absolute_paths
from lunaroute.cli._service import (
    UNIT,
    plist_path,
    plist_text,
    program,
    unit_path,
    unit_text,
)
from lunaroute.cli._serving import as_words, given_flags, start_options
from lunaroute.cli._stopping import NotStoppedError, signal_to, wait_until_closed
from lunaroute.config import resolve
from lunaroute.errors import ConfigError, LunarouteError
from lunaroute.home import home_directory
from lunaroute.running import SERVICE_LABEL

# Beyond its streams' time a server needs some for the last commits.
MARGIN_SECONDS = 60
_NETWORK = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file")


class ServiceError(LunarouteError):
    """What the manager said, or that there is none."""


@click.group(name="service")
def command() -> None:
    """Have the proxy started at every login, and again after a crash.

    On Linux as a user unit of systemd, on macOS as an agent of launchd.
    """


@command.command()
@start_options
@click.option("--print", "only_print", is_flag=True, help="Print it, change nothing.")
def install(only_print: bool, **flags: object) -> None:
    """Install, enable and start the service, with the options of `lunaroute serve`.

    LUNAROUTE_HOME, LUNAROUTE_CONFIG and LUNAROUTE_BOOTSTRAP of this shell go into its
    file. Other variables do not, since they may hold a secret: what the service needs
    stands in the configuration file. A server that runs in the background makes room.
    """
    try:
        path, text = described(given_flags(flags), os.environ)
        if only_print:
            click.echo(text, nl=False)
            return
        write(path, text)
        click.echo(f"wrote {path}", err=True)
        for name in not_taken_over(os.environ):
            click.echo(
                f"note: {name} of this shell is not known to the service", err=True
            )
        make_room()
        enable(path)
    except ConfigError as error:
        click.echo(f"lunaroute: nothing was changed: {error}", err=True)
        sys.exit(2)
    except (ServiceError, NotStoppedError) as error:
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"lunaroute: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)
    click.echo("the service runs; `lunaroute status` tells how it does", err=True)
    if sys.platform != "darwin":
        click.echo(
            "it ends with your last login; `loginctl enable-linger` keeps it", err=True
        )


@command.command()
def uninstall() -> None:
    """Stop the service and remove its file. What is recorded stays."""
    path = (plist_path if sys.platform == "darwin" else unit_path)(os.environ)
    if not path.exists():
        click.echo(f"there is no service: {path} does not exist", err=True)
        return
    try:
        if sys.platform == "darwin":
            _order("launchctl", "bootout", f"gui/{os.getuid()}/{SERVICE_LABEL}")
            path.unlink()
        else:
            _order("systemctl", "--user", "disable", "--now", UNIT)
            path.unlink()
            _order("systemctl", "--user", "daemon-reload")
    except ServiceError as error:
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(1)
    click.echo(f"removed {path}", err=True)


def described(
    flags: Mapping[str, object], environ: Mapping[str, str]
) -> tuple[Path, str]:
    """The service's file and its text. Raises ConfigError for a wrong configuration."""
    absolute = with_absolute_paths(environ)
    settings = resolve(flags, absolute).settings
    stop_seconds = int(settings.http_server.shutdown_timeout_secs) + MARGIN_SECONDS
    log = home_directory(absolute) / LOG_NAME
    line = [*program(), "serve", *as_words(flags), "--log-file", str(log)]
    variables = {name: absolute[name] for name in PATH_VARIABLES if absolute.get(name)}
    if sys.platform == "darwin":
        text = plist_text(line, variables, stop_seconds, log)
        return plist_path(environ), text
    return unit_path(environ), unit_text(line, variables, stop_seconds)


def not_taken_over(environ: Mapping[str, str]) -> list[str]:
    """Our variables that the service will not have."""
    return sorted(
        name
        for name, value in environ.items()
        if value
        and name not in PATH_VARIABLES
        and (name.startswith("LUNAROUTE_") or name.lower() in _NETWORK)
    )


def write(path: Path, text: str) -> None:
    """The service's file, known to the manager. Raises ServiceError where that cannot
    be asked, OSError; then all is as before, and a server that runs goes on.
    """
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if sys.platform == "darwin":
        return
    try:
        _order("systemctl", "--user", "daemon-reload")
    except ServiceError as error:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
        raise ServiceError(
            f"nothing was changed: {error}; it takes a login session of this user, or "
            "`loginctl enable-linger`"
        ) from error


def make_room() -> None:
    """Ends a server that nobody keeps: its streams finish beside the service."""
    for server in running(os.environ):
        if not server.stopping and not server.manager:
            click.echo(f"process {server.pid} makes room for the service", err=True)
            signal_to(server, signal.SIGTERM, os.environ)
            wait_until_closed(server, os.environ)


def enable(path: Path) -> None:
    """Now and at every login. Raises ServiceError."""
    if sys.platform == "darwin":
        domain = f"gui/{os.getuid()}"
        subprocess.run(  # a service that was installed before
            ["launchctl", "bootout", f"{domain}/{SERVICE_LABEL}"],  # noqa: S607
            check=False,
            capture_output=True,
        )
        _order("launchctl", "bootstrap", domain, str(path))
        return
    _order("systemctl", "--user", "enable", UNIT)
    _order("systemctl", "--user", "restart", UNIT)


def _order(*command_line: str) -> None:
    try:
        done = subprocess.run(
            list(command_line), check=False, capture_output=True, text=True
        )
    except OSError as error:
        raise ServiceError(
            f"cannot run {command_line[0]}: {error.strerror}; is this a system without "
            "it? `lunaroute service install --print` prints the file for another one"
        ) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ServiceError(f"`{' '.join(command_line)}` failed: {said}")

"""``lunaroute unredact``: a text with what its tokens stand for."""

import os
import re
import sys
from contextlib import closing
from typing import BinaryIO

import click

from lunaroute.cli._text import counted, one_line
from lunaroute.errors import LunarouteError, StoreError
from lunaroute.recording import vault_of
from lunaroute.store import Vault

_TOKEN = re.compile(r"\[[A-Z0-9_]+:[0-9a-f]{8,64}\]")


@click.command(name="unredact")
@click.argument("file", type=click.File("rb"), default="-")
def command(file: BinaryIO) -> None:
    """Put back what tokens such as [EMAIL:a3f8e9d2] stand for, in FILE or standard
    input.

    They are kept where session_recording.pii.reversible was true when they were
    written; the same hmac_secret has to be set. Tokens that are not known stay.

    Exit code 0: all were put back, 1: some stay, 2: it failed.
    """
    try:
        with closing(_vault()) as vault:
            text = file.read().decode("utf-8", "surrogateescape")
            values = {token: vault.value(token) for token in _TOKEN.findall(text)}
    except (LunarouteError, OSError) as error:
        click.echo(f"lunaroute: {one_line(str(error))}", err=True)
        sys.exit(2)
    restored = _TOKEN.sub(lambda m: values[m[0]] or m[0], text)
    sys.stdout.buffer.write(restored.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()
    unknown = sum(value is None for value in values.values())
    if unknown:
        click.echo(
            f"lunaroute: not in the vault: {counted(unknown, 'token')}", err=True
        )
        sys.exit(1)


def _vault() -> Vault:
    from lunaroute.config import policy, resolve  # noqa: PLC0415 - they cost 0.1 s

    resolved = resolve({}, os.environ)
    ours = policy(resolved.settings.session_recording.pii)
    if not ours.reversible:
        raise StoreError(
            "nothing can be put back: session_recording.pii.reversible is false"
        )
    return vault_of(ours, resolved.location.home_directory)

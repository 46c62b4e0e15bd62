"""The short-lived child: ``resolve`` makes the plan, ``reference`` and ``example``
print the generated documentation."""

import json
import os
import sys
from collections.abc import Mapping

from lunaroute.config._plan import make_plan
from lunaroute.config._reference import example, reference
from lunaroute.config._resolution import resolve
from lunaroute.errors import ConfigError

USAGE = "usage: python -m lunaroute.config resolve|reference|example"


def main(arguments: list[str], stdin: str, environ: Mapping[str, str]) -> int:
    """Run one order; the exit code is 2 when the configuration is wrong."""
    try:
        sys.stdout.write(_run(arguments, stdin, environ))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _run(arguments: list[str], stdin: str, environ: Mapping[str, str]) -> str:
    match arguments:
        case ["resolve"]:
            return f"{json.dumps(make_plan(resolve(_options(stdin), environ)))}\n"
        case ["reference"]:
            return reference()
        case ["example"]:
            return example()
    raise ConfigError(USAGE)


def _options(stdin: str) -> dict[str, object]:
    try:
        options = json.loads(stdin or "{}")
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise ConfigError("expected one JSON object of options on standard input")
    return options


if __name__ == "__main__":
    wants_input = sys.argv[1:] == ["resolve"]
    text = sys.stdin.read() if wants_input else ""
    sys.exit(main(sys.argv[1:], text, os.environ))

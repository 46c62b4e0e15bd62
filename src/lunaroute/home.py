"""Where the data of a user lies. Reads no file and loads no library: commands that
have to be quick ask here.
"""

from collections.abc import Mapping
from pathlib import Path

from lunaroute.errors import ConfigError

DEFAULT = "~/.lunaroute"


def expand(path: str, environ: Mapping[str, str]) -> Path:
    """The absolute path; ~ is the home directory that the environment names.

    Raises ConfigError for the home of a user that there is not.
    """
    if path == "~" or path.startswith("~/"):
        path = f"{environ.get('HOME') or Path.home()}{path[1:]}"
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:
        raise ConfigError(f"{path}: there is no such user") from None


def home_directory(environ: Mapping[str, str]) -> Path:
    """The directory of all data: LUNAROUTE_HOME, else the default."""
    return expand(environ.get("LUNAROUTE_HOME") or DEFAULT, environ)

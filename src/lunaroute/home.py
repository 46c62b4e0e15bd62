"""Where the data of a user lies. Reads no file and loads no library: commands that
have to be quick ask here.
"""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from lunaroute.errors import ConfigError

DEFAULT = "~/.lunaroute"


def expand(path: str, environ: Mapping[str, str]) -> Path:
    """The absolute path; ~ is the home directory that the environment names.

    Raises ConfigError for the home of a user that there is not.
    """
    if path == "~" or path.startswith("~/"):
        path = f"{environ.get('HOME') or _of_this_user()}{path[1:]}"
    try:
        path.encode()
        return Path(path).expanduser().absolute()
    except UnicodeEncodeError:  # its bytes are kept as lone surrogates (PEP 383)
        raise ConfigError(
            f"{path!a}: its name is not UTF-8; LUNAROUTE_HOME chooses another place"
        ) from None
    except RuntimeError:
        raise ConfigError(f"{path}: there is no such user") from None


def _of_this_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # in a container, under a number that nobody has
        raise ConfigError(
            "there is no home directory: neither HOME is set nor is this user known; "
            "set HOME, or LUNAROUTE_HOME"
        ) from None


def home_directory(environ: Mapping[str, str]) -> Path:
    """The directory of all data: LUNAROUTE_HOME, else the default."""
    return expand(environ.get("LUNAROUTE_HOME") or DEFAULT, environ)

"""Writers by their names: installed packages give them as entry points.

```toml
[project.entry-points."lunaroute.writers"]
s3 = "lunaroute_s3:S3Writer"
```

What is named is called with the writer's settings, a map, and gives a
``SessionWriter``.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from lunaroute.errors import ConfigError
from lunaroute.writers._writer import SessionWriter

GROUP = "lunaroute.writers"


def installed_writers() -> dict[str, EntryPoint]:
    """By name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def load_writer(name: str, options: Mapping[str, object]) -> SessionWriter:
    """Raises ConfigError that says why it cannot be had; it repeats no setting."""
    point = installed_writers().get(name)
    if point is None:
        raise ConfigError(f"no installed package has a writer called {name!r}")
    try:
        writer = point.load()(options)
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            f"the writer {name!r} ({point.value}) cannot be made: "
            f"{type(error).__name__}"
        ) from error
    if not isinstance(writer, SessionWriter):
        raise ConfigError(f"the writer {name!r} ({point.value}) lacks write or close")
    return writer

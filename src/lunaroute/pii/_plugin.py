"""Detectors of somebody else's: installed packages name them as entry points.

```toml
[project.entry-points."lunaroute.detectors"]
badges = "acme_privacy:BadgeDetector"
```

What is named is called without arguments and gives a ``DetectorPlugin``.
"""

from collections.abc import Collection, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from lunaroute.errors import ConfigError
from lunaroute.pii._finding import Finding

GROUP = "lunaroute.detectors"


@runtime_checkable
class DetectorPlugin(Protocol):
    """A further detector. Its findings are of the kinds that it names."""

    @property
    def kinds(self) -> Collection[str]:
        """The kinds that it can find; a mask shows their names in upper case."""
        ...

    def find(self, text: str) -> Iterable[Finding]:
        """What it finds, in any order; offsets in code points of the text."""
        ...


def load_plugins() -> list[DetectorPlugin]:
    """All that are installed. ConfigError names one that cannot be had, and why."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return [_load(point) for point in points]


def _load(point: EntryPoint) -> DetectorPlugin:
    try:
        plugin = point.load()()
    except Exception as error:
        raise ConfigError(
            f"the detector {point.name!r} ({point.value}) cannot be loaded:"
            f" {type(error).__name__}: {error}"
        ) from error
    if not isinstance(plugin, DetectorPlugin):
        raise ConfigError(
            f"the detector {point.name!r} ({point.value}) lacks `kinds` or `find`"
        )
    return plugin

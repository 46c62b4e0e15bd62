"""How the limits of retention go together."""

from collections.abc import Mapping

from lunaroute.config._layer import Value
from lunaroute.config._recording import Retention
from lunaroute.errors import ConfigError

# One MB in all settings.
MB = 1024 * 1024

_KEY = "session_recording.jsonl.retention"


def largest_bytes(retention: Retention, values: Mapping[str, Value]) -> int | None:
    """The limit of the size: the one that was given, of two the smaller."""
    megabytes, gigabytes = retention.max_size_mb, retention.max_total_size_gb
    if gigabytes is None:
        return megabytes * MB or None
    if values[f"{_KEY}.max_size_mb"].origin == "default":
        return gigabytes * 1024 * MB or None
    given = [each for each in (megabytes, gigabytes * 1024) if each]
    return min(given) * MB if given else None


def check_retention(retention: Retention, values: Mapping[str, Value]) -> None:
    """Raises ConfigError where files would be deleted before they are compressed,
    and the user said so: against a default the number that was given holds.
    """
    oldest, packed = retention.max_age_days, retention.compress_after_days
    keys = [f"{_KEY}.compress_after_days", f"{_KEY}.max_age_days"]
    written = [values[key] for key in keys]
    if (
        oldest
        and packed >= oldest
        and not any(each.origin == "default" for each in written)
    ):
        raise ConfigError(
            f"{written[0].origin}: {written[0].written}: must be less than"
            f" {written[1].written} ({oldest}), or off: what is deleted after"
            f" {oldest} days is never compressed after {packed}"
        )

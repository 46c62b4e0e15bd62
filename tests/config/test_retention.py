import pytest

from lunaroute.config import make_plan, resolve
from lunaroute.errors import ConfigError

MB = 1024 * 1024


def limits(write, environ, retention, spelling="jsonl"):
    path = write(f"session_recording: {{{spelling}: {{retention: {{{retention}}}}}}}")
    made = make_plan(resolve({"config": str(path)}, environ))
    return made["observer"]["upkeep"]["limits"]


@pytest.mark.parametrize(
    ("retention", "megabytes"),
    [
        ("", 1024),
        ("max_size_mb: 512", 512),
        ("max_total_size_gb: 10", 10_240),
        ("max_total_size_gb: 2, max_size_mb: 512", 512),
        ("max_total_size_gb: 2, max_size_mb: 4096", 2_048),
        ("max_total_size_gb: 2, max_size_mb: off", 2_048),
        ("max_size_mb: off", None),
        ("max_size_mb: 0", None),
        ("max_total_size_gb: off", None),
        ("max_total_size_gb: off, max_size_mb: 5", 5),
        ("max_total_size_gb: off, max_size_mb: off", None),
    ],
)
@pytest.mark.parametrize("spelling", ["jsonl", "cleanup"])
def test_the_size(write, environ, retention, megabytes, spelling):
    found = limits(write, environ, retention, spelling)["max_bytes"]
    assert found == (megabytes and megabytes * MB)


@pytest.mark.parametrize("off", ["off", "'off'", "OFF", "0"])
def test_off(write, environ, off):
    found = limits(write, environ, f"max_age_days: {off}, compress_after_days: {off}")
    assert (found["max_age_days"], found["compress_after_days"]) == (None, None)


@pytest.mark.parametrize("wrong", ["on", "-1", "1.5", "soon"])
def test_what_is_no_limit(write, environ, wrong):
    with pytest.raises(ConfigError, match="whole number of at least 1, or off"):
        limits(write, environ, f"max_age_days: {wrong}")


def test_what_is_deleted_before_it_is_compressed_is_a_slip(write, environ):
    with pytest.raises(ConfigError, match=r"compress_after_days: must be less than"):
        limits(write, environ, "max_age_days: 5, compress_after_days: 5")
    # Against a default the number that was given holds.
    assert limits(write, environ, "max_age_days: 5")["compress_after_days"] == 7
    assert limits(write, environ, "compress_after_days: 90")["max_age_days"] == 30
    assert limits(write, environ, "max_age_days: off, compress_after_days: 90")

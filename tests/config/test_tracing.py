"""Tracing: off by default, and what it needs is said at the start."""

import json

import pytest

from lunaroute.config import _tracing, make_plan, resolve
from lunaroute.errors import ConfigError

ON = {"LUNAROUTE_TRACING_ENABLED": "true"}


def traced(environ, **more):
    made = make_plan(resolve({}, environ | ON | more))
    return made["observer"]["tracing"], made


def test_from_opentelemetrys_own_variables(environ):
    more = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.test:4318/",
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cret%21, x-scope = y=z",
        "OTEL_SERVICE_NAME": "mine",
    }
    tracing, made = traced(environ, **more)
    assert tracing == {
        "endpoint": "http://collector.test:4318",
        "headers": {"api-key": "s3cret!", "x-scope": "y=z"},
        "service": "mine",
        "timeout": 10.0,
        "include_content": False,
    }
    assert "s3cret" not in json.dumps([made["supervisor"], made["gateway"]])
    off = make_plan(resolve({}, environ | more))
    assert off["observer"]["tracing"] is None


def test_without_the_package_the_start_says_so(environ, monkeypatch):
    monkeypatch.setattr(_tracing, "_NEEDED", "no_such_package.proto")
    with pytest.raises(ConfigError, match=r"pip install 'lunaroute\[otel\]'"):
        traced(environ)


def test_it_needs_no_recording(environ):
    tracing, made = traced(environ, LUNAROUTE_ENABLE_SESSION_RECORDING="false")
    assert tracing
    assert made["supervisor"]["recording"]
    assert made["gateway"]["tap"]
    assert made["observer"]["sqlite_path"] is None


@pytest.mark.parametrize("text", ["a", "=b", "a=b,c"])
def test_headers_that_are_none(environ, text):
    with pytest.raises(
        ConfigError, match="OTEL_EXPORTER_OTLP_HEADERS: expected name=value"
    ):
        traced(environ, OTEL_EXPORTER_OTLP_HEADERS=text)

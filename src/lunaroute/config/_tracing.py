"""The settings of tracing: where spans of exchanges go."""

import importlib.util

from lunaroute.config._kind import BaseUrl, Count, Flag, Line, Pairs
from lunaroute.config._setting import Section, setting
from lunaroute.errors import ConfigError

_NEEDED = "opentelemetry.proto"


class Tracing(Section):
    enabled: Flag = setting(
        False,
        "Whether each exchange is sent to an OpenTelemetry collector as a "
        "span. Needs `pip install 'lunaroute[otel]'`.",
        env="LUNAROUTE_TRACING_ENABLED",
        built=True,
    )
    endpoint: BaseUrl = setting(
        "http://127.0.0.1:4318",
        "The collector's base URL; spans go to `/v1/traces` below it, as OTLP over "
        "HTTP.",
        env="OTEL_EXPORTER_OTLP_ENDPOINT",
        built=True,
    )
    headers: Pairs = setting(
        {},
        "Headers for the collector; in the variable as `name=value,name=value`.",
        env="OTEL_EXPORTER_OTLP_HEADERS",
        secret=True,
        built=True,
    )
    service_name: Line = setting(
        "lunaroute",
        "What the spans call this service.",
        env="OTEL_SERVICE_NAME",
        built=True,
    )
    include_content: Flag = setting(
        False,
        "Whether spans have what was asked and answered, too; personal data and "
        "secrets are masked in it, whatever is recorded.",
        env="LUNAROUTE_TRACING_INCLUDE_CONTENT",
        built=True,
    )
    timeout_secs: Count = setting(
        10,
        "How long the collector may take for an answer.",
        unit="seconds",
        built=True,
    )


def check_tracing(tracing: Tracing) -> None:
    """Raises ConfigError where spans are wanted and none could be made."""
    if tracing.enabled and not _is_installed():
        raise ConfigError(
            "tracing.enabled: the package opentelemetry-proto is missing; "
            "`pip install 'lunaroute[otel]'` brings it"
        )


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec(_NEEDED) is not None
    except ModuleNotFoundError:
        return False

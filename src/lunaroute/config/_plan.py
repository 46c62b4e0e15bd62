"""What each process is told: plain JSON, frozen when the processes start.

The supervisor and the gateway never load this package; they read their part of the
plan from the child that made it.
"""

import os
from dataclasses import asdict
from typing import Any

from lunaroute.config._provider import MAX_RETRIES, CodexAuth, Provider
from lunaroute.config._redaction import in_words, policy
from lunaroute.config._resolution import Resolved
from lunaroute.config._retention import MB, largest_bytes
from lunaroute.config._settings import Settings
from lunaroute.config._tracing import check_tracing
from lunaroute.errors import ConfigError
from lunaroute.routing import codex_user_agent
from lunaroute.writers import installed_writers

DIALECTS = ("anthropic", "openai")


def make_plan(resolved: Resolved) -> dict[str, Any]:
    """The parts of the supervisor, the gateway and the observer."""
    return {
        "supervisor": _supervisor(resolved),
        "gateway": _gateway(resolved),
        "observer": _observer(resolved),
    }


def _supervisor(resolved: Resolved) -> dict[str, Any]:
    settings, location = resolved.settings, resolved.location
    recorded = _recorded(settings)
    return {
        "home": str(location.home_directory),
        "config": str(location.config_file or ""),
        "host": settings.host,
        "port": settings.port,
        "workers": settings.http_server.workers,
        "remote": _remote(settings),
        "recording": _is_observed(settings),
        "shutdown_timeout_secs": settings.http_server.shutdown_timeout_secs,
        "log_level": settings.logging.level,
        "log_format": settings.logging.format,
        "ui_enabled": settings.ui.enabled,
        "ui_host": settings.ui.host,
        "ui_port": settings.ui.port,
        "providers": [
            {
                "name": name,
                "base_url": each.base_url,
                "through": _through(resolved, name),
                "codex_login": _codex_auth(resolved, each.codex_auth) is not None,
                **_credentials(resolved, name),
            }
            for name, each in _enabled(settings).items()
        ],
        "dialects": _dialects(settings),
        "sessions_dir": recorded["jsonl_directory"],
        "sqlite_path": recorded["sqlite_path"],
        "redaction": in_words(policy(settings.session_recording.pii)),
        "warnings": list(resolved.warnings),
    }


def _through(resolved: Resolved, name: str) -> str:
    """The HTTP proxy on the way to a provider, without its password; empty if none."""
    proxy = resolved.proxies.get(name)
    return "" if proxy is None else f"{proxy.host}:{proxy.port}"


def _gateway(resolved: Resolved) -> dict[str, Any]:
    settings = resolved.settings
    return {
        "log_level": settings.logging.level,
        "log_format": settings.logging.format,
        "dialects": _dialects(settings),
        "providers": [
            {
                "name": name,
                "dialect": name,
                "base_url": each.base_url,
                "api_key": each.api_key or None,
                "api_key_policy": _policy(resolved, name),
                "websocket": each.websocket != "off",
                "codex_auth": _codex_auth(resolved, each.codex_auth),
                "http_client": _http_client(resolved, name, each),
            }
            for name, each in _enabled(settings).items()
        ],
        "bypass": settings.bypass.model_dump(),
        "tap": _tap(settings),
        "server": _server(settings),
        "admission": _admission(settings, settings.host),
    }


def _admission(settings: Settings, host: str) -> dict[str, Any]:
    """Who may call at ``host``."""
    return {
        "host": host,
        "allowed_hosts": settings.allowed_hosts,
        "allowed_origins": settings.allowed_origins,
        "token": settings.token,
    }


def _page(settings: Settings) -> dict[str, Any]:
    page = settings.ui
    return {
        "refresh_seconds": page.refresh_interval,
        "can_export": page.export_enabled,
        "can_delete": page.delete_enabled,
        "log_requests": page.log_requests,
        "sessions_dir": page.sessions_dir,
        "admission": _admission(settings, page.host),
    }


def _server(settings: Settings) -> dict[str, Any]:
    server = settings.http_server
    return {
        "max_connections": server.max_connections,
        "max_body_bytes": server.max_request_body_bytes,
        "head_secs": server.head_timeout_secs,
        "keep_alive_secs": server.keep_alive_secs,
        "half_close_secs": server.half_close_secs,
        "tcp_nodelay": server.tcp_nodelay,
        "tcp_keepalive_secs": server.tcp_keepalive_secs,
        "send_buffer_bytes": server.send_buffer_size,
        "receive_buffer_bytes": server.recv_buffer_size,
    }


def _remote(settings: Settings) -> str:
    """What other machines need to call us; empty if they may not at all."""
    if settings.token:
        return "token"
    return "allowed" if settings.allow_remote else ""


def _http_client(resolved: Resolved, name: str, provider: Provider) -> dict[str, Any]:
    settings = provider.http_client.model_dump()
    proxy = resolved.proxies.get(name)
    return {
        **settings,
        "max_retries": min(settings["max_retries"], MAX_RETRIES),
        "proxy": None if proxy is None else asdict(proxy),
    }


def _observer(resolved: Resolved) -> dict[str, Any]:
    return {
        "pools": {
            name: _pool(name, each)
            for name, each in _enabled(resolved.settings).items()
            if each.http_client.enable_pool_metrics
        },
        "log_level": resolved.settings.logging.level,
        "log_format": resolved.settings.logging.format,
        "log_sql": resolved.settings.logging.log_sql_queries,
        "log_requests": resolved.settings.logging.log_requests,
        "tracing": _tracing(resolved.settings),
        "writers": _writers(resolved.settings),
        "home": str(resolved.location.home_directory),
        "metadata": resolved.settings.session_recording.metadata,
        "metadata_headers": resolved.settings.session_recording.metadata_headers,
        "summary_sessions": resolved.settings.session_stats_max_sessions,
        "durable": resolved.settings.session_recording.durability == "full",
        "upkeep": _upkeep(resolved),
        "page": _page(resolved.settings),
        "redaction": policy(resolved.settings.session_recording.pii).plain(),
        **_recorded(resolved.settings),
    }


def _pool(name: str, provider: Provider) -> dict[str, Any]:
    """What is shown of a provider's pool beside its connections."""
    http = provider.http_client
    return {
        "dialect": name,
        "settings": {
            "timeout_secs": http.timeout_secs,
            "connect_timeout_secs": http.connect_timeout_secs,
            "pool_max_idle_per_host": http.pool_max_idle_per_host,
            "pool_idle_timeout_secs": http.pool_idle_timeout_secs,
        },
    }


def _upkeep(resolved: Resolved) -> dict[str, Any]:
    """What is there is looked after, whether or not anything is written now."""
    recording = resolved.settings.session_recording
    retention = recording.jsonl.retention
    return {
        "home": str(resolved.location.home_directory),
        "directory": recording.jsonl.directory,
        "database": recording.sqlite.path,
        "limits": {
            "max_age_days": retention.max_age_days or None,
            "max_bytes": largest_bytes(retention, resolved.values),
            "compress_after_days": retention.compress_after_days or None,
        },
        "interval_minutes": retention.cleanup_interval_minutes,
        "redaction": policy(recording.pii).plain(),
        "prices": [
            each.model_dump(exclude_none=True)
            for each in resolved.settings.pricing.overrides
        ],
    }


def _writers(settings: Settings) -> dict[str, dict[str, Any]]:
    """None while nothing is to be recorded. ConfigError for one not installed."""
    recording = settings.session_recording
    wanted = recording.writers if recording.enabled else {}
    where = "session_recording.writers"
    known = installed_writers() if wanted else {}
    for name, options in wanted.items():
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise ConfigError(
                f"{where}.{name}: no installed package has such a writer; "
                f"there are: {there}"
            )
        if not isinstance(options, dict | None):
            raise ConfigError(f"{where}.{name}: expected a map of its settings")
    return {name: options or {} for name, options in wanted.items()}


def _tracing(settings: Settings) -> dict[str, Any] | None:
    tracing = settings.tracing
    check_tracing(tracing)
    if not tracing.enabled:
        return None
    return {
        "endpoint": tracing.endpoint,
        "headers": tracing.headers,
        "service": tracing.service_name,
        "timeout": float(tracing.timeout_secs),
        "include_content": tracing.include_content,
    }


def _enabled(settings: Settings) -> dict[str, Provider]:
    known: dict[str, Provider] = {
        "anthropic": settings.providers.anthropic,
        "openai": settings.providers.openai,
    }
    return {name: each for name, each in known.items() if each.enabled}


def _dialects(settings: Settings) -> list[str]:
    return [each for each in DIALECTS if settings.api_dialect in (each, "both")]


def _recorded(settings: Settings) -> dict[str, str | None]:
    recording = settings.session_recording
    jsonl = recording.enabled and recording.jsonl.enabled
    sqlite = recording.enabled and recording.sqlite.enabled
    return {
        "jsonl_directory": recording.jsonl.directory if jsonl else None,
        "sqlite_path": recording.sqlite.path if sqlite else None,
    }


def _is_observed(settings: Settings) -> bool:
    """Whether anybody wants to know what passes."""
    return (
        any(_recorded(settings).values())
        or settings.logging.log_requests
        or settings.tracing.enabled
        or bool(_writers(settings))
    )


def _tap(settings: Settings) -> dict[str, Any] | None:
    recording = settings.session_recording
    if not _is_observed(settings):
        return None
    return {
        "max_body_bytes": recording.max_body_mb * MB,
        "buffer_bytes": recording.buffer_mb * MB,
        "overflow": recording.overflow,
    }


def _policy(resolved: Resolved, name: str) -> str | None:
    source = _credentials(resolved, name)["credentials"]
    return {"file": "replace", "env": "fill"}.get(source)


def _codex_auth(resolved: Resolved, auth: CodexAuth) -> dict[str, Any] | None:
    if auth.enabled == "false":
        return None
    system = os.uname()
    return {
        "file": auth.auth_file,
        "token_field": auth.token_field,
        "account_id": auth.account_id or "",
        "user_agent": codex_user_agent(
            resolved.values["codex_ua_version"].value, system.sysname, system.machine
        ),
        "is_optional": auth.enabled == "auto",
    }


def _credentials(resolved: Resolved, name: str) -> dict[str, str]:
    key = resolved.values[f"providers.{name}.api_key"]
    source, _, place = key.origin.partition(" ")
    if not key.value or source == "default":
        source, place = "client", ""
    return {"credentials": source, "credentials_from": place}

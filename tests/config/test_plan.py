import json

import pytest

from lunaroute.config import make_plan, resolve
from lunaroute.errors import ConfigError
from lunaroute.pii import KINDS, SECRETS

POOL = {
    "timeout_secs": 600,
    "connect_timeout_secs": 10,
    "pool_max_idle_per_host": 32,
    "pool_idle_timeout_secs": 90,
}


def plan(options, environ):
    return json.loads(json.dumps(make_plan(resolve(options, environ))))


def test_the_plan_without_any_configuration(environ, tmp_path):
    home = str(tmp_path / ".lunaroute")
    sessions, database = f"{home}/sessions", f"{home}/sessions.db"
    anthropic, openai = "https://api.anthropic.com", "https://api.openai.com/v1"
    client = {"credentials": "client", "credentials_from": ""}
    client |= {"through": "", "codex_login": False}
    http_client = {
        "timeout_secs": 600,
        "connect_timeout_secs": 10,
        "pool_max_idle_per_host": 32,
        "pool_idle_timeout_secs": 90,
        "tcp_keepalive_secs": 60,
        "max_retries": 3,
        "enable_pool_metrics": True,
        "proxy": None,
    }
    own = {"api_key": None, "api_key_policy": None, "http_client": http_client}
    own |= {"websocket": True, "codex_auth": None}
    made = plan({}, environ)
    assert made == {
        "supervisor": {
            "home": home,
            "config": "",
            "host": "127.0.0.1",
            "port": 8081,
            "workers": 1,
            "remote": "",
            "recording": True,
            "shutdown_timeout_secs": 30.0,
            "log_level": "info",
            "log_format": "text",
            "ui_enabled": True,
            "ui_host": "127.0.0.1",
            "ui_port": 8082,
            "providers": [
                {"name": "anthropic", "base_url": anthropic, **client},
                {"name": "openai", "base_url": openai, **client},
            ],
            "dialects": ["anthropic", "openai"],
            "sessions_dir": sessions,
            "sqlite_path": database,
            "redaction": "secrets: mask, personal data: off",
            "warnings": [],
        },
        "gateway": {
            "log_level": "info",
            "log_format": "text",
            "dialects": ["anthropic", "openai"],
            "providers": [
                {
                    "name": "anthropic",
                    "dialect": "anthropic",
                    "base_url": anthropic,
                    **own,
                },
                {"name": "openai", "dialect": "openai", "base_url": openai, **own},
            ],
            "bypass": {"enabled": True, "provider": None},
            "tap": {
                "max_body_bytes": 8 * 1024 * 1024,
                "buffer_bytes": 256 * 1024 * 1024,
                "overflow": "shed",
            },
            "server": {
                "max_connections": None,
                "max_body_bytes": 100 * 1024 * 1024,
                "head_secs": 30.0,
                "keep_alive_secs": 600.0,
                "half_close_secs": 5.0,
                "tcp_nodelay": True,
                "tcp_keepalive_secs": 60,
                "send_buffer_bytes": None,
                "receive_buffer_bytes": None,
            },
            "admission": {
                "host": "127.0.0.1",
                "allowed_hosts": [],
                "allowed_origins": [],
                "token": "",
            },
        },
        "observer": {
            "pools": {
                "anthropic": {"dialect": "anthropic", "settings": POOL},
                "openai": {"dialect": "openai", "settings": POOL},
            },
            "log_level": "info",
            "log_format": "text",
            "home": home,
            "log_sql": False,
            "log_requests": False,
            "tracing": None,
            "writers": {},
            "durable": True,
            "summary_sessions": 100,
            "page": {
                "refresh_seconds": 5,
                "can_export": True,
                "can_delete": False,
                "log_requests": False,
                "sessions_dir": sessions,
                "admission": {
                    "host": "127.0.0.1",
                    "allowed_hosts": [],
                    "allowed_origins": [],
                    "token": "",
                },
            },
            "metadata": {},
            "metadata_headers": {},
            "redaction": {
                "modes": dict.fromkeys(sorted(SECRETS, key=list(KINDS).index), "mask"),
                "min_confidence": 0.7,
                "shown": 4,
                "custom": [],
                "secret": "",
                "reversible": False,
                "plugins": False,
                "loopback": False,
                "documentation": True,
            },
            "jsonl_directory": sessions,
            "sqlite_path": database,
            "upkeep": {
                "home": home,
                "directory": sessions,
                "database": database,
                "limits": {
                    "max_age_days": 30,
                    "max_bytes": 1024 * 1024 * 1024,
                    "compress_after_days": 7,
                },
                "interval_minutes": 60,
                "redaction": made["observer"]["redaction"],
                "prices": [],
            },
        },
    }


def test_a_key_of_the_file_replaces_and_one_of_the_environment_fills(write, environ):
    path = write("providers: {anthropic: {api_key: sk-file}}")
    keys = {"ANTHROPIC_API_KEY": "sk-env", "OPENAI_API_KEY": "sk-env"}
    made = plan({"config": str(path)}, environ | keys)
    anthropic, openai = made["gateway"]["providers"]
    assert (anthropic["api_key"], anthropic["api_key_policy"]) == ("sk-file", "replace")
    assert (openai["api_key"], openai["api_key_policy"]) == ("sk-env", "fill")
    anthropic, openai = made["supervisor"]["providers"]
    assert anthropic["credentials"] == "file"
    assert anthropic["credentials_from"] == str(path)
    assert openai["credentials"] == "env"
    assert openai["credentials_from"] == "OPENAI_API_KEY"


def test_only_the_gateway_is_told_a_key(environ):
    made = plan({}, environ | {"OPENAI_API_KEY": "sk-env"})
    assert "sk-env" not in json.dumps([made["supervisor"], made["observer"]])


def test_an_empty_key_is_no_key(write, environ):
    path = write("providers: {openai: {api_key: ''}}")
    made = plan({"config": str(path)}, environ)
    assert made["gateway"]["providers"][1]["api_key"] is None
    assert made["supervisor"]["providers"][1]["credentials"] == "client"


def test_only_enabled_providers(write, environ):
    path = write("providers: {anthropic: {enabled: false}, x: {type: openai}}")
    made = plan({"config": str(path)}, environ)
    assert [each["name"] for each in made["gateway"]["providers"]] == ["openai"]
    assert [each["name"] for each in made["supervisor"]["providers"]] == ["openai"]


@pytest.mark.parametrize("dialect", ["anthropic", "openai"])
def test_one_dialect(environ, dialect):
    made = plan({"dialect": dialect}, environ)
    assert made["gateway"]["dialects"] == [dialect]
    assert made["supervisor"]["dialects"] == [dialect]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"no_recording": True}, ""),
        ({}, "session_recording: {enabled: false}"),
        ({}, "session_recording: {jsonl: {enabled: no}, sqlite: {enabled: no}}"),
    ],
)
def test_without_recording_there_is_no_tap(write, environ, options, text):
    made = plan({"config": str(write(text)), **options}, environ)
    assert made["gateway"]["tap"] is None
    assert made["supervisor"]["recording"] is False
    assert made["supervisor"]["sessions_dir"] is None
    assert made["observer"]["jsonl_directory"] is None
    assert made["observer"]["sqlite_path"] is None
    assert len(made["supervisor"]["warnings"]) == ("jsonl" in text)


def test_one_writer_is_enough_for_a_tap(write, environ):
    path = write("session_recording: {jsonl: {enabled: false}, buffer_mb: 1}")
    made = plan({"config": str(path)}, environ)
    assert made["gateway"]["tap"]["buffer_bytes"] == 1024 * 1024
    assert made["observer"]["jsonl_directory"] is None
    assert made["observer"]["sqlite_path"] is not None


def test_bypass_and_websockets_as_the_file_says(write, environ):
    path = write(
        "bypass: {enabled: no, provider: anthropic}\n"
        "providers: {openai: {websocket: off}}"
    )
    made = plan({"config": str(path)}, environ)["gateway"]
    assert made["bypass"] == {"enabled": False, "provider": "anthropic"}
    assert [each["websocket"] for each in made["providers"]] == [True, False]


@pytest.mark.parametrize(("enabled", "optional"), [("true", False), ("auto", True)])
def test_codex_login(write, environ, tmp_path, enabled, optional):
    path = write(f"providers: {{openai: {{codex_auth: {{enabled: {enabled}}}}}}}")
    more = {"LUNAROUTE_CODEX_UA_VERSION": "1.2.3"}
    anthropic, openai = plan({"config": str(path)}, environ | more)["gateway"][
        "providers"
    ]
    assert anthropic["codex_auth"] is None
    codex = openai["codex_auth"]
    assert codex.pop("user_agent").startswith("codex_cli_rs/1.2.3 (")
    assert codex == {
        "file": str(tmp_path / ".codex/auth.json"),
        "token_field": "tokens.access_token",
        "account_id": "",
        "is_optional": optional,
    }


@pytest.mark.parametrize("version", ["1 2", "1\r\nx: y", "ä"])
def test_a_codex_version_that_no_header_can_hold_is_an_error(environ, version):
    with pytest.raises(ConfigError, match="^LUNAROUTE_CODEX_UA_VERSION: must be"):
        resolve({}, environ | {"LUNAROUTE_CODEX_UA_VERSION": version})


def test_a_codex_account_that_no_header_can_hold_is_an_error(write, environ):
    path = write('providers: {openai: {codex_auth: {account_id: "a\\r\\nb: c"}}}')
    with pytest.raises(ConfigError, match="account_id"):
        resolve({"config": str(path)}, environ)


def test_how_connections_are_kept_is_told_by_provider(write, environ):
    path = write("providers: {openai: {http_client: {connect_timeout_secs: 3}}}")
    more = {
        "LUNAROUTE_OPENAI_MAX_RETRIES": "11",
        "LUNAROUTE_OPENAI_ENABLE_POOL_METRICS": "false",
        "LUNAROUTE_OPENAI_POOL_MAX_IDLE": "0",
        "https_proxy": "http://me:p%40ss@proxy.example:3128",
        "NO_PROXY": "api.anthropic.com",
    }
    made = plan({"config": str(path)}, environ | more)
    anthropic, openai = (each["http_client"] for each in made["gateway"]["providers"])
    assert anthropic["connect_timeout_secs"] == 10
    assert anthropic["proxy"] is None
    assert openai["connect_timeout_secs"] == 3
    assert openai["pool_max_idle_per_host"] == 0
    assert openai["max_retries"] == 10
    assert openai["proxy"] == {
        "host": "proxy.example",
        "port": 3128,
        "authorization": "Basic bWU6cEBzcw==",
    }
    (warning,) = made["supervisor"]["warnings"]
    assert warning.startswith("providers.openai.http_client.max_retries: more than 10")
    assert made["supervisor"]["providers"][1]["through"] == "proxy.example:3128"
    assert "bWU6cEBzcw" not in json.dumps([made["supervisor"], made["observer"]])
    assert list(made["observer"]["pools"]) == ["anthropic"]
    off = {"LUNAROUTE_ANTHROPIC_ENABLE_POOL_METRICS": "false"}
    assert not plan({}, environ | more | off)["observer"]["pools"]


def test_durability(write, environ):
    assert plan({}, environ)["observer"]["durable"] is True
    fast = write("session_recording: {durability: fast}")
    assert plan({"config": fast}, environ)["observer"]["durable"] is False


def test_sessions_in_the_summary(write, environ):
    few = write("session_stats_max_sessions: 0")
    assert plan({"config": few}, environ)["observer"]["summary_sessions"] == 0


def test_whose_work_is_recorded(write, environ):
    text = (
        "session_recording: {metadata: {project: luna},"
        " metadata_headers: {X-Team: team}}"
    )
    made = plan({"config": write(text)}, environ)["observer"]
    assert made["metadata"] == {"project": "luna"}
    assert made["metadata_headers"] == {"x-team": "team"}

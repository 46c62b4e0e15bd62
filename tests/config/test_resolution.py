import pytest

from lunaroute.config import declarations, resolve
from lunaroute.errors import ConfigError
from lunaroute.pii import KINDS


def test_without_anything_all_is_default(environ, tmp_path):
    resolved = resolve({}, environ)
    assert resolved.warnings == ()
    assert {each.origin for each in resolved.values.values()} == {"default"}
    home = tmp_path / ".lunaroute"
    recording = resolved.settings.session_recording
    assert recording.jsonl.directory == str(home / "sessions")
    assert recording.sqlite.path == str(home / "sessions.db")
    assert resolved.settings.ui.sessions_dir == str(home / "sessions")
    codex = resolved.settings.providers.openai.codex_auth
    assert codex.auth_file == str(tmp_path / ".codex/auth.json")


def test_all_data_follows_the_home(environ, tmp_path):
    resolved = resolve({}, environ | {"LUNAROUTE_HOME": str(tmp_path / "x")})
    recording = resolved.settings.session_recording
    assert recording.jsonl.directory == str(tmp_path / "x/sessions")
    assert recording.sqlite.path == str(tmp_path / "x/sessions.db")


def test_file_then_environment_then_flags(write, environ):
    path = write("host: 127.0.0.2\nport: 1\napi_dialect: openai\n")
    more = environ | {"LUNAROUTE_PORT": "2", "LUNAROUTE_DIALECT": "anthropic"}
    resolved = resolve({"config": str(path), "dialect": "both"}, more)
    settings = resolved.settings
    assert (settings.host, settings.port) == ("127.0.0.2", 2)
    assert settings.api_dialect == "both"
    assert resolved.origin("host") == f"file {path}"
    assert resolved.origin("port") == "env LUNAROUTE_PORT"
    assert resolved.origin("api_dialect") == "flag --dialect"
    assert resolved.origin("logging.level") == "default"


@pytest.mark.parametrize(
    ("written", "value", "origin"),
    [
        ("sk-file", "sk-file", "file"),
        ("", "sk-env", "env"),
        ('"${NONE:-}"', "sk-env", "env"),
        ('"${OPENAI_API_KEY}"', "sk-env", "file"),
    ],
)
def test_a_key_of_the_file_wins_over_the_environments(
    write, environ, written, value, origin
):
    path = write(f"providers: {{openai: {{api_key: {written} }} }}")
    more = environ | {"OPENAI_API_KEY": "sk-env"}
    resolved = resolve({"config": str(path)}, more)
    key = resolved.values["providers.openai.api_key"]
    assert key.value == value
    assert key.origin.split()[0] == origin


def test_the_environment_wins_over_another_spelling_in_the_file(write, environ):
    path = write("session_recording: {sessions_dir: /file}")
    more = environ | {"LUNAROUTE_SESSIONS_DIR": "/env"}
    resolved = resolve({"config": str(path)}, more)
    assert resolved.settings.session_recording.jsonl.directory == "/env"


def test_problems_of_all_sources_are_reported_together(write, environ):
    path = write("prot: 1")
    with pytest.raises(ConfigError) as caught:
        resolve(
            {"config": str(path), "port": "x"}, environ | {"LUNAROUTE_UI_PORT": "x"}
        )
    first, second, third = str(caught.value).splitlines()
    assert first.startswith(f"{path}: prot: ")
    assert second.startswith("LUNAROUTE_UI_PORT: ")
    assert third.startswith("--port: ")


def test_a_mistake_is_not_covered_by_a_later_source(write, environ):
    path = write("port: abc")
    with pytest.raises(ConfigError, match="port: expected a whole number"):
        resolve({"config": str(path), "port": 1}, environ)


def test_secrets_are_known_by_key(write, environ):
    path = write("providers: {my.own: {type: openai, api_key: k}}")
    resolved = resolve({"config": str(path)}, environ)
    assert "providers.my.own.api_key" in resolved.secrets
    assert "providers.openai.api_key" in resolved.secrets
    assert "session_recording.pii.hmac_secret" in resolved.secrets
    assert "host" not in resolved.secrets


EVERYTHING = """
host: 0.0.0.0
port: 9000
api_dialect: openai
session_stats_max_sessions: 50
allowed_hosts: [proxy.example]
allowed_origins: ["http://localhost:3000"]
token: 0123456789abcdefghijklmnop
allow_remote: true
http_server:
  workers: 2
  max_connections: 100
  head_timeout_secs: 10
  keep_alive_secs: 60
  half_close_secs: 1
  shutdown_timeout_secs: 5
  tcp_nodelay: false
  tcp_keepalive_secs: 30
  send_buffer_size: 65536
  recv_buffer_size: 65536
  sse_keepalive_enabled: false
  sse_keepalive_interval_secs: 5
  max_request_body_bytes: 1048576
providers:
  openai: &all
    enabled: true
    api_key: sk-1
    base_url: https://openrouter.ai/api/v1
    provider_type: openai
    type: openai
    model: gpt-5
    websocket: off
    switch_notification_message: Using ${new_provider}.
    http_client:
      timeout_secs: 300
      connect_timeout_secs: 5
      pool_max_idle_per_host: 64
      pool_idle_timeout_secs: 90
      tcp_keepalive_secs: 30
      max_retries: 5
      enable_pool_metrics: false
    request_headers: {X-Session: "${session_id}", X-User: "${env.USER}"}
    request_body:
      defaults: {temperature: 0.7, stop: null}
      overrides: {top_p: 0.9}
      prepend_messages: [{role: user, content: Be brief.}]
    response_body:
      enabled: true
      metadata_namespace: mine
      fields: {request: "${request_id}"}
      extension_fields: {model: "${model}"}
    codex_auth:
      enabled: true
      auth_file: ~/auth.json
      token_field: token
      account_id: acc
  anthropic:
    <<: *all
    provider_type: anthropic
    type: anthropic
  mine:
    <<: *all
pricing:
  overrides:
    - model: claude-*
      provider: anthropic
      input: 3
      cache_read: 0.3
      cache_write: 3.75
      cache_write_1h: 6
      output: 15
      thinking: 15
      audio_input: 40
      audio_output: 80
session_recording:
  enabled: true
  max_body_mb: 4
  buffer_mb: 64
  overflow: wait
  durability: fast
  writers: {mine: {bucket: x}}
  metadata: {project: luna}
  metadata_headers: {X-Team: team}
  capture_user_agent: false
  max_user_agent_length: 100
  sessions_dir: /data/sessions
  jsonl:
    enabled: true
    directory: /data/sessions
    retention: &retention
      max_age_days: 10
      max_total_size_gb: 5
      max_size_mb: 512
      compress_after_days: 3
      cleanup_interval_minutes: 30
  cleanup: {retention: *retention}
  sqlite: {enabled: true, path: /data/sessions.db, max_connections: 2}
  postgres:
    enabled: true
    connection_string: postgres://u:p@h/d
    max_connections: 9
    min_connections: 2
    acquire_timeout_seconds: 5
    idle_timeout_seconds: 60
    max_lifetime_seconds: 900
  worker: {batch_size: 10, batch_timeout_ms: 10}
  pii:
    enabled: true
    secrets: false
    min_confidence: 0.5
    redaction_mode: tokenize
    secrets_mode: remove
    modes: {email: partial}
    reversible: true
    partial_show_chars: 2
    SWITCHES
    hmac_secret: hush
    detect_loopback_addresses: true
    detect_documentation_addresses: false
    custom_patterns:
      - name: key
        pattern: "sk-[a-z]{8}"
        confidence: 0.95
        redaction_mode: tokenize
        placeholder: "[KEY]"
tracing:
  enabled: true
  endpoint: http://collector.test:4318
  headers: {api-key: secret}
  service_name: mine
  include_content: true
  timeout_secs: 3
logging: {level: debug, format: json, log_requests: true, log_sql_queries: true}
routing:
  rules:
    - name: plain
      model_pattern: ^gpt-
      primary: openai
      fallbacks: [anthropic]
      priority: 20
    - name: shared
      model_pattern: ^claude-
      strategy: weighted_round_robin
      weights: {openai: 80, anthropic: 20}
  provider_switch_notification: {enabled: true, default_message: "Now ${model}"}
bypass: {enabled: false, provider: openai}
ui:
  enabled: true
  host: 0.0.0.0
  port: 9001
  refresh_interval: 10
  export_enabled: false
  delete_enabled: true
  log_requests: true
  sessions_dir: /data/sessions
""".replace("    SWITCHES\n", "".join(f"    detect_{kind}: false\n" for kind in KINDS))


def test_every_key_at_once(write, environ):
    path = write(EVERYTHING)
    resolved = resolve({"config": str(path)}, environ)
    unset = [
        key
        for key, each in resolved.values.items()
        if each.origin == "default"
        and key not in ("home", "bootstrap", "codex_ua_version")
    ]
    assert unset == []
    features = [each.split(":")[0] for each in resolved.warnings]
    assert len(features) == len(set(features))
    not_built = {
        each.about.feature
        for each in declarations().values()
        if not (each.about.built or each.is_item or each.about.same_as)
    }
    # Both built-in providers have their own type, and `providers` is a group.
    expected = not_built - {"provider_type", "providers"} | {"extra providers"}
    assert set(features) == expected


PREFIXES = ("LUNAROUTE_OPENAI_", "LUNAROUTE_ANTHROPIC_")
VARIABLES = {
    "LUNAROUTE_DIALECT": "OpenAI",
    "OPENAI_API_KEY": "sk-1",
    "ANTHROPIC_API_KEY": "sk-2",
    "LUNAROUTE_ENABLE_SESSION_RECORDING": "Yes",
    "LUNAROUTE_ENABLE_JSONL_WRITER": "off",
    "LUNAROUTE_ENABLE_SQLITE_WRITER": "1",
    "LUNAROUTE_SESSIONS_DIR": "~/s",
    "LUNAROUTE_SESSIONS_DB_PATH": "~/s.db",
    "LUNAROUTE_LOG_REQUESTS": "true",
    "LUNAROUTE_LOG_SQL_QUERIES": "true",
    "LUNAROUTE_LOG_LEVEL": "WARN",
    "LUNAROUTE_LOG_FORMAT": "json",
    "LUNAROUTE_TRACING_ENABLED": "true",
    "LUNAROUTE_TRACING_INCLUDE_CONTENT": "true",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.test:4318/x",
    "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b,x=y",
    "OTEL_SERVICE_NAME": "mine",
    "LUNAROUTE_HOST": "localhost",
    "LUNAROUTE_PORT": "0",
    "LUNAROUTE_UI_ENABLED": "no",
    "LUNAROUTE_UI_HOST": "::1",
    "LUNAROUTE_UI_PORT": "9001",
    "LUNAROUTE_UI_LOG_REQUESTS": "on",
    "LUNAROUTE_UI_REFRESH_INTERVAL": "10",
    "LUNAROUTE_ALLOWED_HOSTS": "proxy.example, [::2]",
    "LUNAROUTE_ALLOWED_ORIGINS": "vscode-webview://*",
    "LUNAROUTE_ALLOW_REMOTE": "yes",
    "LUNAROUTE_TOKEN": "0123456789abcdefghijklmnop",
    "LUNAROUTE_WORKERS": "2",
    "LUNAROUTE_BYPASS_ENABLED": "false",
    "LUNAROUTE_BYPASS_PROVIDER": "anthropic",
    **{f"{prefix}TIMEOUT_SECS": "900" for prefix in PREFIXES},
    **{f"{prefix}CONNECT_TIMEOUT_SECS": "5" for prefix in PREFIXES},
    **{f"{prefix}POOL_MAX_IDLE": "64" for prefix in PREFIXES},
    **{f"{prefix}POOL_IDLE_TIMEOUT_SECS": "90" for prefix in PREFIXES},
    **{f"{prefix}TCP_KEEPALIVE_SECS": "30" for prefix in PREFIXES},
    **{f"{prefix}MAX_RETRIES": "5" for prefix in PREFIXES},
    **{f"{prefix}ENABLE_POOL_METRICS": "false" for prefix in PREFIXES},
    **{f"{prefix}BASE_URL": "http://localhost:1" for prefix in PREFIXES},
}


def test_every_variable_at_once(environ, tmp_path):
    from lunaroute.config import variables

    outside = {"LUNAROUTE_HOME", "LUNAROUTE_CONFIG", "LUNAROUTE_BOOTSTRAP"} | {
        "LUNAROUTE_CODEX_UA_VERSION",
        "LUNAROUTE_PURE_PYTHON",
    }
    assert set(VARIABLES) | outside == set(variables())
    resolved = resolve({}, environ | VARIABLES)
    for name in VARIABLES:
        assert resolved.origin(variables()[name].key) == f"env {name}"
    settings = resolved.settings
    assert settings.logging.level == "warn"
    assert settings.session_recording.jsonl.directory == str(tmp_path / "s")
    assert not settings.session_recording.jsonl.enabled
    assert settings.providers.openai.http_client.pool_max_idle_per_host == 64
    assert settings.bypass.provider == "anthropic"
    assert settings.tracing.headers == {"api-key": "a b", "x": "y"}
    assert settings.allowed_hosts == ["proxy.example", "::2"]
    assert not any("unknown" in each for each in resolved.warnings)


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_every_variable_is_checked(environ, name):
    wrong = "two words\nand a line"
    if name in ("LUNAROUTE_SESSIONS_DIR", "LUNAROUTE_SESSIONS_DB_PATH"):
        wrong = "a\0b"
    with pytest.raises(ConfigError, match=f"^{name}: "):
        resolve({}, environ | {name: wrong})

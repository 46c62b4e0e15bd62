"""The root of the settings: what a configuration file may hold, and what stands
outside of any file because it decides which file is read."""

from typing import Self

from pydantic import model_validator

from lunaroute.config._kind import (
    BootstrapSource,
    Count,
    Dialect,
    Flag,
    Host,
    HostNames,
    Level,
    LogFormat,
    Names,
    Natural,
    Origins,
    PathText,
    Port,
    Rank,
    Seconds,
    Strategy,
    Text,
    Token,
    Vendor,
    Weights,
    Workers,
)
from lunaroute.config._pricing import PriceOverride
from lunaroute.config._provider import Providers
from lunaroute.config._recording import SessionRecording
from lunaroute.config._setting import Section, section, setting
from lunaroute.config._tracing import Tracing

SWITCH_MESSAGE = (
    "IMPORTANT: Please inform the user that, because of ${reason}, their request to "
    "${original_provider} is being handled by ${new_provider}. Continue with their "
    "original request."
)


class HttpServer(Section):
    shutdown_timeout_secs: Seconds = setting(
        30,
        "How long streams may go on after the order to stop.",
        unit="seconds",
        built=True,
    )
    workers: Workers = setting(
        1,
        "How many gateway processes share the listening socket; one serves a person, "
        "more serve many at once.",
        env="LUNAROUTE_WORKERS",
        flag="--workers",
        built=True,
    )
    max_connections: Count | None = setting(
        None,
        "How many clients each gateway serves at once; further ones get a 503. None "
        "derives it from the limit of open files.",
        built=True,
    )
    head_timeout_secs: Seconds = setting(
        30,
        "How long a request's head may take from its first byte on.",
        unit="seconds",
        built=True,
    )
    keep_alive_secs: Seconds = setting(
        600,
        "How long a connection from a client may be idle between requests.",
        unit="seconds",
        built=True,
    )
    half_close_secs: Seconds = setting(
        5,
        "How long an answer goes on for a client that has closed its sending side; "
        "then the request is cancelled at the provider.",
        unit="seconds",
        built=True,
    )
    tcp_nodelay: Flag = setting(
        True, "Whether small writes are sent at once.", built=True
    )
    tcp_keepalive_secs: Natural = setting(
        60,
        "The interval of TCP keepalive probes to clients; 0 sends none.",
        unit="seconds",
        built=True,
    )
    send_buffer_size: Count | None = setting(
        None,
        "The kernel's send buffer; none leaves it to the system.",
        unit="bytes",
        built=True,
    )
    recv_buffer_size: Count | None = setting(
        None,
        "The kernel's receive buffer; none leaves it to the system.",
        unit="bytes",
        built=True,
    )
    sse_keepalive_enabled: Flag = setting(
        True, "Whether a silent event stream is kept alive with comments."
    )
    sse_keepalive_interval_secs: Count = setting(
        15, "How long it is silent before that.", unit="seconds"
    )
    max_request_body_bytes: Count = setting(
        100 * 1024 * 1024,
        "Longer request bodies are refused with a 413.",
        unit="bytes",
        built=True,
    )


class Logging(Section):
    level: Level = setting(
        "info",
        "What is logged: `trace`, `debug`, `info`, `warn` or `error`.",
        env="LUNAROUTE_LOG_LEVEL",
        flag="--log-level",
        built=True,
    )
    format: LogFormat = setting(
        "text",
        "How it is logged: `text` for people, `json` for programs, one object a line "
        "(also what is said on standard output).",
        env="LUNAROUTE_LOG_FORMAT",
        flag="--log-format",
        built=True,
    )
    log_requests: Flag = setting(
        False,
        "Whether requests and answers are shown on standard output while they pass: "
        "model, number of messages, what the model says and which tools it calls, "
        "usage. Secrets are masked. It needs no recording.",
        env="LUNAROUTE_LOG_REQUESTS",
        built=True,
    )
    log_sql_queries: Flag = setting(
        False,
        "Whether the recorder logs each statement to its database, whatever the level, "
        "with the time it took; values are never logged.",
        env="LUNAROUTE_LOG_SQL_QUERIES",
        built=True,
    )


class Rule(Section):
    name: Text = setting(..., "The name of the rule in logs and metrics.")
    model_pattern: Text = setting(
        ..., "The regular expression that the requested model matches.", template=True
    )
    primary: Text | None = setting(
        None, "The provider that is asked first; needed unless there is a strategy."
    )
    fallbacks: Names = setting([], "The providers that are asked when it fails.")
    priority: Rank = setting(10, "Rules with a higher one are looked at first.")
    strategy: Strategy | None = setting(
        None, "How one of several providers is chosen, instead of `primary`."
    )
    weights: Weights | None = setting(
        None, "The share of each provider, for `weighted_round_robin`."
    )

    @model_validator(mode="after")
    def _needs_a_provider(self) -> Self:
        if self.primary is None and self.strategy is None:
            raise ValueError("a rule needs `primary` or `strategy`")
        return self


class SwitchNotification(Section):
    enabled: Flag = setting(
        False, "Whether the model is told that another provider stands in."
    )
    default_message: Text = setting(
        SWITCH_MESSAGE, "What it is told; a template.", template=True
    )


class Routing(Section):
    rules: list[Rule] = setting([], "Which model goes to which provider.")
    provider_switch_notification: SwitchNotification = section(
        SwitchNotification,
        "The notice about a change of provider.",
        feature="provider switch notification",
    )


class Bypass(Section):
    enabled: Flag = setting(
        True,
        "Whether paths that LunaRoute does not know are forwarded.",
        env="LUNAROUTE_BYPASS_ENABLED",
        built=True,
    )
    provider: Vendor | None = setting(
        None,
        "Where they are forwarded to; without it, to the vendor that the headers "
        "name, else to OpenAI if it is served.",
        env="LUNAROUTE_BYPASS_PROVIDER",
        built=True,
    )


class Ui(Section):
    enabled: Flag = setting(
        True,
        "Whether the web page is served.",
        env="LUNAROUTE_UI_ENABLED",
        flag="--no-ui",
        built=True,
    )
    host: Host = setting(
        "127.0.0.1",
        "The address it is served on.",
        env="LUNAROUTE_UI_HOST",
        built=True,
    )
    port: Port = setting(
        8082,
        "The port it is served on; 0 takes any free one. Where it is taken the proxy "
        "starts without the page.",
        env="LUNAROUTE_UI_PORT",
        built=True,
    )
    refresh_interval: Count = setting(
        5,
        "How often the page brings itself up to date while it can be seen.",
        unit="seconds",
        env="LUNAROUTE_UI_REFRESH_INTERVAL",
        built=True,
    )
    export_enabled: Flag = setting(
        True, "Whether sessions can be exported there.", built=True
    )
    delete_enabled: Flag = setting(
        False, "Whether sessions can be deleted there.", built=True
    )
    log_requests: Flag = setting(
        False,
        "Whether requests for the page and its data are logged.",
        env="LUNAROUTE_UI_LOG_REQUESTS",
        built=True,
    )
    sessions_dir: PathText = setting(
        "<home>/sessions",
        "Where session files are looked for that are no longer where they were "
        "recorded.",
        path=True,
        built=True,
    )


class Pricing(Section):
    overrides: list[PriceOverride] = setting(
        [],
        "Prices of your own, in US dollars for a million tokens. The first that fits "
        "goes before the table that is shipped, in the parts that it gives.",
        built=True,
    )


class Settings(Section):
    """What a configuration file may hold."""

    host: Host = setting(
        "127.0.0.1",
        "The address to listen on.",
        env="LUNAROUTE_HOST",
        flag="--host",
        built=True,
    )
    port: Port = setting(
        8081,
        "The port to listen on; 0 takes any free one.",
        env="LUNAROUTE_PORT",
        flag="--port",
        built=True,
    )
    api_dialect: Dialect = setting(
        "both",
        "Which API is served: `anthropic`, `openai` or `both`.",
        env="LUNAROUTE_DIALECT",
        flag="--dialect",
        built=True,
    )
    session_stats_max_sessions: Natural = setting(
        100,
        "Of how many sessions, those active last, the summary at the end tells "
        "statistics; all of them together it always tells.",
        unit="sessions",
        built=True,
    )
    allowed_hosts: HostNames = setting(
        [],
        "Names that the server may be called by, besides loopback names and the "
        "address it listens on; `*` allows all.",
        env="LUNAROUTE_ALLOWED_HOSTS",
        built=True,
    )
    allowed_origins: Origins = setting(
        [],
        "Web origins that may call the server from a browser or a webview, such as "
        "`http://localhost:3000` or `vscode-webview://*`; `*` allows all.",
        env="LUNAROUTE_ALLOWED_ORIGINS",
        built=True,
    )
    token: Token = setting(
        "",
        "What callers from other machines must show, as the header "
        "`x-lunaroute-token` or as `/t/TOKEN` in front of the path.",
        env="LUNAROUTE_TOKEN",
        built=True,
        secret=True,
    )
    allow_remote: Flag = setting(
        False,
        "Whether other machines may call without a token, if `host` lets them.",
        env="LUNAROUTE_ALLOW_REMOTE",
        flag="--allow-remote",
        built=True,
    )
    tracing: Tracing = section(Tracing, "Spans for an OpenTelemetry collector.")
    providers: Providers = section(
        Providers, "Where requests go, and with which credentials.", feature="providers"
    )
    pricing: Pricing = section(Pricing, "What tokens cost.")
    session_recording: SessionRecording = section(
        SessionRecording, "What is recorded, where, and how much memory that may take."
    )
    logging: Logging = section(Logging, "What the processes say about themselves.")
    http_server: HttpServer = section(
        HttpServer, "Connections from clients.", feature="http_server"
    )
    routing: Routing = section(
        Routing, "Which provider answers which model.", feature="routing"
    )
    bypass: Bypass = section(Bypass, "Paths that LunaRoute does not know.")
    ui: Ui = section(Ui, "The web page.")


class Process(Section):
    """What stands outside of any file: variables and flags only."""

    home: PathText = setting(
        "~/.lunaroute",
        "The directory of all data and of the configuration file.",
        env="LUNAROUTE_HOME",
        built=True,
        path=True,
    )
    config: PathText | None = setting(
        None,
        "The configuration file; without it `<home>/config.yaml`, then "
        "`<home>/config.toml`, then none.",
        env="LUNAROUTE_CONFIG",
        flag="--config",
        built=True,
        path=True,
    )
    bootstrap: PathText | None = setting(
        None,
        "A file that names the configuration file; without it "
        "`<home>/bootstrap.yaml`, if that exists.",
        env="LUNAROUTE_BOOTSTRAP",
        flag="--bootstrap",
        built=True,
        path=True,
    )
    codex_ua_version: Text = setting(
        "0.118.0",
        "The version in the Codex user agent, with `codex_auth`.",
        env="LUNAROUTE_CODEX_UA_VERSION",
        built=True,
    )
    pure_python: Text = setting(
        "",
        "Any text: the compiled modules are not used.",
        env="LUNAROUTE_PURE_PYTHON",
        built=True,
    )


class Bootstrap(Section):
    """A small file that says where the configuration is."""

    source: BootstrapSource = setting(
        "file", "Where the configuration is: `file`.", built=True
    )
    file_path: PathText | None = setting(
        None, "The configuration file; needed.", built=True, path=True
    )
    database_url: Text = setting("", "Not supported.", secret=True)
    tenant_id: Text | None = setting(None, "Not supported.")

    @model_validator(mode="after")
    def _needs_a_file(self) -> Self:
        if self.source == "database":
            raise ValueError(
                "`source: database` is not supported; "
                "use `source: file` with `file_path`"
            )
        if self.file_path is None:
            raise ValueError("`file_path` is missing: the configuration file to read")
        return self

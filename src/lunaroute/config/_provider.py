"""The settings of the providers: where requests go and with which credentials."""

from typing import ClassVar, Self

from pydantic import ConfigDict, model_validator

from lunaroute.config._kind import (
    AutoFlag,
    AutoOff,
    BaseUrl,
    Count,
    Flag,
    FreeList,
    FreeMap,
    Key,
    Natural,
    PathText,
    Templates,
    Text,
    Vendor,
)
from lunaroute.config._setting import Section, section, setting

# More would only wait: the pauses double, and the connection's time is limited.
MAX_RETRIES = 10


class HttpClient(Section):
    timeout_secs: Count = setting(
        600,
        "How long a request may be silent in both directions; there is no limit to "
        "what goes on.",
        unit="seconds",
        env="LUNAROUTE_{PROVIDER}_TIMEOUT_SECS",
        built=True,
    )
    connect_timeout_secs: Count = setting(
        10,
        "How long opening a connection to the provider may take, all attempts "
        "together.",
        unit="seconds",
        env="LUNAROUTE_{PROVIDER}_CONNECT_TIMEOUT_SECS",
        built=True,
    )
    pool_max_idle_per_host: Natural = setting(
        32,
        "How many idle connections are kept open; with 0 each request has its own.",
        unit="connections",
        env="LUNAROUTE_{PROVIDER}_POOL_MAX_IDLE",
        built=True,
    )
    pool_idle_timeout_secs: Natural = setting(
        90,
        "How long an idle connection is kept. Load balancers close theirs after one "
        "to ten minutes; it is better to be first.",
        unit="seconds",
        env="LUNAROUTE_{PROVIDER}_POOL_IDLE_TIMEOUT_SECS",
        built=True,
    )
    tcp_keepalive_secs: Natural = setting(
        60,
        "After how much silence, and then how often, the kernel asks whether the "
        "other side is still there; 0 switches that off.",
        unit="seconds",
        env="LUNAROUTE_{PROVIDER}_TCP_KEEPALIVE_SECS",
        built=True,
    )
    max_retries: Natural = setting(
        3,
        "How often a connection that could not be opened is tried again, at most "
        f"{MAX_RETRIES}. A request that was sent is none of these.",
        env="LUNAROUTE_{PROVIDER}_MAX_RETRIES",
        built=True,
    )
    enable_pool_metrics: Flag = setting(
        True,
        "Whether the provider's idle connections are counted in the metrics.",
        env="LUNAROUTE_{PROVIDER}_ENABLE_POOL_METRICS",
        built=True,
    )


class RequestBody(Section):
    defaults: FreeMap | None = setting(
        None, "Fields that are added where the client's body lacks them."
    )
    overrides: FreeMap | None = setting(
        None, "Fields that replace those of the client's body."
    )
    prepend_messages: FreeList | None = setting(
        None, "Messages that are put before the client's own."
    )


class ResponseBody(Section):
    enabled: Flag = setting(False, "Whether fields are added to answers.")
    metadata_namespace: Text = setting(
        "lunaroute", "The object of the answer that holds the metadata fields."
    )
    fields: FreeMap | None = setting(None, "Metadata fields and their templates.")
    extension_fields: FreeMap | None = setting(
        None, "Fields at the top of the answer and their templates."
    )


class CodexAuth(Section):
    enabled: AutoFlag = setting(
        "false",
        "Whether requests of this machine that carry no credential go to OpenAI with "
        "the Codex CLI's login; `auto` says nothing if there is none.",
        built=True,
    )
    auth_file: PathText = setting(
        "~/.codex/auth.json",
        "The file in which Codex keeps its login.",
        built=True,
        path=True,
    )
    token_field: Text = setting(
        "tokens.access_token",
        "The field of that file that holds the token.",
        built=True,
    )
    account_id: Key | None = setting(
        None, "The account, if not the file's own.", built=True
    )


class Provider(Section):
    enabled: Flag = setting(
        True, "Whether requests are forwarded to this provider.", built=True
    )
    api_key: Key = setting(
        "",
        "The credential. From the file it replaces the client's own, from the "
        "environment it is used only when the client sent none; the file's goes first.",
        env="{PROVIDER}_API_KEY",
        built=True,
        secret=True,
        file_first=True,
    )
    base_url: BaseUrl | None = setting(
        None,
        "Where the provider's API begins.",
        env="LUNAROUTE_{PROVIDER}_BASE_URL",
        built=True,
    )
    provider_type: Vendor | None = setting(
        None,
        "Which API the provider speaks; needed for every provider with a name "
        "of your own.",
        feature="provider_type",
    )
    type: Vendor | None = setting(
        None,
        "Another spelling of `provider_type`.",
        same_as="providers.*.provider_type",
    )
    model: Text | None = setting(
        None,
        "The model to ask for instead of the client's, for requests that a marker "
        "sent here.",
        feature="model override",
    )
    websocket: AutoOff = setting(
        "auto",
        "Whether WebSocket connections are forwarded: `auto` or `off`.",
        built=True,
    )
    switch_notification_message: Text | None = setting(
        None,
        "What the model is told when this provider stands in for another; a template.",
        template=True,
        feature="provider switch notification",
    )
    http_client: HttpClient = section(
        HttpClient, "Connections to the provider.", feature="http_client"
    )
    request_headers: Templates | None = setting(
        None,
        "Headers that are set on each request: a map from name to template, also "
        "accepted under a key `headers`.",
        template=True,
        secret=True,
        feature="request_headers",
    )
    request_body: RequestBody = section(
        RequestBody, "Changes to request bodies.", template=True, feature="request_body"
    )
    response_body: ResponseBody = section(
        ResponseBody, "Additions to answers.", template=True, feature="response_body"
    )
    codex_auth: CodexAuth = section(CodexAuth, "The Codex CLI's own login.")


class AnthropicProvider(Provider):
    base_url: BaseUrl = setting(
        "https://api.anthropic.com",
        "Where the provider's API begins.",
        env="LUNAROUTE_{PROVIDER}_BASE_URL",
        built=True,
    )
    provider_type: Vendor = setting(
        "anthropic", "Which API the provider speaks.", feature="provider_type"
    )


class OpenaiProvider(Provider):
    base_url: BaseUrl = setting(
        "https://api.openai.com/v1",
        "Where the provider's API begins.",
        env="LUNAROUTE_{PROVIDER}_BASE_URL",
        built=True,
    )
    provider_type: Vendor = setting(
        "openai", "Which API the provider speaks.", feature="provider_type"
    )


class ExtraProvider(Provider):
    @model_validator(mode="after")
    def _needs_type(self) -> Self:
        if self.provider_type is None and self.type is None:
            raise ValueError(
                "a provider with a name of your own needs "
                "`type: anthropic` or `type: openai`"
            )
        return self


class Providers(Section):
    model_config = ConfigDict(extra="allow")
    OTHERS: ClassVar[type[Section] | None] = ExtraProvider

    __pydantic_extra__: dict[str, ExtraProvider]

    anthropic: AnthropicProvider = section(AnthropicProvider, "The Anthropic API.")
    openai: OpenaiProvider = section(OpenaiProvider, "The OpenAI API.")

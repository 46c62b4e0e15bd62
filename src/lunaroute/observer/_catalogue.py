"""Every metric, declared once: values, help and docs/metrics.md come from here."""

from lunaroute.observer._board import Metric

# The label of the one endpoint that is a WebSocket.
SOCKET = "websocket"

_MODEL = ("provider", "model")
_TOOL = ("tool", "model", "provider")
_SHORT = (1e-5, 5e-5, 1e-4, 5e-4, 0.001, 0.005, 0.01, 0.05)
_LONG = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, "counter", text, labels)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, "gauge", text, labels)


def _histogram(
    name: str, text: str, *labels: str, buckets: tuple[float, ...]
) -> Metric:
    return Metric(name, "histogram", text, labels, buckets)


# Requests.

REQUESTS = _counter(
    "lunaroute_requests_total",
    "One for each exchange when it is recorded, however it ended: as many as there are "
    "rows. A turn on a WebSocket is one, and so is the WebSocket.",
    *("listener", "model", "provider"),
)
SUCCESSES = _counter(
    "lunaroute_requests_success_total",
    "One for each of them whose outcome is answered.",
    *("listener", "model", "provider"),
)
FAILURES = _counter(
    "lunaroute_requests_failure_total",
    "One for each of them that ended otherwise; error_type is the outcome, or of a "
    "refusal by the provider: rate_limited (429), unauthorized (401, 403), overloaded "
    "(503, 529), server_error, client_error, stream_error (after a 200).",
    *("listener", "model", "provider", "error_type"),
)
EXCHANGES = _counter(
    "lunaroute_exchanges_total",
    "The same exchanges by what was asked for and how it ended.",
    *("provider", "endpoint", "outcome"),
)
DURATION = _histogram(
    "lunaroute_request_duration_seconds",
    "From the request's first byte to the end of its answer, for each exchange that is "
    "no WebSocket.",
    *("listener", "model", "provider"),
    buckets=(0.005, 0.01, 0.025, 0.05, *_LONG),
)
INGRESS = _histogram(
    "lunaroute_ingress_duration_seconds",
    "From a request's first byte to the end of its head.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
)
OVERHEAD = _histogram(
    "lunaroute_proxy_overhead_seconds",
    "From the end of a request's head to its first byte towards the provider: our own "
    "time. With connection=new, connecting to the provider is part of it.",
    "connection",
    buckets=_SHORT,
)
EGRESS = _histogram(
    "lunaroute_egress_duration_seconds",
    "From the first byte towards the provider to the end of the answer.",
    *_MODEL,
    buckets=_LONG,
)
BODY_BYTES = _counter(
    "lunaroute_body_bytes_total",
    "Bytes of bodies that were forwarded, up to the provider and down to the client, "
    "as framed on the wire.",
    *("direction", "provider"),
)
RATE_LIMITS = _counter(
    "lunaroute_rate_limits_total", "One for each answer with the status 429.", *_MODEL
)
BACKOFF = _histogram(
    "lunaroute_rate_limit_backoff_seconds",
    "What the retry-after of such an answer asks for, where it has one in seconds.",
    "provider",
    buckets=(1, 5, 15, 60, 120, 240, 480, 960, 1920, 3840),
)
RECONNECTS = _counter(
    "lunaroute_connection_retries_total",
    "One for each further try to connect to a provider or to send on a new connection.",
    "provider",
)
SUCCESS_RATE = _gauge(
    "lunaroute_provider_success_rate",
    "The part of the provider's last 100 exchanges that was answered, from 0 to 1; "
    "those that the client left do not count.",
    "provider",
)
LAST_ANSWER = _gauge(
    "lunaroute_provider_last_answer_timestamp_seconds",
    "When the provider's last answered exchange began, in Unix time.",
    "provider",
)

# Tokens and dollars.

TOKENS = _counter(
    "lunaroute_tokens_total",
    "Tokens by the vendors' own numbers, as disjoint types whose sum is the total: "
    "input (neither read from nor written to the cache), cache_read, cache_write_5m, "
    "cache_write_1h, audio_input, output (less thinking and reasoning), thinking, "
    "reasoning, audio_output.",
    *("type", "model", "provider"),
)
PROMPT_TOKENS = _counter(
    "lunaroute_tokens_prompt_total",
    "All tokens that went in: input, cache and audio together.",
    *_MODEL,
)
COMPLETION_TOKENS = _counter(
    "lunaroute_tokens_completion_total",
    "All tokens that came out, thinking and reasoning included.",
    *_MODEL,
)
COST = _counter(
    "lunaroute_cost_usd_total",
    "US dollars by the cost that stands in the exchange's row. Exchanges of unknown "
    "price are not in it but in lunaroute_cost_unknown_exchanges_total.",
    *("model", "provider"),
)
UNPRICED = _counter(
    "lunaroute_cost_unknown_exchanges_total",
    "One for each exchange that used tokens whose price is not known.",
    *("model", "provider"),
)

# Tools.

TOOL_CALLS = _counter(
    "lunaroute_tool_calls_total",
    "One for each tool call in an answer.",
    *_TOOL,
)
TOOL_FAILURES = _counter(
    "lunaroute_tool_result_failures_total",
    "One for each call whose result the client reports as an error. Only results of "
    "calls that this process saw count, each once.",
    *_TOOL,
)
TOOL_SECONDS = _histogram(
    "lunaroute_tool_duration_seconds",
    "The client's own measurement, where it tells one; else from the end of the answer "
    "with the call to the request with its result, and waiting for the user's "
    "permission is part of it.",
    "tool",
    buckets=(0.05, *_LONG, 1800),
)

# Streams.

STREAMS = _counter(
    "lunaroute_streaming_requests_total",
    "One for each streamed answer of which a token came.",
    *_MODEL,
)
FIRST_TOKEN = _histogram(
    "lunaroute_streaming_ttft_seconds",
    "From the first byte towards the provider to the first token of such an answer.",
    *_MODEL,
    buckets=(0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30),
)
STREAM_SECONDS = _histogram(
    "lunaroute_streaming_duration_seconds",
    "From the first token to the end of such an answer.",
    *_MODEL,
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 120, 300),
)
CHUNKS = _histogram(
    "lunaroute_streaming_chunks_total",
    "How many pieces such an answer came in. A histogram in spite of its name, which "
    "is older.",
    *_MODEL,
    buckets=(1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 10000),
)
GAPS = _histogram(
    "lunaroute_streaming_chunk_latency_seconds",
    "Each gap between two pieces of a streamed answer.",
    *_MODEL,
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
CUT_SHORT = _counter(
    "lunaroute_streaming_memory_bounds_hit_total",
    "One for each exchange of which not all was recorded: bound_type is buffer "
    "(session_recording.buffer_mb was full) or body (one body was longer than "
    "session_recording.max_body_mb, or broke off).",
    *(*_MODEL, "bound_type"),
)
LIVE_STREAMS = _gauge(
    "lunaroute_live_streams", "Streamed answers under way, at the time of the scrape."
)

# WebSockets.

SOCKETS_OPENED = _counter(
    "lunaroute_ws_connections_opened_total",
    "One for each WebSocket when the provider agreed to it.",
    "endpoint",
)
SOCKETS_CLOSED = _counter(
    "lunaroute_ws_connections_closed_total",
    "One for each of them when its end is recorded.",
    "endpoint",
)
SOCKET_SECONDS = _histogram(
    "lunaroute_ws_connection_duration_seconds",
    "How long each of them lasted, from the request's first byte.",
    "endpoint",
    buckets=(1, 10, 60, 300, 900, 1800, 3600),
)
SOCKET_FRAMES = _counter(
    "lunaroute_ws_frames_total",
    "The text messages of each turn on a WebSocket, when the turn is recorded.",
    *("endpoint", "direction", "type"),
)

# Connections.

LIVE = _gauge("lunaroute_live_exchanges", "Exchanges under way.")
IDLE = _gauge("lunaroute_pool_idle_connections", "Idle connections to all providers.")
CLIENTS = _gauge("lunaroute_client_connections", "Connections of clients.")
POOL_IDLE = _gauge(
    "http_pool_connections_idle",
    "Idle connections to the provider, where http_client.enable_pool_metrics is on; "
    "asked for once a second.",
    *("provider", "dialect"),
)
POOL_CONFIG = _gauge(
    "http_pool_config",
    "The provider's http_client settings with which the pool works.",
    *("provider", "setting"),
)
POOL_CREATED = _counter(
    "http_pool_connections_created_total",
    "One for each exchange that was sent on a new connection to the provider.",
    *("provider", "dialect"),
)
POOL_REUSED = _counter(
    "http_pool_connections_reused_total",
    "One for each exchange that was sent on a connection that had served before.",
    *("provider", "dialect"),
)

# The recorder.

SHED_EXCHANGES = _counter(
    "lunaroute_tap_shed_exchanges_total",
    "Exchanges recorded without their bodies: the recorder was behind and "
    "session_recording.buffer_mb was full.",
)
SHED_BYTES = _counter(
    "lunaroute_tap_shed_bytes_total",
    "Body bytes that were forwarded and not recorded, for the same reason.",
)
LOST = _counter(
    "lunaroute_tap_lost_exchanges_total",
    "Exchanges not recorded at all: the buffer was full of facts alone.",
)
BACKLOG_BYTES = _gauge(
    "lunaroute_tap_backlog_bytes",
    "Bytes of unacknowledged exchanges in the gateways' memory.",
)
BACKLOG = _gauge(
    "lunaroute_tap_backlog_exchanges",
    "Exchanges that are under way or not yet committed.",
)
RECORDED = _counter(
    "lunaroute_recorded_exchanges_total",
    "Exchanges committed by this recorder process; turns on a WebSocket are not told "
    "apart.",
)
LAG = _histogram(
    "lunaroute_recorder_lag_seconds",
    "From an exchange's end to its being committed.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
READING = _histogram(
    "lunaroute_post_processing_duration_seconds",
    "What reading and committing took for each exchange: a batch's time, shared out "
    "evenly. Nobody waits for it.",
    buckets=(*_SHORT, 0.1, 0.5, 1),
)
TROUBLE = _gauge(
    "lunaroute_recorder_trouble",
    "1 while records cannot be written and wait in memory, else 0.",
)
DISK = _gauge(
    "lunaroute_disk_bytes",
    "What the record takes on disk, looked at once a minute: database (with its log) "
    "and sessions (the JSONL files).",
    "what",
)
DISK_FREE = _gauge(
    "lunaroute_disk_free_bytes",
    "What is free where the record lies, looked at once a minute.",
)
REDACTIONS = _counter(
    "lunaroute_redactions_total",
    "Values that were redacted before an exchange was recorded, by their kind; a value "
    "that comes back with every turn counts with each of them.",
    "kind",
)
SPANS = _counter(
    "lunaroute_spans_total",
    "Spans of exchanges and tools for the collector, where tracing is on: sent, or "
    "dropped because it did not take them or there was no room.",
    "result",
)
COPIES = _counter(
    "lunaroute_writer_exchanges_total",
    "Copies of exchanges for the writers of other packages: written; failed, each time "
    "a batch of so many was refused and will be tried again; dropped for want of room.",
    *("writer", "result"),
)
RESTARTS = _counter(
    "lunaroute_restarts_total",
    "One for each gateway or observer that ended and was started again; counted by "
    "the supervisor since its own start.",
    "process",
)
BUILD = _gauge(
    "lunaroute_build_info",
    "Always 1; the labels say which version runs, on which Python, and whether the "
    "compiled modules are in use.",
    *("version", "python", "compiled"),
)

GROUPS: tuple[tuple[str, tuple[Metric, ...]], ...] = (
    (
        "Requests",
        (
            REQUESTS,
            SUCCESSES,
            FAILURES,
            EXCHANGES,
            DURATION,
            INGRESS,
            OVERHEAD,
            EGRESS,
            BODY_BYTES,
            RATE_LIMITS,
            BACKOFF,
            RECONNECTS,
            SUCCESS_RATE,
            LAST_ANSWER,
        ),
    ),
    (
        "Tokens and dollars",
        (
            TOKENS,
            PROMPT_TOKENS,
            COMPLETION_TOKENS,
            COST,
            UNPRICED,
        ),
    ),
    (
        "Tools",
        (
            TOOL_CALLS,
            TOOL_FAILURES,
            TOOL_SECONDS,
        ),
    ),
    (
        "Streams",
        (
            STREAMS,
            FIRST_TOKEN,
            STREAM_SECONDS,
            CHUNKS,
            GAPS,
            CUT_SHORT,
            LIVE_STREAMS,
        ),
    ),
    (
        "WebSockets",
        (
            SOCKETS_OPENED,
            SOCKETS_CLOSED,
            SOCKET_SECONDS,
            SOCKET_FRAMES,
        ),
    ),
    (
        "Connections",
        (
            LIVE,
            CLIENTS,
            IDLE,
            POOL_IDLE,
            POOL_CONFIG,
            POOL_CREATED,
            POOL_REUSED,
        ),
    ),
    (
        "The recorder",
        (
            SHED_EXCHANGES,
            SHED_BYTES,
            LOST,
            BACKLOG_BYTES,
            BACKLOG,
            RECORDED,
            LAG,
            READING,
            TROUBLE,
            DISK,
            DISK_FREE,
            REDACTIONS,
            SPANS,
            COPIES,
            RESTARTS,
            BUILD,
        ),
    ),
)
CATALOGUE = tuple(metric for _, group in GROUPS for metric in group)

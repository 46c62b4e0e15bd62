"""The rows as values: what a writer hands in and what a reader gets back.

The fields of ``ExchangeRow`` are the columns of the table ``exchanges``, name by
name; the statements are made from them, so neither can drift from the other.
"""

from dataclasses import dataclass

# What `outcome` says of an exchange that is under way.
OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRow:
    """One request and its answer: the truth of tokens, times and outcome.

    ``started_at`` is in microseconds since the epoch, UTC. Columns that end in
    ``_us`` are microseconds after it, None where the thing never happened. Token
    counts are disjoint; the vendor's own numbers stand in ``vendor_usage`` as JSON.
    """

    id: str
    session_id: str
    started_at: int
    outcome: str
    # The client's own words for the session, where they cannot serve as its id.
    client_session_id: str | None = None
    agent: str | None = None
    parent_agent: str | None = None
    request_class: str | None = None
    dialect: str | None = None
    provider: str | None = None
    endpoint: str | None = None
    method: str | None = None
    path: str | None = None
    query: str | None = None
    upstream: str | None = None
    client: str | None = None
    listener: str | None = None
    user_agent: str | None = None
    model_requested: str | None = None
    model_used: str | None = None
    response_id: str | None = None
    streaming: bool = False
    status: int | None = None
    stop_reason: str | None = None
    error_kind: str | None = None
    error_text: str | None = None
    has_refusal: bool = False
    request_bytes: int = 0
    answer_bytes: int = 0
    tunnel_up_bytes: int = 0
    tunnel_down_bytes: int = 0
    request_truncated: bool = False
    answer_truncated: bool = False
    shed_bytes: int = 0
    request_hash: str | None = None
    answer_hash: str | None = None
    head_received_us: int | None = None
    first_byte_up_us: int | None = None
    last_byte_up_us: int | None = None
    first_byte_down_us: int | None = None
    first_body_down_us: int | None = None
    first_token_us: int | None = None
    ended_us: int | None = None
    answer_chunks: int = 0
    attempts: int = 1
    reused: bool = False
    message_count: int = 0
    tool_count: int = 0
    has_system: bool = False
    input_uncached: int | None = None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    thinking: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    vendor_usage: str | None = None
    request_headers: str | None = None
    answer_headers: str | None = None
    problem: str | None = None
    jsonl_file: str | None = None
    # Where the exchange's lines begin in that file, and how many bytes they take.
    jsonl_offset: int | None = None
    jsonl_length: int | None = None
    project: str | None = None
    metadata: str | None = None
    # How often the same body had failed in its session since it was last answered;
    # counted as the row is written.
    retry: int = 0
    # US dollars; all None where the price is not known, which is not zero.
    cost_usd: float | None = None
    cost_input_usd: float | None = None
    cost_cache_read_usd: float | None = None
    cost_cache_write_usd: float | None = None
    cost_output_usd: float | None = None
    price_entry: str | None = None
    price_version: str | None = None
    content_blocks: int | None = None
    # The gaps between the pieces of a stream; all None where it had less than two.
    chunk_avg_ms: float | None = None
    chunk_p50_ms: float | None = None
    chunk_p95_ms: float | None = None
    chunk_p99_ms: float | None = None
    chunk_max_ms: float | None = None
    chunk_min_ms: float | None = None
    # What was replaced before it was written, as JSON: how often by kind.
    redacted: str | None = None
    # When it was brought in from another program's record, as `started_at` counts.
    imported_at: int | None = None
    # How the vendor says it was served (`batch`, `priority`): prices differ by it.
    service_tier: str | None = None
    # None where not all of the answer was tapped.
    last_byte_down_us: int | None = None


@dataclass(frozen=True, slots=True)
class TextRow:
    """A piece of text; ``hash`` is of its kind, role and text, unique in a session."""

    ordinal: int
    kind: str
    role: str
    text: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class ToolCallRow:
    """A tool the model asked for; ``ordinal`` counts the calls of one answer."""

    ordinal: int
    call_id: str
    name: str
    arguments: str
    # The paths that the arguments name.
    files: tuple[str, ...] = ()
    # Apart, where it is known to be an MCP server's; the name is the wire's.
    mcp_server: str | None = None
    mcp_tool: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResultRow:
    """A result that a request brought back; ``text_hash`` finds its text row."""

    call_id: str
    text_hash: bytes
    size: int
    is_error: bool | None
    duration_us: int | None = None  # the client's own measurement


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything one exchange adds to the store."""

    exchange: ExchangeRow
    texts: tuple[TextRow, ...] = ()
    calls: tuple[ToolCallRow, ...] = ()
    results: tuple[ToolResultRow, ...] = ()
    # What the client says of how long the tools ran whose results are news, by name.
    durations: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenRow:
    """What of an exchange that is under way stands where."""

    session_id: str
    jsonl_file: str | None
    jsonl_offset: int | None
    jsonl_length: int | None


@dataclass(frozen=True, slots=True)
class Piece:
    """What came of an answer's text since the last one of the same ``place``."""

    place: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of an answer that is still coming.

    The fields from ``status`` on are columns of the exchange. With ``anew`` the pieces
    are all there are, else those since the last time; ``first_piece`` is the number
    of the first of them.
    """

    id: str
    anew: bool
    first_piece: int
    pieces: tuple[Piece, ...]
    status: int | None = None
    answer_headers: str | None = None
    answer_bytes: int = 0
    answer_chunks: int = 0
    streaming: bool = False
    model_used: str | None = None
    response_id: str | None = None
    first_body_down_us: int | None = None
    first_token_us: int | None = None
    ended_us: int | None = None
    input_uncached: int | None = None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    thinking: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    vendor_usage: str | None = None
    cost_usd: float | None = None
    cost_input_usd: float | None = None
    cost_cache_read_usd: float | None = None
    cost_cache_write_usd: float | None = None
    cost_output_usd: float | None = None
    price_entry: str | None = None
    price_version: str | None = None


@dataclass(frozen=True, slots=True)
class Abandoned:
    """An exchange whose end nobody will tell, and what came of its answer."""

    exchange: ExchangeRow
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text as it is read back, with the exchange that brought it first."""

    exchange_id: str
    ordinal: int
    kind: str
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A tool call as it is read back; the result fields are None until it is known.

    ``result_us`` is the client's own measurement of the tool; where there is none, it
    is from the end of the answer that asked for it to the arrival of the request that
    brought the result, and waiting for a permission is part of it.
    """

    exchange_id: str
    ordinal: int
    call_id: str
    name: str
    arguments: str
    result_exchange_id: str | None
    result_is_error: bool | None
    result_bytes: int | None
    result_us: int | None
    mcp_server: str | None
    mcp_tool: str | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One line of the ``sessions`` view, less the texts and rarely used columns."""

    session_id: str
    started_at: str
    completed_at: str
    provider: str | None
    model_requested: str | None
    model_used: str | None
    success: bool
    error_message: str | None
    finish_reason: str | None
    total_duration_ms: int
    input_tokens: int
    output_tokens: int
    thinking_tokens: int
    reasoning_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    audio_input_tokens: int
    audio_output_tokens: int
    total_tokens: int
    request_count: int
    turn_count: int
    tool_call_count: int
    is_streaming: bool
    user_agent: str | None
    request_text: str | None
    # US dollars of the exchanges whose price is known; None where there is none such.
    cost_usd: float | None
    # How many used tokens at a price that is not known.
    unpriced_count: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A search hit; ``snippet`` is its excerpt in pieces, True where words match.

    ``model``, ``agent`` and ``outcome`` are of the exchange that brought the text.
    """

    started_at: int
    session_id: str
    exchange_id: str
    kind: str
    role: str
    snippet: tuple[tuple[str, bool], ...]
    model: str | None
    agent: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class JsonlFile:
    """How far a JSONL file is acknowledged; what stands behind it never counted."""

    path: str
    day: str
    offset: int

"""The nouns every wing speaks: dialects, outcomes, usage, texts, tools.

Plain frozen values without I/O and without opinions about storage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Dialect(StrEnum):
    """The API shape an exchange speaks."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"


class Endpoint(StrEnum):
    """What a request path asks for, as far as the record distinguishes it."""

    MESSAGES = "messages"  # Anthropic POST /v1/messages
    COUNT_TOKENS = "count_tokens"  # Anthropic POST /v1/messages/count_tokens
    CHAT = "chat_completions"  # OpenAI POST /v1/chat/completions
    RESPONSES = "responses"  # OpenAI POST /v1/responses, or a turn on its WebSocket
    WEBSOCKET = "websocket"  # the WebSocket itself, from its handshake to its end
    WARM_UP = "warm_up"  # a turn on a WebSocket that is asked to generate nothing
    MODELS = "models"
    EMBEDDINGS = "embeddings"
    OTHER = "other"


class Outcome(StrEnum):
    """How an exchange ended. Every exchange has exactly one."""

    ANSWERED = "answered"
    REFUSED_BY_PROVIDER = "refused_by_provider"  # the provider's own 4xx or 5xx
    CLIENT_LEFT = "client_left"
    UPSTREAM_CUT = "upstream_cut"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"  # our own end: a killed gateway, a passed deadline
    REFUSED_BY_US = "refused_by_us"


class TextKind(StrEnum):
    """Where a piece of text stood in a conversation."""

    SYSTEM = "system"
    PROMPT = "prompt"
    ANSWER = "answer"
    THINKING = "thinking"
    TOOL_INPUT = "tool_input"
    TOOL_OUTPUT = "tool_output"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of text of a conversation.

    ``role`` is the wire's own word (``user``, ``assistant``, ``developer``, ``tool``).
    """

    kind: TextKind
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class HeardText:
    """A piece of a text that is still coming. Those of one ``place`` follow each other
    and make one text.
    """

    place: str
    kind: TextKind
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model asked for. ``arguments`` is the JSON text as it was sent.

    ``server`` is the MCP server, where the wire names it beside the tool.
    """

    id: str
    name: str
    arguments: str
    server: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the client reports back for one call.

    ``is_error`` is None where the wire does not say; ``duration_us`` is how many
    microseconds the client says that the tool ran.
    """

    call_id: str
    text: str
    is_error: bool | None = None
    duration_us: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange as disjoint counts; None where the vendor is silent.

    Anthropic's ``input_tokens`` excludes cache reads and writes, OpenAI's includes
    the cached ones; here ``input_uncached`` never does. ``thinking`` and
    ``reasoning`` are the parts of the vendor's output total that the vendor names;
    ``output`` is that total less the named parts. ``vendor`` keeps the vendor's own
    numbers untouched, by their own names; beside them stands, by its type, how many
    items an answer has that are billed by number (``web_search_call``).
    """

    input_uncached: int | None = None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    thinking: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    vendor: Mapping[str, int] = field(default_factory=dict)

    @property
    def input_total(self) -> int:
        """All tokens that went in: uncached, read from and written to the cache."""
        return (
            (self.input_uncached or 0)
            + (self.cache_read or 0)
            + (self.cache_write_5m or 0)
            + (self.cache_write_1h or 0)
            + (self.audio_input or 0)
        )

    @property
    def output_total(self) -> int:
        """All tokens that came out, thinking and reasoning included."""
        return (
            (self.output or 0)
            + (self.thinking or 0)
            + (self.reasoning or 0)
            + (self.audio_output or 0)
        )

    @property
    def total(self) -> int:
        return self.input_total + self.output_total


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a dialect reads out of a request body.

    ``problem`` says why nothing more could be read (not JSON, not an object,
    truncated); the facts that were found stand all the same.
    """

    model: str | None = None
    streaming: bool = False
    texts: tuple[Text, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
    message_count: int = 0
    has_system: bool = False
    tool_count: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What a dialect reads out of an answer, whole or streamed.

    ``complete`` is True once the dialect's own end was seen (``message_stop``,
    ``[DONE]``, ``response.completed``, or a whole JSON body): a client that leaves
    after it has lost nothing. ``error_status`` is the HTTP status that an error event
    names, where it names one. ``problem`` as in :class:`RequestFacts`.
    """

    model: str | None = None
    response_id: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    texts: tuple[Text, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    error_kind: str | None = None
    error_text: str | None = None
    error_status: int | None = None
    has_refusal: bool = False
    events: int = 0
    unknown_events: int = 0
    complete: bool = False
    problem: str | None = None
    # The vendor's word for how it was served, where prices differ by it.
    service_tier: str | None = None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """Which session an exchange belongs to and who within it speaks.

    ``id`` is None when the client names none. All values are the client's words:
    hostile until checked.
    """

    id: str | None = None
    agent: str | None = None
    parent_agent: str | None = None

"""What a request body says, read from the whole of it."""

from lunaroute.dialects import (
    _anthropic_request,
    _chat_request,
    _responses_request,
)
from lunaroute.dialects._json import Json, as_object, get_str, read_json
from lunaroute.dialects._transcript import Transcript
from lunaroute.model import Endpoint, RequestFacts, TextKind

_READERS = {
    Endpoint.MESSAGES: _anthropic_request.read,
    Endpoint.COUNT_TOKENS: _anthropic_request.read,
    Endpoint.CHAT: _chat_request.read,
    Endpoint.RESPONSES: _responses_request.read,
}


def read_request(endpoint: Endpoint, body: bytes) -> RequestFacts:
    """The facts of a body that is already de-chunked and decompressed.

    Never raises. Of other endpoints than conversations only the model is read, and a
    body that holds none is no problem there.
    """
    return facts_of_request(endpoint, read_json(body))


def facts_of_request(endpoint: Endpoint, body: Json) -> RequestFacts:
    """As :func:`read_request`, of a body that was parsed before."""
    payload, problem = as_object(body.value, body.problem)
    reader = _READERS.get(endpoint)
    if reader is None:
        model = get_str(payload, "model")
        wants_json = endpoint is Endpoint.EMBEDDINGS
        return RequestFacts(model=model, problem=problem if wants_json else None)
    if endpoint is Endpoint.RESPONSES:
        payload, is_frame = _responses_request.unwrap(payload)
    else:
        is_frame = False
    transcript = Transcript()
    message_count, late_tools = reader(payload, transcript)
    return RequestFacts(
        model=get_str(payload, "model"),
        streaming=is_frame or payload.get("stream") is True,
        texts=tuple(transcript.texts),
        tool_results=tuple(transcript.tool_results),
        message_count=message_count,
        has_system=any(text.kind is TextKind.SYSTEM for text in transcript.texts),
        tool_count=_responses_request.count_tools(payload) + late_tools,
        problem=problem,
    )

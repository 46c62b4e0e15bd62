"""What the messages on a WebSocket of the Responses API are, before they are read."""

from dataclasses import dataclass

from lunaroute.dialects._json import get_object, get_str, read_object
from lunaroute.dialects._responses_request import unwrap

# Headers of a turn: a WebSocket has but one head.
_HEADER = "ws_request_header_"


@dataclass(frozen=True, slots=True)
class SocketRequest:
    """A client's message that asks for a response.

    ``fields`` are what it says of itself where a request would have headers.
    ``is_warm_up``: nothing is to be generated, the next one builds upon it.
    """

    is_warm_up: bool = False
    fields: tuple[tuple[str, str], ...] = ()


def socket_request(message: bytes) -> SocketRequest | None:
    """None for a message that asks for no response."""
    payload, _ = read_object(message)
    if payload.get("type") != "response.create":
        return None
    body, _ = unwrap(payload)
    fields = tuple(
        (name.removeprefix(_HEADER).replace("_", "-"), value)
        for name, value in get_object(body, "client_metadata").items()
        if isinstance(value, str)
    )
    return SocketRequest(body.get("generate") is False, fields)


def begins_response(message: bytes) -> bool:
    """Whether this is the first message of a response."""
    return get_str(read_object(message)[0], "type") == "response.created"

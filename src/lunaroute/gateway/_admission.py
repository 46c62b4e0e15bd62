"""What of a request head concerns admission alone: a token in its path, its size."""

from lunaroute.errors import ClientFault
from lunaroute.routing import TOKEN_HEADER
from lunaroute.wire import RequestHead, parse_request

_IN_PATH = b"/t/"


def without_token(head: RequestHead) -> tuple[bytes, RequestHead]:
    """The token that was shown, empty if none, and the head as if it had not been in
    the path: neither the provider nor the record is to see it.
    """
    if not head.target.startswith(_IN_PATH):
        return head.first(TOKEN_HEADER), head
    token, slash, _ = head.target[len(_IN_PATH) :].partition(b"/")
    if not token:
        return b"", head
    line, end, fields = head.raw.partition(b"\r\n")
    # The path is the last part of the target: an authority may look the same.
    before, _, version = line.rpartition(head.target)
    left = head.target[len(_IN_PATH + token) :] if slash else b"/"
    return token, parse_request(before + left + version + end + fields)


def body_too_long(limit: int) -> ClientFault:
    return ClientFault(
        f"the request body is longer than {limit} bytes "
        "(http_server.max_request_body_bytes)",
        status=413,
    )

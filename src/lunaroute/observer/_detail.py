"""An exchange in detail, for the log at the level ``debug``: headers and stages."""

from lunaroute.link import RawExchange
from lunaroute.pii import Redactor
from lunaroute.recording import (
    Head,
    Redaction,
    answer_headers,
    ending_of,
    masked_headers,
    read_head,
    request_headers,
    split_target,
)

_INDENT = "\n    "


def details(raw: RawExchange, redactor: Redactor | None = None) -> tuple[str, ...]:
    """One text each for the line, the headers both ways, and what took how long.

    Of headers that are not on the lists of those that are recorded, only the name; and
    nothing that ``redactor`` replaces.
    """
    redaction = Redaction(redactor)
    head, answer = read_head(raw.request_head), read_head(raw.answer_head)
    ending = ending_of(raw)
    method, target, _ = head.first
    path, query = split_target(target)
    shown = redaction.target(f"{path}?{query}" if query else path)
    return (
        f"{raw.id} {redaction.text(method)} {shown} to "
        f"{redaction.upstream(raw.route.upstream)}: "
        f"{ending.outcome.value} {ending.status or ''}".rstrip(),
        _headers(f"{raw.id} request headers", head, request_headers(head), redaction),
        _headers(f"{raw.id} answer headers", answer, answer_headers(answer), redaction),
        f"{raw.id} stages: {', '.join(_stages(raw))}",
    )


def _headers(
    title: str, head: Head, names: dict[str, str], redaction: Redaction
) -> str:
    fields = masked_headers(head, names)
    lines = (redaction.text(f"{name}: {value}") for name, value in fields)
    return _INDENT.join((f"{title}:", *lines))


def _stages(raw: RawExchange) -> list[str]:
    """Milliseconds since the request's first byte, of what happened."""
    ending = ending_of(raw)
    times = ending.times
    start = times.accepted or times.head_received or raw.opened
    moments = (
        ("head read", times.head_received),
        ("to the provider", times.first_byte_up),
        ("request sent", times.last_byte_up),
        ("answer's head", times.first_byte_down),
        ("answer's first byte", times.first_body_down),
        ("end", times.ended),
    )
    told = [f"{name} {(at - start) / 1e6:.2f} ms" for name, at in moments if at]
    told.append("connection reused" if ending.reused else "new connection")
    if ending.attempts > 1:
        told.append(f"{ending.attempts} attempts")
    return told

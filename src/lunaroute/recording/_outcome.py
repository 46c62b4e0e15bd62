"""How an exchange ended, by the gateway's word and what the answer itself says."""

from lunaroute.link import Ending, RawExchange, Times
from lunaroute.model import AnswerFacts, Outcome


def ending_of(raw: RawExchange) -> Ending:
    """The gateway's last word; one made up where the gateway died before it."""
    if raw.ending is not None:
        return raw.ending
    bodies = (raw.request, raw.answer, raw.tunnel_up, raw.tunnel_down)
    last = [when for body in bodies for when, _ in body.chunks]
    return Ending(
        outcome=Outcome.INTERRUPTED,
        status=0,
        error="",
        request_bytes=raw.request.size,
        answer_bytes=raw.answer.size,
        times=Times(ended=max(last, default=raw.opened)),
    )


def outcome_of(ending: Ending, status: int, answer: AnswerFacts) -> Outcome:
    """The one outcome of an exchange.

    A client may leave as soon as it has the dialect's own end, and has lost nothing.
    An error in mid-stream is the provider's refusal although the status said 200.
    """
    outcome = ending.outcome
    if outcome is Outcome.CLIENT_LEFT and answer.complete:
        outcome = Outcome.ANSWERED
    is_error = status >= 400 or bool(answer.error_kind or answer.error_text)
    if outcome is Outcome.ANSWERED and is_error:
        return Outcome.REFUSED_BY_PROVIDER
    return outcome
